"""Rows of the ledger as people read them on a terminal, and as CSV for a spreadsheet.

What callers sent never reaches a terminal as control bytes, nor a spreadsheet as a formula.
"""

import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any

from proxy.invocation import COMMAND
from proxy.terminal.plain import plain
from proxy.terminal.screen import Screen

COLUMNS = (
    "number",
    "exchange",
    "opened_at",
    "closed_at",
    "seconds",
    "caller",
    "method",
    "path",
    "amount",
    "currency",
    "outcome",
    "reason",
    "status",
    "attempts",
    "answer_id",
    "answer_status",
    "trace_id",
    "verdict",
    "verdict_by",
    "verdict_note",
    "payment",
    "body_bytes",
    "body_sha256",
    "token_id",
    "traceparent",
)
_SHADES = {
    "answered": "green",
    "not-sent": "dim",
    "unknown": "red",
    "cut": "yellow",
    "open": "cyan",
    "left open": "red",
}
_WIDEST = 44

Entry = Mapping[str, Any]


def table(entries: Sequence[Entry], screen: Screen) -> list[str]:
    """Return lines: a head, and one for each row."""
    head = ("row", "when (UTC)", "caller", "what", "amount", "outcome", "exchange")
    rows = [_cells(entry) for entry in entries]
    widths = [max(len(line[i]) for line in (head, *rows)) for i in range(len(head))]
    lines = [screen.shade(_line(head, widths), "bold")]
    for entry, cells in zip(entries, rows, strict=True):
        padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
        padded[0] = cells[0].rjust(widths[0])
        padded[4] = cells[4].rjust(widths[4])
        shade = "dim" if entry["verdicts"] else _SHADES[outcome(entry)]
        padded[5] = screen.shade(padded[5], shade)
        lines.append("  ".join(padded).rstrip())
    return lines


def _line(cells: Iterable[str], widths: list[int]) -> str:
    return "  ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)).rstrip()


def _cells(entry: Entry) -> tuple[str, ...]:
    status = entry["status"]
    # Of the others the status is our own: what the caller was told instead of an answer.
    told = outcome(entry) + (f" {status}" if outcome(entry) in ("answered", "cut") else "")
    if verdict := word(entry):
        told += f", {verdict}"
    return (
        f"#{entry['number']}",
        entry["opened_at"][:19].replace("T", " "),
        _short(entry["caller"] or "-", 16),
        _short(f"{entry['method']} {entry['path']}", _WIDEST),
        amount(entry) or "-",
        told,
        entry["exchange"],
    )


def outcome(entry: Entry) -> str:
    """Return the outcome; while there is none ``open``, or ``left open`` if no proxy is at it."""
    return str(entry["outcome"] or ("left open" if entry["in_doubt"] else "open"))


def next_step(entry: Entry) -> str:
    """Return what to do about a row in doubt; the running proxy looks it up."""
    start = "start the proxy, then: " if outcome(entry) == "left open" else ""
    return f"next: {start}{COMMAND} ledger look-up {entry['number']}"


def word(entry: Entry) -> str:
    """Return the last verdict, such as ``settled`` or ``not found``, empty if there is none."""
    verdicts = entry["verdicts"]
    return str(verdicts[-1]["kind"]).replace("-", " ") if verdicts else ""


def amount(entry: Entry) -> str:
    """Return how much, with its currency."""
    told = entry["payment"]
    value, currency = (told.get(f"amount.{part}", "") for part in ("value", "currency"))
    return plain(f"{value} {currency}".strip())


def details(entry: Entry) -> list[tuple[str, str]]:
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
        ("outcome", f"{outcome(entry)}: {MEANING[outcome(entry)]}"),
    ]
    for verdict in entry["verdicts"]:
        kind = verdict["kind"].replace("-", " ")
        rows.append(
            ("verdict", f"{kind}, by {verdict['author']} at {verdict['at']}: {verdict['note']}")
        )
    rows.extend(("looked up", f"{each['code']} at {each['at']}") for each in entry["evidence"])
    return [(plain(label), plain(value)) for label, value in rows if value]


MEANING = {
    "answered": "the caller got the upstream's whole response",
    "not-sent": "nothing of it was sent to the upstream",
    "unknown": "it was sent, and at least once no response came: it may have been carried out",
    "cut": "the response began with this status, but its end did not reach the caller",
    "open": "it is under way",
    "left open": "no proxy uses this ledger; it was under way when the proxy ended, or when this"
    " copy was made: it may have been carried out",
}


def write_csv(entries: Iterable[Entry], stream: IO[str]) -> None:
    """Write rows as CSV (RFC 4180), with a head."""
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        writer.writerow([_harmless(value) for value in _flat(entry).values()])


def _flat(entry: Entry) -> dict[str, Any]:
    verdict = entry["verdicts"][-1] if entry["verdicts"] else {}
    told, answer = entry["payment"], entry["answer"]
    values = {
        **entry,
        "outcome": entry["outcome"] or "open",
        "amount": told.get("amount.value"),
        "currency": told.get("amount.currency"),
        "answer_id": answer.get("id"),
        "answer_status": answer.get("status"),
        "trace_id": answer.get("trace_id"),
        "verdict": word(entry),
        "verdict_by": verdict.get("author"),
        "verdict_note": verdict.get("note"),
        "payment": json.dumps(told, ensure_ascii=False),
    }
    return {name: values[name] for name in COLUMNS}


# A cell begins at the text's own start, and after whatever a spreadsheet takes for a separator: in
# Colombia that is the semicolon. Tabs and line ends are none of a plain text's characters. Where
# somebody chose the blank, a sign alone is no formula. Some programs take the full-width signs for
# the others.
_SIGN = "[=+\\-@＝＋－＠]"
_FORMULA = re.compile(rf'((?:^|[;,|":]) *+)({_SIGN})|( )({_SIGN}(?! ))')


def _harmless(value: object) -> object:
    """Keep a spreadsheet from taking text for a formula (CWE-1236), and a terminal from obeying."""
    if not isinstance(value, str):
        return "" if value is None else value
    text = plain(value)
    if text[:1] in ("+", "-") and text[1:].replace(".", "", 1).isdecimal():
        return text  # an amount
    return _FORMULA.sub(r"\1\3'\2\4", text)


def _short(text: str, most: int) -> str:
    text = plain(text)
    return text if len(text) <= most else f"{text[: most - 1]}…"
