"""OTLP in protobuf's wire format, written and read by hand: one page instead of two packages.

Field numbers are those of opentelemetry-proto's trace.proto and trace_service.proto, version 1,
which is stable. https://protobuf.dev/programming-guides/encoding/
"""

import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache

from proxy.tracing.span import UNLIKE, Attributes, SpanEvent, SpanLink, TraceSpan, Value

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types
_FIXED = {_FIXED64: 8, _FIXED32: 4}  # bytes
_ERROR = 2  # of Status.StatusCode
_LONGEST = 1 << 10  # bytes of the collector's words


def _varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


# A message has few fields and most are short, so that these say nearly all keys and lengths.
_SHORT = [_varint(number) for number in range(4096)]


def _field(number: int, data: bytes) -> bytes:
    """Return a field of bytes, text or another message."""
    size = len(data)
    return _SHORT[number << 3 | _BYTES] + (_SHORT[size] if size < 4096 else _varint(size)) + data


def _number(number: int, value: int) -> bytes:
    return _SHORT[number << 3 | _VARINT] + _varint(value)


@lru_cache(256)
def _text(number: int, text: str) -> bytes:
    return _field(number, text.encode("utf-8", "replace"))


def _attribute(number: int, name: str, value: Value) -> bytes:
    """Return a field that is a KeyValue."""
    if isinstance(value, bool):
        any_value = _number(2, value)
    elif isinstance(value, int):
        any_value = _number(3, value)
    else:
        any_value = _field(1, value.encode("utf-8", "replace"))
    return _field(number, _text(1, name) + _field(2, any_value))


# Most are the same in all spans. Typed, since to Python True is 1.
_repeated = lru_cache(512, typed=True)(_attribute)


def _attributes(number: int, attributes: Attributes) -> bytes:
    return b"".join(
        [
            (_attribute if name in UNLIKE else _repeated)(number, name, value)
            for name, value in attributes
        ]
    )


def _event(event: SpanEvent) -> bytes:
    return b"\x09" + struct.pack("<Q", event.at) + _text(2, event.name)


def _link(link: SpanLink) -> bytes:
    return _field(1, link.trace_id) + _field(2, link.span_id)


def span(told: TraceSpan) -> bytes:
    """Return a span as a field of ScopeSpans."""
    parts = [_field(1, told.trace_id), _field(2, told.span_id)]
    if told.state:
        parts.append(_field(3, told.state))
    if told.parent_id:
        parts.append(_field(4, told.parent_id))
    parts += [
        _text(5, told.name),
        _number(6, told.kind),
        struct.pack("<BQBQ", 7 << 3 | _FIXED64, told.begin, 8 << 3 | _FIXED64, told.end),
        _attributes(9, told.attributes),
    ]
    parts += [_field(11, _event(each)) for each in told.events]
    parts += [_field(13, _link(each)) for each in told.links]
    if told.failed:
        parts.append(_field(15, _number(3, _ERROR)))
    parts.append(b"\x85\x01" + struct.pack("<I", told.flags))  # field 16, fixed32
    return _field(2, b"".join(parts))


def request(resource: Attributes, version: str, spans: Iterable[bytes]) -> bytes:
    """Return an ExportTraceServiceRequest with spans, each as `span` gave it."""
    scope = _field(1, _text(1, "breb-proxy") + _text(2, version))
    told = _field(1, _attributes(1, resource)) + _field(2, scope + b"".join(spans))
    return _field(1, told)


class Unreadable(ValueError):
    """Bytes are no message."""


def rejected(answer: bytes) -> tuple[int, str]:
    """Return how many spans an ExportTraceServiceResponse rejects, and its words; or Unreadable."""
    count, words = 0, ""
    for number, value in _fields(answer):
        if number == 1 and isinstance(value, bytes):
            for inner, each in _fields(value):
                if inner == 1 and isinstance(each, int):
                    count = each
                elif inner == 2 and isinstance(each, bytes):
                    words = each[:_LONGEST].decode("utf-8", "replace")
    return count, words


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the numbers and values of a message's fields."""
    at = 0
    while at < len(data):
        key, at = _read(data, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _read(data, at)
            yield key >> 3, value
            continue
        size = _FIXED.get(kind, 0)
        if kind == _BYTES:
            size, at = _read(data, at)
        elif not size:
            raise Unreadable
        if at + size > len(data):
            raise Unreadable
        yield key >> 3, data[at : at + size]
        at += size


def _read(data: bytes, at: int) -> tuple[int, int]:
    """Return the number that begins at a place, and the place after it."""
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
    raise Unreadable
