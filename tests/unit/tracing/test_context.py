"""What of a traceparent is believed."""

import pytest

from proxy.tracing.context import ParentSpan, parent_span, traceparent

TRACE, SPAN = b"4bf92f3577b34da6a3ce929d0e0e4736", b"00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("value", "flags"),
    [
        (b"00-%b-%b-01", 1),
        (b"00-%b-%b-00", 0),
        (b"00-%b-%b-03", 3),
        (b"00-%b-%b-ff", 3),
        (b"cc-%b-%b-01", 1),
        (b"cc-%b-%b-01-what-the-future-brings", 1),
    ],
)
def test_what_is_right(value: bytes, flags: int) -> None:
    assert parent_span([value % (TRACE, SPAN)]) == ParentSpan(TRACE, SPAN, flags)


@pytest.mark.parametrize(
    "values",
    [
        [],
        [b""],
        [b"00-%b-%b-01" % (TRACE, SPAN)] * 2,
        [b"00-%b-%b-01-more" % (TRACE, SPAN)],
        [b"cc-%b-%b-01.more" % (TRACE, SPAN)],
        [b"ff-%b-%b-01" % (TRACE, SPAN)],
        [b"00-%b-%b-01" % (TRACE.upper(), SPAN)],
        [b"00-%b-%b-01" % (b"0" * 32, SPAN)],
        [b"00-%b-%b-01" % (TRACE, b"0" * 16)],
        [b"00-%b-%b-1" % (TRACE, SPAN)],
        [b"00-%b-%b-01\n" % (TRACE, SPAN)],
        [b"cc-%b-%b-01-" % (TRACE, SPAN) + b"x" * 60_000],
        [b"-" * 60_000],
    ],
)
def test_what_is_wrong(values: list[bytes]) -> None:
    assert parent_span(values) is None


def test_what_is_written_can_be_read() -> None:
    value = traceparent(TRACE, int(SPAN, 16), 1)
    assert parent_span([value]) == ParentSpan(TRACE, SPAN, 1)
