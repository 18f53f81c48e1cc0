"""Reads a ledger that anybody may have edited: nothing in it need be of the type that we wrote."""

import struct
from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from proxy.ledger import chain
from proxy.ledger.chain import COLUMNS, Event
from proxy.ledger.connection import LedgerConnection
from proxy.ledger.cut import Cut, newest, read
from proxy.ledger.row import Value

BESIDE = {chain.VERDICT: "verdict", chain.EVIDENCE: "evidence"}
"""The tables of what stands beside the rows, by the kinds of their events."""
_ROWS = f"SELECT {', '.join(chain.ROW_COLUMNS)} FROM request ORDER BY number"

AnyRow = Mapping[str, Value]


def rows(connection: LedgerConnection) -> Iterator[tuple[int, AnyRow]]:
    """Yield the rows and their numbers; number 0, which no row has, if it is none."""
    for row in connection.execute(_ROWS):
        yield _number(row[0]), dict(zip(chain.ROW_COLUMNS, row, strict=True))


def newest_cut(connection: LedgerConnection) -> Cut:
    """Return the newest cut; an empty one if it is none: its entry does not hold then either."""
    try:
        return newest(connection)
    except (ValueError, TypeError):
        return Cut()


def beginning(connection: LedgerConnection) -> bytes:
    """Return what stands before the first entry; empty if it is no text, or not there."""
    try:
        return chain.beginning(connection)
    except (ValueError, TypeError):
        return b""


def events(packed: object, cut: object) -> list[Event] | None:
    """Return an entry's events; None if it is none of ours."""
    if not isinstance(packed, bytes):
        return None
    try:
        if isinstance(cut, str) and cut.isascii():
            read(cut)
        elif cut is not None:
            return None
        found = list(chain.events_of(packed))
    except (struct.error, ValueError):
        return None
    return found if all(each.kind in COLUMNS for each in found) else None


def digests(connection: LedgerConnection, kind: bytes) -> dict[int, deque[bytes]]:
    """Return the digests of what stands beside the rows, in order, by the row's number, or 0."""
    columns, found = ", ".join(COLUMNS[kind]), dict[int, deque[bytes]]()
    # An index has copies of the numbers: the table itself counts.
    query = f"SELECT {columns} FROM {BESIDE[kind]} NOT INDEXED ORDER BY rowid"
    for row in connection.execute(query):
        found.setdefault(_number(row[0]), deque()).append(_digest(row))
    return found


def agrees(event: Event, row: AnyRow) -> bool:
    """Report whether an event tells of a row as it is."""
    return _digest([row[name] for name in COLUMNS[event.kind]]) == event.digest


def _number(value: Value) -> int:
    return value if isinstance(value, int) else 0


def _digest(values: Sequence[Value]) -> bytes:
    """Return their SHA-256; empty if there is something that the ledger never writes."""
    if any(isinstance(value, bytes) for value in values):
        return b""
    try:
        return chain.digest(values)
    except ValueError:
        return b""
