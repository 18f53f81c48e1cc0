"""Rows of the ledger as CSV, in which a spreadsheet finds no formula."""

import csv
import json
import re
from collections.abc import Iterable
from typing import IO

from proxy.cli.ledger.rows import word
from proxy.ledger.entry import LedgerEntry
from proxy.terminal.plain import plain

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


def write_csv(entries: Iterable[LedgerEntry], stream: IO[str]) -> None:
    """Write rows as CSV (RFC 4180), with a head."""
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        writer.writerow([_harmless(value) for value in _flat(entry).values()])


def _flat(entry: LedgerEntry) -> dict[str, object]:
    verdict = entry["verdicts"][-1] if entry["verdicts"] else None
    told, answer = entry["payment"], entry["answer"]
    values: dict[str, object] = {
        **entry,
        "outcome": entry["outcome"] or "open",
        "amount": told.get("amount.value"),
        "currency": told.get("amount.currency"),
        "answer_id": answer.get("id"),
        "answer_status": answer.get("status"),
        "trace_id": answer.get("trace_id"),
        "verdict": str(word(entry)),
        "verdict_by": verdict and verdict["author"],
        "verdict_note": verdict and verdict["note"],
        "payment": json.dumps(told, ensure_ascii=False),
    }
    return {name: values[name] for name in COLUMNS}


# A cell begins at the start of the text, and after each character that a spreadsheet may take as a
# separator: in Colombia that is the semicolon. A plain text has no tabs and line ends. If a user
# chose the blank, a sign alone is no formula. Some programs take full-width signs as the others.
_SIGN = "[=+\\-@＝＋－＠]"
_FORMULA = re.compile(rf'((?:^|[;,|":]) *+)({_SIGN})|( )({_SIGN}(?! ))')


def _harmless(value: object) -> object:
    """Make text harmless: no formula to a spreadsheet (CWE-1236), no command to a terminal."""
    if not isinstance(value, str):
        return "" if value is None else value
    text = plain(value)
    if text[:1] in ("+", "-") and text[1:].replace(".", "", 1).isdecimal():
        return text  # an amount
    return _FORMULA.sub(r"\1\3'\2\4", text)
