"""W3C Trace Context: the place in a trace that a request brings along, and the one it goes on with.

https://www.w3.org/TR/trace-context/, level 1 section 3.2; of level 2, the random flag.
"""

import re
from typing import NamedTuple

SAMPLED = 1  # the flag
_KNOWN = 3  # the flags that we may pass on: sampled, random
_FORM = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.DOTALL)
_LONGEST = 512  # bytes of a later version's value


class ParentSpan(NamedTuple):
    """A span in a trace, by its ids in hexadecimal digits."""

    trace_id: bytes
    span_id: bytes
    flags: int


def parent_span(values: list[bytes]) -> ParentSpan | None:
    """Return what the values of traceparent say; None if there is not exactly one that is right."""
    if len(values) != 1 or len(values[0]) > _LONGEST:
        return None
    found = _FORM.fullmatch(values[0])
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    if version == b"ff" or (version == b"00" and more is not None):
        return None
    if not trace_id.strip(b"0") or not span_id.strip(b"0"):
        return None
    return ParentSpan(trace_id, span_id, int(flags, 16) & _KNOWN)


def traceparent(trace_id: bytes, span_id: int, flags: int) -> bytes:
    """Return the value that names a span."""
    return b"00-%b-%016x-%02x" % (trace_id, span_id, flags)
