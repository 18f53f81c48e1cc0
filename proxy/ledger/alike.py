"""Finds rows in doubt that a new payment looks like, though to the API it is another payment."""

from collections.abc import Sequence

from proxy.ledger.connection import LedgerConnection
from proxy.ledger.likeness import Likeness
from proxy.ledger.row import Row
from proxy.ledger.schema import IN_DOUBT

_ANY = f"SELECT 1 FROM request WHERE {IN_DOUBT} LIMIT 1"
_ALIKE = (
    f"SELECT number, marks FROM request WHERE {IN_DOUBT} AND instr(marks, ?) > 0"
    " ORDER BY number DESC LIMIT 50"
)


def free(connection: LedgerConnection, openings: list[Row], closings: Sequence[Row]) -> list[Row]:
    """Return the rows that may be opened; note in each other one which row it is like.

    Note also which rows repeat one with their resolution: they may be opened. Of the rows in doubt
    are those, too, whose end is among ``closings``. Without guarded rows nothing is asked.
    """
    if not any(row.guarded for row in openings):
        return openings
    any_in_doubt = _any(connection, closings)
    for row in openings:
        row.alike = row.repeats = None
        if any_in_doubt and row.guarded and row.likeness is not None:
            row.alike, row.repeats = _in_doubt(connection, row.likeness, closings)
    return [row for row in openings if row.alike is None]


def _any(connection: LedgerConnection, closings: Sequence[Row]) -> bool:
    """Report whether any row is in doubt: mostly none is, and one question tells that for all."""
    if any(row.end is not None and row.end.doubtful for row in closings):
        return True
    return connection.execute(_ANY).fetchone() is not None


def _in_doubt(
    connection: LedgerConnection, likeness: Likeness, closings: Sequence[Row]
) -> tuple[int | None, int | None]:
    """Return the row in doubt that looks like it, and else that of its resolution."""
    repeats = None
    for row in closings:
        if row.end is None or not row.end.doubtful or row.likeness is None:
            continue
        if likeness.like(row.likeness):
            return row.number, None
        if likeness == row.likeness:
            repeats = row.number
    natural, of = f'"natural":"{likeness.natural}"', f'"of":"{likeness.of}"'
    for number, marks in connection.execute(_ALIKE, (natural,)):
        if not (likeness.of and of in marks):
            return int(number), None
        repeats = int(number)
    return None, repeats
