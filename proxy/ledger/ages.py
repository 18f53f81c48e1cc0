"""The times by which rows and claims are deleted: a clock that was never set shows none.

They stand in the order in which they were written, whatever the clock. What seems to be from before
this program existed is as old as the first after it that does not.
"""

from proxy.ledger.connection import LedgerConnection
from proxy.ledger.schema import SETTLED

_FIRST = "2026"  # before that nobody had a ledger
_UNKNOWN = "~"  # after any time
_ROWS = f"SELECT number, opened_at FROM request WHERE {SETTLED} ORDER BY number LIMIT ?"
_LATER_ROW = (
    "SELECT opened_at FROM request WHERE number > ? AND opened_at >= ? ORDER BY number LIMIT 1"
)
_CLAIMS = (
    "SELECT claim.rowid, claim.at FROM claim LEFT JOIN request USING (number, exchange)"
    f" WHERE request.number IS NULL OR {SETTLED} ORDER BY claim.rowid LIMIT ?"
)
_LATER_CLAIM = "SELECT at FROM claim WHERE rowid > ? AND at >= ? ORDER BY rowid LIMIT 1"


def oldest_rows(connection: LedgerConnection, most: int) -> list[tuple[int, str]]:
    """Return the numbers and times of the ``most`` oldest rows that are settled."""
    return _aged(connection, _ROWS, _LATER_ROW, most)


def oldest_claims(connection: LedgerConnection, most: int) -> list[tuple[int, str]]:
    """Return the row ids and times of the ``most`` oldest claims whose row is not in doubt."""
    return _aged(connection, _CLAIMS, _LATER_CLAIM, most)


def _aged(
    connection: LedgerConnection, select: str, later: str, most: int
) -> list[tuple[int, str]]:
    aged: list[tuple[int, str]] = []
    known = ""
    for number, written in reversed(connection.execute(select, (most,)).fetchall()):
        at = str(written)  # somebody may have edited it into another type
        if at < _FIRST:
            if not known:
                found = connection.execute(later, (number, _FIRST)).fetchone()
                known = _UNKNOWN if found is None else str(found[0])
            at = known
        known = at
        aged.append((number, at))
    return aged[::-1]
