"""Compares a replica's rows with the database's, after its session was lost."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from proxy.ledger.postgres.session import LedgerSession
from proxy.ledger.row import Row

_OURS = "SELECT number, exchange FROM request WHERE outcome IS NULL AND replica = ?"
_STANDS = "SELECT outcome, reason FROM request WHERE number = ? AND exchange = ?"


class OpenRow(NamedTuple):
    """A row that the database has open."""

    number: int
    exchange: str


def found_open(session: LedgerSession, replica: int, known: Iterable[Row]) -> list[OpenRow]:
    """Return a replica's rows that the database has open, and the replica does not know of.

    Their commit was confirmed to nobody, so nothing of them was sent. One that was written anew,
    after a failover had lost it, may have another number than we know.
    """
    found = {OpenRow(*each) for each in session.execute(_OURS, (replica,)).fetchall()}
    for row in known:
        if row.number is None or OpenRow(row.number, row.exchange) not in found:
            _adopt(row, found)
        found.discard(OpenRow(row.number or 0, row.exchange))
    return sorted(found)


def _adopt(row: Row, found: set[OpenRow]) -> None:
    """Take the number under which a row was written anew, if that was done."""
    for each in found:
        if each.exchange == row.exchange:
            row.number = each.number
            return


def standing_of(
    session: LedgerSession, rows: Iterable[Row]
) -> Mapping[Row, tuple[str | None, str | None]]:
    """Return outcome and reason of those rows that the database has."""
    stands = {}
    for row in rows:
        found = session.execute(_STANDS, (row.number, row.exchange)).fetchone()
        if found is not None:
            stands[row] = (found[0], found[1])
    return stands
