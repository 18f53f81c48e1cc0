"""Reads a ledger that anybody may have edited: nothing in it need be of the type that we wrote."""

import json
import struct
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict, cast

from proxy.ledger import chain
from proxy.ledger.chain import COLUMNS, Event
from proxy.ledger.connection import LedgerConnection
from proxy.ledger.cut import Cut, newest, read
from proxy.ledger.entry import Evidence
from proxy.ledger.row import Value
from proxy.ledger.trouble import LedgerRefused
from proxy.words import phrase

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
    except LedgerRefused:
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


# -- values ----------------------------------------------------------------------------------------


def as_text(value: object) -> str | None:
    """Return a column's text; of what is none, something to read instead."""
    return value if value is None or isinstance(value, str) else str(value)


def as_object(text: Any) -> dict[str, object] | None:  # noqa: ANN401  whatever the column holds
    """Return an object of JSON; None if it is none."""
    try:
        found = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def as_texts(members: Mapping[str, object]) -> dict[str, str]:
    """Return an object's members, of which all should be texts."""
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in members.items()}


def as_evidence(text: object, **columns: object) -> Evidence | None:
    """Return evidence with what ``columns`` say of it; None if it cannot be used."""
    found = as_object(text)
    if found is None:
        return None
    found |= columns
    told = (found.get(name) for name in ("at", "kind", "code"))
    candidates = found.get("candidates")
    if not all(isinstance(each, str) for each in told) or not isinstance(candidates, list):
        return None
    return cast("Evidence", found) if all(map(_is_candidate, candidates)) else None


def _is_candidate(value: object) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("sure"), bool):
        return False
    known, mark = value.get("known"), value.get("mark", "")
    return isinstance(known, dict) and all(isinstance(v, str) for v in (mark, *known.values()))


# -- the chain, for a program ----------------------------------------------------------------------


class ExportedEvent(TypedDict):
    """An event for a program."""

    kind: str
    row: int
    sha256: str


class Exported(TypedDict):
    """An entry for a program; ``cut`` is JSON text, hashes are hexadecimal digits."""

    seq: int
    events: list[ExportedEvent]
    cut: str | None
    hash: str


def exported(connection: LedgerConnection) -> Iterator[Exported]:
    """Yield the entries, the oldest first; raise LedgerRefused at one that is none of ours."""
    for seq, packed, cut, link in connection.execute(chain.ENTRIES):
        told = events(packed, cut)
        if told is None or not isinstance(link, bytes):
            raise LedgerRefused(phrase("chain.edited", at=seq))
        yield {
            "seq": seq,
            "events": [
                {"kind": each.kind.decode(), "row": each.number, "sha256": each.digest.hex()}
                for each in told
            ],
            "cut": cut,
            "hash": link.hex(),
        }
