"""Builds what makes traces; imported only if they are turned on."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from proxy import __version__
from proxy.settings.model import Settings
from proxy.settings.tracing import TracingOptions
from proxy.tracing.collector import Collector
from proxy.tracing.exporter import Exporter
from proxy.tracing.fetches import Fetches
from proxy.tracing.trace import Tracer
from proxy.tracing.wording import Wording


@dataclass(frozen=True, slots=True)
class Traces:
    """The tracer, which is told what begins; token requests; the exporter, which sends."""

    tracer: Tracer
    fetches: Fetches
    exporter: Exporter

    @property
    def results(self) -> Mapping[str, int]:
        """Spans, by what became of them."""
        return self.exporter.results

    async def aclose(self) -> None:
        """Send the spans that are left."""
        await self.exporter.aclose()


def traces(options: TracingOptions, settings: Settings) -> Traces:
    """Return the parts; needs a running event loop."""
    fetches = Fetches()
    wording = Wording(settings.base_url, settings.token_endpoint_url, fetches)
    told = {
        "service.version": __version__,
        "service.instance.id": str(uuid.uuid4()),
        "deployment.environment.name": settings.environment,
        **dict(options.resource),
    }
    collector = Collector(options)
    exporter = Exporter(options, tuple(told.items()), wording, collector)
    return Traces(Tracer(options.sampler, exporter.keep), fetches, exporter)
