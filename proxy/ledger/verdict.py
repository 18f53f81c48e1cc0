"""A person's verdict on a row: written beside what the proxy saw, never over it."""

import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from proxy.ledger.lock import in_use
from proxy.ledger.reading import opened
from proxy.ledger.renewal import renew
from proxy.ledger.trouble import LedgerRefused
from proxy.moments import stamp
from proxy.words import Phrase, phrase

LONGEST = 2000
KINDS = {
    "settled": True,
    "rejected": False,
    "not-found": False,
    "made": True,
    "not-made": False,
}
"""The verdicts, and whether they say that it was carried out.

``rejected``: the API has it, and no money moved; ``not-found``: the API does not have it.
"""


@dataclass(frozen=True, slots=True)
class EarlierVerdict:
    """The verdict that was the last one until now."""

    kind: str
    author: str
    at: str


def settle(path: Path, number: int, *, kind: str, note: str, author: str) -> EarlierVerdict | None:
    """Write a verdict, with what the last look-up found; return the one that it reverses.

    Raise LedgerRefused if it cannot be written, or there is no such row. A row may have several
    verdicts: the last one counts, and none is ever changed.
    """
    made = KINDS[kind]
    with opened(path, "rw") as connection:
        renew(connection, path)
        found = connection.execute(
            "SELECT outcome FROM request WHERE number = ?", [number]
        ).fetchone()
        if found is None:
            raise LedgerRefused(phrase("ledger.not-a-row", row=number))
        if found[0] is None:
            raise LedgerRefused(phrase("ledger.row-open", row=number, why=_open(path)))
        before = _last(connection, number)
        connection.execute(
            "INSERT INTO verdict (number, at, made, note, author, kind, evidence) VALUES"
            " (?, ?, ?, ?, ?, ?, (SELECT found FROM evidence WHERE number = ?"
            " ORDER BY rowid DESC LIMIT 1))",
            [
                *(number, stamp(time.time()), int(made), note[:LONGEST], author[:LONGEST], kind),
                number,
            ],
        )
    return before if before is not None and KINDS[before.kind] != made else None


def _last(connection: sqlite3.Connection, number: int) -> EarlierVerdict | None:
    row = connection.execute(
        "SELECT coalesce(kind, CASE made WHEN 1 THEN 'made' ELSE 'not-made' END), author, at"
        " FROM verdict WHERE number = ? ORDER BY rowid DESC LIMIT 1",
        [number],
    ).fetchone()
    return None if row is None else EarlierVerdict(*row)


def _open(path: Path) -> Phrase:
    return phrase("ledger.row-under-way") if in_use(path) else phrase("ledger.row-left-open")
