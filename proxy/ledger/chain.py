"""The hash chain: whoever changes, removes or inserts a row of the ledger breaks it.

Each commit adds an entry. It has an event for each thing that the commit wrote: the event's kind,
the number of the row, and the SHA-256 of the columns in `COLUMNS` as a JSON array. The entry's hash
is the SHA-256 of the hash before it and of its events, so the last hash, the head, stands for all
that was ever written. Somebody who may write the file can compute it all anew: only a head that is
kept elsewhere shows that.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice
from typing import NamedTuple

from pydantic_core import to_json

from proxy.ledger.connection import LedgerConnection
from proxy.ledger.row import Value, storable
from proxy.ledger.trouble import LedgerRefused
from proxy.words import phrase

FORMAT = 3
"""The first format of a ledger that has a chain."""

OPENED, WHOLE, BODY, ANSWER, CLOSED = b"o", b"w", b"b", b"a", b"c"
VERDICT, EVIDENCE = b"v", b"e"
"""The kinds of events; ``WHOLE`` is the opening of a row whose body had come whole.

``ANSWER`` is one that was known before the row's end, which may have another.
"""

_ROW = ("number", "exchange", "opened_at", "caller", "method", "path", "traceparent")
_BODY = ("body_bytes", "body_sha256", "payment", "marks")
_END = (
    *("closed_at", "seconds", "attempts", "status", "answer", "outcome", "reason"),
    "token_id",
)
COLUMNS = {
    OPENED: _ROW,
    WHOLE: (*_ROW, *_BODY),
    BODY: ("number", *_BODY),
    ANSWER: ("number", "status", "answer"),
    CLOSED: ("number", *_END),
    VERDICT: ("number", "at", "made", "note", "author", "kind", "evidence"),
    EVIDENCE: ("number", "at", "code", "found"),
}
ROW_COLUMNS = (*_ROW, *_BODY, *_END)
_EVENT = struct.Struct(">cQ32s")
_MOST = 48  # events in one entry: it fits on a page, and goes when its rows have gone

ENTRIES = "SELECT seq, events, cut, hash FROM chain ORDER BY seq"
_HEAD = "SELECT seq, hash FROM chain ORDER BY seq DESC LIMIT 1"
LINK = "INSERT INTO chain (seq, events, cut, hash) VALUES (?, ?, ?, ?)"
_IDENTITY = "SELECT id FROM identity"


class ChainLink(NamedTuple):
    """An entry's place and hash; its text is what the log tells and `verify --head` takes."""

    seq: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash.hex()}"


class Event(NamedTuple):
    """A thing that was written."""

    kind: bytes
    number: int
    digest: bytes


Entry = tuple[int, bytes, str | None, bytes]
"""The values of an entry: its place, events, cut and hash."""


def event(kind: bytes, values: Sequence[Value]) -> bytes:
    """Return the event that ``values`` were written, those of `COLUMNS`, none a fraction."""
    try:
        written = to_json(values)
    except ValueError:  # a lone surrogate, which is no UTF-8, and was replaced
        written = to_json([storable(value) for value in values])
    return _EVENT.pack(kind, values[0], sha256(written).digest())


def digest(values: Sequence[Value]) -> bytes:
    """Return the SHA-256 of values: a JSON array without blanks, fractional numbers as text.

    Raise ValueError if one is no text.
    """
    return sha256(to_json(_exact(values))).digest()


def _exact(values: Iterable[Value]) -> list[Value]:
    # Each language writes such a number in its own way; Python's is the shortest that is exact.
    return [repr(value) if type(value) is float else value for value in values]


def opened(values: Sequence[Value]) -> bytes:
    """Return the event of a row's opening; ``values`` are those of `schema.OPEN`."""
    row = (*values[:6], values[7])  # which token is sent is known at the end
    body = values[8:]
    return event(OPENED, row) if body[0] is None else event(WHOLE, (*row, *body))


def amended(values: Sequence[Value]) -> list[bytes]:
    """Return the events of what is known before the end; ``values`` are those of `schema.AMEND`."""
    *body, status, answer, number, _ = values
    events = [] if body[0] is None else [event(BODY, (number, *body))]
    return events if answer is None else [*events, event(ANSWER, (number, status, answer))]


