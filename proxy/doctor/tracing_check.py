"""Traces: the variables that are ignored, and whether the collector takes a batch."""

from proxy.doctor.steps import Finding, doubtful, fine
from proxy.settings.tracing import TracingOptions
from proxy.tracing.collector import Collector, NotTaken
from proxy.words import Phrase, phrase

_GRPC = 4317  # the port on which collectors speak gRPC


async def variables(warnings: list[Phrase]) -> Finding:
    """Name the values that are ignored."""
    return doubtful(phrase("check.traces-ignored"), *warnings, ignored=list(map(str, warnings)))


async def collector(options: TracingOptions) -> Finding:
    """Send an empty batch; traces keep no payment from being made, so nothing fails here."""
    facts: dict[str, object] = {"url": str(options.endpoint), "sampler": str(options.sampler)}
    there = Collector(options)
    try:
        await there.take(b"")
    except NotTaken as error:
        why = phrase("check.traces-not-taken", why=error.why)
        grpc = options.endpoint.port == _GRPC
        advice = phrase("check.traces-grpc") if grpc else phrase("check.traces-advice")
        return doubtful(why, advice, **facts)
    finally:
        await there.aclose()
    return fine(phrase("check.traces-taken", sampler=str(options.sampler)), **facts)
