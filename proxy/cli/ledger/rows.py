"""Rows of the ledger as people read them on a terminal.

What callers sent never reaches it as control bytes.
"""

from collections.abc import Sequence

from proxy.counts import counted
from proxy.invocation import COMMAND
from proxy.ledger.entry import LedgerEntry
from proxy.moments import to_the_second
from proxy.terminal.plain import plain
from proxy.terminal.screen import Screen
from proxy.terminal.table import Cell, lines

LEFT_OPEN = "left-open"
_SHADES = {
    "answered": "green",
    "not-sent": "dim",
    "unknown": "red",
    "cut": "yellow",
    "open": "cyan",
    LEFT_OPEN: "red",
}
_WORDS = {
    LEFT_OPEN: "left open",
    "not-found": "not found",
    "not-made": "not made",
    "repeat": "made as another row's",
}
_WIDEST = 44  # characters


def table(entries: Sequence[LedgerEntry], screen: Screen) -> list[str]:
    """Return lines: a head, and one for each row."""
    head = ("row", "when (UTC)", "caller", "what", "amount", "outcome", "exchange")
    return lines(head, [_cells(entry) for entry in entries], screen)


def _cells(entry: LedgerEntry) -> tuple[Cell, ...]:
    status = entry["status"]
    # Of the others the status is our own: what the caller was told instead of an answer.
    told = worded(outcome(entry)) + (f" {status}" if outcome(entry) in ("answered", "cut") else "")
    if verdict := word(entry):
        told += f", {verdict}"
    elif asked := entry["asking"] and entry["asking"]["times"]:
        told += f", asked {counted(asked, 'time')}"
    if entry["disagrees"]:
        told += ", evidence disagrees"
    shade = "dim" if entry["verdicts"] else _SHADES[outcome(entry)]
    return (
        Cell(f"#{entry['number']}", right=True),
        Cell(to_the_second(entry["opened_at"])),
        Cell(_short(entry["caller"] or "-", 16)),
        Cell(_short(f"{entry['method']} {entry['path']}", _WIDEST)),
        Cell(amount(entry) or "-", right=True),
        Cell(told, (shade,)),
        Cell(entry["exchange"]),
    )


def outcome(entry: LedgerEntry) -> str:
    """Return the outcome; while there is none ``open``, or `LEFT_OPEN` if no proxy is at it."""
    return str(entry["outcome"] or (LEFT_OPEN if entry["in_doubt"] else "open"))


def worded(code: str) -> str:
    """Return an outcome, or the kind of a verdict, as people read it."""
    return _WORDS.get(code, code)


def meaning(entry: LedgerEntry) -> str:
    """Say what the outcome means."""
    code = outcome(entry)
    perhaps = ": it may have been carried out" if entry["in_doubt"] else ""
    return f"{worded(code)}: {_MEANING[code]}{perhaps}"


def next_step(entry: LedgerEntry) -> str:
    """Return what to do about a row in doubt; the running proxy looks it up."""
    start = "start the proxy, then: " if outcome(entry) == LEFT_OPEN else ""
    return f"next: {start}{COMMAND} ledger look-up {entry['number']}"


def word(entry: LedgerEntry) -> str:
    """Return the last verdict, such as ``settled`` or ``not found``, empty if there is none."""
    if not entry["verdicts"]:
        return ""
    last = entry["verdicts"][-1]
    return worded(last["kind"]) + (" by the proxy" if last["by_proxy"] else "")


def amount(entry: LedgerEntry) -> str:
    """Return how much, with its currency."""
    told = entry["payment"]
    value, currency = (told.get(f"amount.{part}", "") for part in ("value", "currency"))
    return plain(f"{value} {currency}".strip())


def details(entry: LedgerEntry) -> list[tuple[str, str]]:
    """Return everything about one row, as labels and values."""
    body = "none" if entry["body_bytes"] == 0 else f"{entry['body_bytes']} bytes"
    rows = [
        ("row", f"#{entry['number']}"),
        ("exchange", entry["exchange"]),
        ("what", f"{entry['method']} {entry['path']}"),
        ("caller", entry["caller"] or "not named"),
        ("opened", entry["opened_at"]),
        ("closed", entry["closed_at"] or "not yet"),
        ("took", "" if entry["seconds"] is None else f"{entry['seconds']:.3f} s"),
        *((name, value) for name, value in entry["payment"].items()),
        ("body", "not known" if entry["body_bytes"] is None else body),
        ("SHA-256 of it", entry["body_sha256"] or ""),
        ("token id", entry["token_id"] or ""),
        ("traceparent", entry["traceparent"] or ""),
        ("attempts", "" if entry["attempts"] is None else str(entry["attempts"])),
        ("status to the caller", str(entry["status"] or "")),
        *((f"answer's {name}", value) for name, value in entry["answer"].items()),
        ("reason", entry["reason"] or ""),
        ("outcome", meaning(entry)),
    ]
    for verdict in entry["verdicts"]:
        kind = worded(verdict["kind"])
        rows.append(
            ("verdict", f"{kind}, by {verdict['author']} at {verdict['at']}: {verdict['note']}")
        )
    rows.extend(("looked up", f"{each['code']} at {each['at']}") for each in entry["evidence"])
    rows.extend(_asking(entry))
    return [(plain(label), plain(value)) for label, value in rows if value]


def _asking(entry: LedgerEntry) -> list[tuple[str, str]]:
    asking, told = entry["asking"], list[tuple[str, str]]()
    if entry["disagrees"]:
        told.append(("disagreement", "what look-ups found contradicts the verdict, or each other"))
    if asking is not None:
        said = asking["said"]
        told.append(("so far", said if isinstance(said, str) else said["en"]))
        later = asking["next"] and f"{asking['next']}, if a proxy runs that may ask"
        told.append(("asked next", later or "not by itself any more: a person decides"))
    return told


_MEANING = {
    "answered": "the caller got the upstream's whole response",
    "not-sent": "nothing of it was sent to the upstream",
    "unknown": "it was sent, and at least once no response came",
    "cut": "the response began with this status, but its end did not reach the caller",
    "open": "it is under way",
    LEFT_OPEN: "no proxy uses this ledger; it was under way when the proxy ended, or when this"
    " copy was made",
}


def _short(text: str, most: int) -> str:
    text = plain(text)
    return text if len(text) <= most else f"{text[: most - 1]}…"
