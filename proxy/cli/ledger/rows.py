"""Rows of the ledger as people read them on a terminal.

What callers sent never reaches it as control bytes.
"""

from collections.abc import Iterator, Sequence

from proxy.ledger.entry import LedgerEntry
from proxy.ledger.verdict import NAMES
from proxy.moments import to_the_second
from proxy.terminal.language import in_locale, worded
from proxy.terminal.plain import plain
from proxy.terminal.screen import Screen
from proxy.terminal.table import Cell, lines
from proxy.words import Phrase, Said, phrase

LEFT_OPEN = "left-open"
_SHADES = {
    "answered": "green",
    "not-sent": "dim",
    "unknown": "red",
    "cut": "yellow",
    "open": "cyan",
    LEFT_OPEN: "red",
}
_OUTCOMES = {
    "answered": (phrase("outcome.answered"), phrase("meaning.answered")),
    "not-sent": (phrase("outcome.not-sent"), phrase("meaning.not-sent")),
    "unknown": (phrase("outcome.unknown"), phrase("meaning.unknown")),
    "cut": (phrase("outcome.cut"), phrase("meaning.cut")),
    "open": (phrase("outcome.open"), phrase("meaning.open")),
    LEFT_OPEN: (phrase("outcome.left-open"), phrase("meaning.left-open")),
}
_HEAD = (
    phrase("row.row"),
    phrase("row.when"),
    phrase("row.caller"),
    phrase("row.what"),
    phrase("row.amount"),
    phrase("row.outcome"),
    phrase("row.exchange"),
)
_WIDEST = 44  # characters


def table(entries: Sequence[LedgerEntry], screen: Screen) -> list[str]:
    """Return lines: a head, and one for each row."""
    return lines([*map(worded, _HEAD)], [_cells(entry) for entry in entries], screen)


def _cells(entry: LedgerEntry) -> tuple[Cell, ...]:
    shade = "dim" if entry["verdicts"] else _SHADES[outcome(entry)]
    return (
        Cell(f"#{entry['number']}", right=True),
        Cell(to_the_second(entry["opened_at"])),
        Cell(_short(entry["caller"] or "-", 16)),
        Cell(_short(f"{entry['method']} {entry['path']}", _WIDEST)),
        Cell(amount(entry) or "-", right=True),
        Cell(", ".join(map(worded, _told(entry))), (shade,)),
        Cell(entry["exchange"]),
    )


def _told(entry: LedgerEntry) -> list[Said]:
    """Return what is known of a row, the outcome first."""
    code = outcome(entry)
    told: list[Said] = [_OUTCOMES[code][0]]
    if code in ("answered", "cut"):  # else the status is our own: what the caller was told instead
        told = [f"{worded(told[0])} {entry['status'] or '?'}"]
    if verdict := word(entry):
        told.append(verdict)
    elif asked := entry["asking"] and entry["asking"]["times"]:
        often = phrase("row.asked-often", count=str(asked))
        told.append(phrase("row.asked-once") if asked == 1 else often)
    if entry["disagrees"]:
        told.append(phrase("row.evidence-disagrees"))
    if entry["unreadable"]:
        told.append(phrase("row.unreadable"))
    return told


def outcome(entry: LedgerEntry) -> str:
    """Return the outcome; while there is none ``open``, or `LEFT_OPEN` if no proxy is at it."""
    return str(entry["outcome"] or (LEFT_OPEN if entry["in_doubt"] else "open"))


def verdict_of(kind: str) -> Said:
    """Return the kind of a verdict, as people read it."""
    return NAMES.get(kind, kind)


def meaning(entry: LedgerEntry) -> Phrase:
    """Say what the outcome means."""
    told, why = _OUTCOMES[outcome(entry)]
    if entry["in_doubt"]:
        return phrase("row.perhaps", outcome=told, why=why)
    return phrase("row.meaning", outcome=told, why=why)


def next_step(entry: LedgerEntry) -> Phrase:
    """Return what to do about a row in doubt; the running proxy looks it up."""
    row = str(entry["number"])
    if outcome(entry) == LEFT_OPEN:
        return phrase("row.next-start", row=row)
    return phrase("row.next", row=row)


def word(entry: LedgerEntry) -> Said:
    """Return the last verdict, such as ``settled`` or ``not found``, empty if there is none."""
    if not entry["verdicts"]:
        return ""
    last = entry["verdicts"][-1]
    told = verdict_of(last["kind"])
    return phrase("verdict.by-proxy", verdict=told) if last["by_proxy"] else told


def counted(number: int) -> Phrase:
    """Return a number of rows."""
    return phrase("rows.one") if number == 1 else phrase("rows.many", count=str(number))


def amount(entry: LedgerEntry) -> str:
    """Return the amount with its currency."""
    told = entry["payment"]
    value, currency = (told.get(f"amount.{part}", "") for part in ("value", "currency"))
    return plain(f"{value} {currency}".strip())


def details(entry: LedgerEntry) -> list[tuple[str, str]]:
    """Return everything about one row, as labels and values."""
    rows = [*_facts(entry), *_judgements(entry), *_asking(entry)]
    return [(plain(worded(label)), plain(worded(value))) for label, value in rows if value]


def _facts(entry: LedgerEntry) -> list[tuple[Said, Said]]:
    size, none = entry["body_bytes"], phrase("status.none")
    body: Said = f"{size} bytes" if size else phrase("status.unknown") if size is None else none
    return [
        (phrase("row.row"), f"#{entry['number']}"),
        (phrase("row.exchange"), entry["exchange"]),
        (phrase("row.what"), f"{entry['method']} {entry['path']}"),
        (phrase("row.caller"), entry["caller"] or phrase("row.no-caller")),
        (phrase("row.opened"), entry["opened_at"]),
        (phrase("row.closed"), entry["closed_at"] or phrase("row.not-yet")),
        (phrase("row.took"), "" if entry["seconds"] is None else f"{entry['seconds']:.3f} s"),
        *entry["payment"].items(),
        (phrase("row.body"), body),
        (phrase("row.body-hash"), entry["body_sha256"] or ""),
        (phrase("row.token"), entry["token_id"] or ""),
        ("traceparent", entry["traceparent"] or ""),
        (phrase("row.attempts"), "" if entry["attempts"] is None else str(entry["attempts"])),
        (phrase("row.status"), str(entry["status"] or "")),
        *((phrase("row.of-answer", name=name), each) for name, each in entry["answer"].items()),
        (phrase("row.reason"), entry["reason"] or ""),
        (phrase("row.outcome"), meaning(entry)),
    ]


def _judgements(entry: LedgerEntry) -> Iterator[tuple[Said, Said]]:
    for verdict in entry["verdicts"]:
        told = phrase(
            "row.verdict-of",
            verdict=verdict_of(verdict["kind"]),
            author=verdict["author"],
            at=verdict["at"],
        )
        yield phrase("row.verdict"), f"{worded(told)}: {verdict['note']}"
    for each in entry["evidence"]:
        yield phrase("row.looked-up"), phrase("row.found", code=each["code"], at=each["at"])


def _asking(entry: LedgerEntry) -> Iterator[tuple[Said, Said]]:
    asking = entry["asking"]
    if entry["disagrees"]:
        yield phrase("row.disagreement"), phrase("row.contradicts")
    if asking is not None:
        yield phrase("row.so-far"), in_locale(asking["said"])
        later = asking["next"] and phrase("row.if-asked", at=asking["next"])
        yield phrase("row.asked-next"), later or phrase("row.asked-no-more")


def _short(text: str, most: int) -> str:
    text = plain(text)
    return text if len(text) <= most else f"{text[: most - 1]}…"
