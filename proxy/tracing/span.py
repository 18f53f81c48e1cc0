"""A span as a value, in the words of OpenTelemetry's data model."""

from collections.abc import Sequence
from typing import NamedTuple

Value = str | int | bool
Attributes = Sequence[tuple[str, Value]]
# Those that differ from span to span.
UNLIKE = frozenset(("breb_proxy.ledger.row", "breb_proxy.request.id", "url.full", "url.path"))

SERVER, CLIENT = 2, 3  # of SpanKind
REMOTE_KNOWN, REMOTE = 0x100, 0x200  # flags of a span: whether its parent is in another process


class SpanEvent(NamedTuple):
    """An event of a span; ``at`` in nanoseconds since 1970."""

    name: str
    at: int


class SpanLink(NamedTuple):
    """Another span that this one is about, by its raw ids."""

    trace_id: bytes
    span_id: bytes


class TraceSpan(NamedTuple):
    """One span; ids are raw bytes, ``begin`` and ``end`` nanoseconds since 1970.

    ``parent_id`` is empty if there is none; ``state`` is ASCII, ``failed`` marks
    it as an error.
    """

    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    state: bytes
    flags: int
    name: str
    kind: int
    begin: int
    end: int
    attributes: Attributes
    events: Sequence[SpanEvent] = ()
    links: Sequence[SpanLink] = ()
    failed: bool = False
