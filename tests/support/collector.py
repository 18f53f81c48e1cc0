"""A collector that tests look into: what it got is read by OpenTelemetry's own messages."""

import time
import zlib
from collections.abc import Callable
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.support.patience import PATIENCE
from tests.support.upstream import Call, RawUpstream, answer

TAKEN = answer("200 OK", b"", "Content-Type: application/x-protobuf")


class FakeCollector:
    """Takes what comes, or answers as it is told; ``variables`` turn on traces to it."""

    def __init__(self, told: Callable[[Call], bytes | None] | bytes = TAKEN) -> None:
        self._upstream = RawUpstream(told)
        self.url = self._upstream.url

    @property
    def calls(self) -> list[Call]:
        """The requests as they came."""
        return self._upstream.calls

    def variables(self, **more: str) -> dict[str, str]:
        """Return the variables; names in ``more`` are without the prefix."""
        own = {
            "EXPORTER_OTLP_ENDPOINT": self.url,
            "BSP_SCHEDULE_DELAY": "20",
            "TRACES_SAMPLER": "parentbased_always_on",
        }
        return {f"OTEL_{name}": value for name, value in {**own, **more}.items()}

    @property
    def requests(self) -> list[ExportTraceServiceRequest]:
        """Return the batches that came."""
        return [batch(call) for call in self.calls]

    @property
    def spans(self) -> list[Span]:
        """Return all spans that came."""
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def until(self, count: int) -> list[Span]:
        """Wait for so many spans; return all that came."""
        deadline = time.monotonic() + PATIENCE
        while len(self.spans) < count:
            assert time.monotonic() < deadline, f"{len(self.spans)} spans of {count}"
            time.sleep(0.02)
        return self.spans

    def __enter__(self) -> Self:
        self._upstream.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._upstream.__exit__(*error)


def batch(call: Call) -> ExportTraceServiceRequest:
    """Return what a call brought."""
    body = zlib.decompress(call.body, 31) if call.values("content-encoding") else call.body
    return ExportTraceServiceRequest.FromString(body)


def told(span: Span) -> dict[str, object]:
    """Return a span's attributes."""
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes
    }