def closed(values: Sequence[Value]) -> bytes:
    """Return the event of a row's end; ``values`` are those of `schema.CLOSE`."""
    closed_at, seconds, *end, number, _ = values
    return event(CLOSED, (number, closed_at, repr(seconds), *end))


def standing(connection: LedgerConnection, kind: bytes, number: int | None) -> bytes:
    """Return the event that would tell of a row as it is in the file; empty if it is not there."""
    columns = ", ".join(COLUMNS[kind])
    found = connection.execute(f"SELECT {columns} FROM request WHERE number = ?", (number,))
    row = found.fetchone()
    return b"" if row is None else event(kind, _exact(row))


def events_of(packed: bytes) -> Iterator[Event]:
    """Yield the events of an entry; raise struct.error if it holds something else."""
    return map(Event._make, _EVENT.iter_unpack(packed))


def linked(events: Sequence[bytes], to: ChainLink) -> list[Entry]:
    """Return the entries that continue the chain after ``to`` with ``events``."""
    entries: list[Entry] = []
    for start in range(0, len(events), _MOST):
        packed = b"".join(events[start : start + _MOST])
        to = ChainLink(to.seq + 1, after(to.hash, packed, None))
        entries.append((to.seq, packed, None, to.hash))
    return entries


def append(
    connection: LedgerConnection, events: Sequence[bytes], known: ChainLink | None = None
) -> ChainLink:
    """Continue the chain within the transaction that wrote what ``events`` tell; return the head.

    ``known`` is the head as the caller knows it: then it need not be read.
    """
    to = head(connection) if known is None else known
    for entry in linked(events, to):
        connection.execute(LINK, entry)
        to = ChainLink(entry[0], entry[3])
    return to


def append_cut(connection: LedgerConnection, cut: str) -> None:
    """Continue the chain with what was deleted, within the transaction that deletes it."""
    to = head(connection)
    connection.execute(LINK, (to.seq + 1, b"", cut, after(to.hash, b"", cut)))


def after(before: bytes, events: bytes, cut: str | None) -> bytes:
    """Return the hash of the entry after that of hash ``before``."""
    return sha256(before + events + (cut or "").encode()).digest()


def head(connection: LedgerConnection) -> ChainLink:
    """Return the newest entry's place and hash; of an empty chain place 0 and its beginning.

    Raise LedgerRefused if somebody edited the hash to be none: nothing can follow it.
    """
    found = connection.execute(_HEAD).fetchone()
    if found is None:
        return ChainLink(0, beginning(connection))
    if not isinstance(found[1], bytes):
        raise LedgerRefused(phrase("chain.edited", at=found[0]))
    return ChainLink(*found)


def beginning(connection: LedgerConnection) -> bytes:
    """Return what stands for the hash before the first entry: that of the ledger's own id."""
    (identity,) = connection.execute(_IDENTITY).fetchone()
    return sha256(str(identity).encode()).digest()


def take_over(
    connection: LedgerConnection, after: int = 0, reading: LedgerConnection | None = None
) -> None:
    """Have the chain tell of all rows after number ``after``, and what stands beside them.

    So it begins in a ledger of an older format, and goes on after rows of another ledger. They are
    read by ``reading``, where that is another connection.
    """
    events, head = _all_events(reading or connection, after), None
    while some := list(islice(events, _MOST)):
        head = append(connection, some, head)


def _all_events(connection: LedgerConnection, after: int) -> Iterator[bytes]:
    columns, rows = ", ".join(ROW_COLUMNS), "request WHERE number > ? ORDER BY number"
    for row in connection.execute(f"SELECT {columns} FROM {rows}", (after,)):
        values = dict(zip(ROW_COLUMNS, row, strict=True))
        kinds = [WHOLE] if values["outcome"] is None else [WHOLE, CLOSED]
        for kind in kinds:
            yield event(kind, _exact(values[name] for name in COLUMNS[kind]))
    for kind, table in ((VERDICT, "verdict"), (EVIDENCE, "evidence")):
        columns, rows = ", ".join(COLUMNS[kind]), f"{table} WHERE number > ? ORDER BY rowid"
        for beside in connection.execute(f"SELECT {columns} FROM {rows}", (after,)):
            yield event(kind, beside)
