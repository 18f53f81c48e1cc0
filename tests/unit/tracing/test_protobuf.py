"""What is written is read by OpenTelemetry's own messages, and what they write is read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from proxy.tracing import protobuf
from proxy.tracing.span import SpanEvent, SpanLink, TraceSpan

NANOS = some.integers(0, 2**64 - 1)
TEXTS = some.text(some.characters(exclude_categories=("Cs",)))
VALUES = some.one_of(TEXTS, some.integers(-(2**63), 2**63 - 1), some.booleans())
ATTRIBUTES = some.lists(some.tuples(TEXTS, VALUES))
IDS, SPAN_IDS = some.binary(min_size=16, max_size=16), some.binary(min_size=8, max_size=8)
SPANS = some.builds(
    TraceSpan,
    trace_id=IDS,
    span_id=SPAN_IDS,
    parent_id=some.one_of(some.just(b""), SPAN_IDS),
    state=some.text(some.characters(codec="ascii")).map(str.encode),
    flags=some.integers(0, 2**32 - 1),
    name=TEXTS,
    kind=some.sampled_from((2, 3)),
    begin=NANOS,
    end=NANOS,
    attributes=ATTRIBUTES,
    events=some.lists(some.builds(SpanEvent, TEXTS, NANOS)),
    links=some.lists(some.builds(SpanLink, IDS, SPAN_IDS)),
    failed=some.booleans(),
)


def attributes(found: Any) -> list[tuple[str, object]]:
    return [(each.key, getattr(each.value, each.value.WhichOneof("value"))) for each in found]


@given(some.lists(SPANS, max_size=3), ATTRIBUTES)
def test_others_read_what_we_write(spans: list[TraceSpan], resource: Any) -> None:
    data = protobuf.request(resource, "1.2.3", map(protobuf.span, spans))
    (whole,) = ExportTraceServiceRequest.FromString(data).resource_spans
    (scope,) = whole.scope_spans
    assert attributes(whole.resource.attributes) == list(resource)
    assert (scope.scope.name, scope.scope.version) == ("breb-proxy", "1.2.3")
    assert len(scope.spans) == len(spans)
    for read, span in zip(scope.spans, spans, strict=True):
        assert (read.trace_id, read.span_id) == (span.trace_id, span.span_id)
        assert (read.parent_span_id, read.flags) == (span.parent_id, span.flags)
        assert read.trace_state == span.state.decode()
        assert (read.name, read.kind) == (span.name, span.kind)
        assert (read.start_time_unix_nano, read.end_time_unix_nano) == (span.begin, span.end)
        assert attributes(read.attributes) == list(span.attributes)
        assert [(each.name, each.time_unix_nano) for each in read.events] == list(span.events)
        assert [(each.trace_id, each.span_id) for each in read.links] == list(span.links)
        assert read.status.code == (2 if span.failed else 0)


def test_text_that_is_no_unicode_does_not_break_a_batch() -> None:
    span = TraceSpan(b"", b"", b"", b"", 0, "x", 2, 0, 0, [("name", "a\udc80b")])
    data = protobuf.request((), "1", [protobuf.span(span)])
    (read,) = ExportTraceServiceRequest.FromString(data).resource_spans[0].scope_spans[0].spans
    assert attributes(read.attributes) == [("name", "a?b")]


@given(some.integers(0, 2**63 - 1), TEXTS)
def test_we_read_what_others_write(count: int, words: str) -> None:
    partial = ExportTracePartialSuccess(rejected_spans=count, error_message=words[:200])
    data = ExportTraceServiceResponse(partial_success=partial).SerializeToString()
    assert protobuf.rejected(data) == (count, words[:200])


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x18\x05", id="another-number"),
        pytest.param(b"\x19" + b"x" * 8 + b"\x1d" + b"x" * 4, id="other-kinds"),
    ],
)
def test_what_is_not_known_is_passed_over(data: bytes) -> None:
    assert protobuf.rejected(data) == (0, "")


@pytest.mark.parametrize("data", [b"\x0a\x05abc", b"\x0b", b"\xff" * 30, b"\x80", b"\x09abc"])
def test_what_is_no_message_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(protobuf.Unreadable):
        protobuf.rejected(data)


@given(some.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        count, words = protobuf.rejected(data)
    except protobuf.Unreadable:
        return
    assert count >= 0
    assert isinstance(words, str)
