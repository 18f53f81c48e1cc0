"""A verdict on a row, a person's or the proxy's: written beside what the proxy saw, never over it.

The proxy gives one only where a look-up has found the row's own payment, and nobody has said
anything yet. It never says that something was not made.
"""

import time
from dataclasses import dataclass

from proxy.ledger import chain
from proxy.ledger.archive import LedgerArchive, Where, archive_of
from proxy.ledger.connection import LedgerConnection
from proxy.ledger.entry import PROXY, LookedUp
from proxy.ledger.evidence import put
from proxy.ledger.finding import DECISIVE
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
NAMES = {
    "settled": phrase("verdict.settled"),
    "rejected": phrase("verdict.rejected"),
    "not-found": phrase("verdict.not-found"),
    "made": phrase("verdict.made"),
    "not-made": phrase("verdict.not-made"),
    "repeat": phrase("verdict.repeat"),
}


@dataclass(frozen=True, slots=True)
class EarlierVerdict:
    """The verdict that was the last one before."""

    kind: str
    author: str
    at: str


def settle(
    where: Where, number: int, *, kind: str, note: str, author: str
) -> EarlierVerdict | None:
    """Write a person's verdict, with what the last look-up found; return the one that it reverses.

    Raise LedgerRefused if it cannot be written, or there is no such row. A row may have several
    verdicts: the last one counts, and none is ever changed.
    """
    made = KINDS[kind]
    if author == PROXY:
        raise LedgerRefused(phrase("ledger.author-taken", author=PROXY))
    archive = archive_of(where)
    with archive.changing() as connection:
        found = connection.execute(
            "SELECT outcome FROM request WHERE number = ?", [number]
        ).fetchone()
        if found is None:
            raise LedgerRefused(phrase("ledger.not-a-row", row=number))
        if found[0] is None:
            raise LedgerRefused(phrase("ledger.row-open", row=number, why=_open(archive)))
        before = _last(connection, number)
        evidence = connection.execute(_LAST_FOUND, [number]).fetchone()
        values = stamp(time.time()), int(made), note[:LONGEST], author[:LONGEST], kind
        found = evidence[0] if evidence else None
        _give(connection, number, *values, found if isinstance(found, str) else None)
    reverses = before is not None and KINDS.get(before.kind, not made) != made
    return before if reverses else None


def conclude(where: Where, found: LookedUp) -> bool:
    """Keep what a look-up found as evidence, and give the verdict that follows; report whether.

    Both are written, or none; raise LedgerRefused if they cannot be.
    """
    number, code = found["row"]["number"], found["code"]
    with archive_of(where).changing() as connection:
        evidence = put(connection, found)
        sure = code in DECISIVE and _unanimous(connection, number)
        if sure and _last(connection, number) is None:
            values = found["at"], int(DECISIVE[code]), found["words"][:LONGEST], PROXY, code
            _give(connection, number, *values, evidence)
        else:
            sure = False
    return sure


def _give(connection: LedgerConnection, *values: Value) -> None:
    """Write a verdict; ``values`` are those of `chain.COLUMNS`."""
    connection.execute(
        "INSERT INTO verdict (number, at, made, note, author, kind, evidence)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        values,
    )
    chain.append(connection, [chain.event(chain.VERDICT, values)])


def _unanimous(connection: LedgerConnection, number: int) -> bool:
    """Report whether no two look-ups of a row were sure of different things."""
    codes = connection.execute("SELECT code FROM evidence WHERE number = ?", [number])
    return len({DECISIVE[code] for (code,) in codes if code in DECISIVE}) < 2


def _last(connection: LedgerConnection, number: int) -> EarlierVerdict | None:
    row = connection.execute(
        "SELECT coalesce(kind, CASE made WHEN 1 THEN 'made' ELSE 'not-made' END), author, at"
        " FROM verdict WHERE number = ? ORDER BY rowid DESC LIMIT 1",
        [number],
    ).fetchone()
    return None if row is None else EarlierVerdict(*map(str, row))


def _open(archive: LedgerArchive) -> Phrase:
    return phrase("ledger.row-under-way") if archive.in_use() else phrase("ledger.row-left-open")
