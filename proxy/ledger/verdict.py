"""A verdict on a row, a person's or the proxy's: written beside what the proxy saw, never over it.

The proxy gives one only where a look-up has found the row's own payment, and nobody has said
anything yet. It never says that something was not made.
"""

import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from proxy.ledger import chain
from proxy.ledger.entry import PROXY, LookedUp
from proxy.ledger.evidence import put
from proxy.ledger.finding import DECISIVE
from proxy.ledger.lock import in_use
from proxy.ledger.reading import opened
from proxy.ledger.renewal import renew
from proxy.ledger.row import Value
from proxy.ledger.trouble import LedgerRefused
from proxy.moments import stamp
from proxy.words import Phrase, phrase

LONGEST = 2000  # characters
_LAST_FOUND = "SELECT found FROM evidence WHERE number = ? ORDER BY rowid DESC LIMIT 1"
KINDS = {
    "settled": True,
    "rejected": False,
    "not-found": False,
    "made": True,
    "not-made": False,
    "repeat": True,
}
"""The verdicts, and whether they say that it was carried out.

``rejected``: the API has it, and no money moved; ``not-found``: the API does not have it;
``repeat``: what it asked for is another row's of the same resolution.
"""


@dataclass(frozen=True, slots=True)
class EarlierVerdict:
    """The verdict that was the last one before."""

    kind: str
    author: str
    at: str


def settle(path: Path, number: int, *, kind: str, note: str, author: str) -> EarlierVerdict | None:
    """Write a person's verdict, with what the last look-up found; return the one that it reverses.

    Raise LedgerRefused if it cannot be written, or there is no such row. A row may have several
    verdicts: the last one counts, and none is ever changed.
    """
    made = KINDS[kind]
    if author == PROXY:
        raise LedgerRefused(phrase("ledger.author-taken", author=PROXY))
    with opened(path, "rw") as connection:
        renew(connection, path)
        connection.execute("BEGIN IMMEDIATE")
        found = connection.execute(
            "SELECT outcome FROM request WHERE number = ?", [number]
        ).fetchone()
        if found is None:
            raise LedgerRefused(phrase("ledger.not-a-row", row=number))
        if found[0] is None:
            raise LedgerRefused(phrase("ledger.row-open", row=number, why=_open(path)))
        before = _last(connection, number)
        evidence = connection.execute(_LAST_FOUND, [number]).fetchone()
        values = stamp(time.time()), int(made), note[:LONGEST], author[:LONGEST], kind
        _give(connection, number, *values, evidence[0] if evidence else None)
        connection.execute("COMMIT")
    return before if before is not None and KINDS[before.kind] != made else None


def conclude(path: Path, found: LookedUp) -> bool:
    """Keep what a look-up found as evidence, and give the verdict that follows; report whether.

    Both are written, or none; raise LedgerRefused if they cannot be.
    """
    number, code = found["row"]["number"], found["code"]
    with opened(path, "rw") as connection:
        renew(connection, path)
        connection.execute("BEGIN IMMEDIATE")
        evidence = put(connection, found)
        sure = code in DECISIVE and _unanimous(connection, number)
        if sure and _last(connection, number) is None:
            values = found["at"], int(DECISIVE[code]), found["words"][:LONGEST], PROXY, code
            _give(connection, number, *values, evidence)
        else:
            sure = False
        connection.execute("COMMIT")
    return sure


def _give(connection: sqlite3.Connection, *values: Value) -> None:
    """Write a verdict; ``values`` are those of `chain.COLUMNS`."""
    connection.execute(
        "INSERT INTO verdict (number, at, made, note, author, kind, evidence)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        values,
    )
    chain.append(connection, [chain.event(chain.VERDICT, values)])


def _unanimous(connection: sqlite3.Connection, number: int) -> bool:
    """Report whether no two look-ups of a row were sure of different things."""
    codes = connection.execute("SELECT code FROM evidence WHERE number = ?", [number])
    return len({DECISIVE[code] for (code,) in codes if code in DECISIVE}) < 2


def _last(connection: sqlite3.Connection, number: int) -> EarlierVerdict | None:
    row = connection.execute(
        "SELECT coalesce(kind, CASE made WHEN 1 THEN 'made' ELSE 'not-made' END), author, at"
        " FROM verdict WHERE number = ? ORDER BY rowid DESC LIMIT 1",
        [number],
    ).fetchone()
    return None if row is None else EarlierVerdict(*row)


def _open(path: Path) -> Phrase:
    return phrase("ledger.row-under-way") if in_use(path) else phrase("ledger.row-left-open")
