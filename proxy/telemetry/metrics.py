"""Counters of exchanges, kept as plain numbers and given to prometheus-client at scrape time.

No caller's text becomes a label: methods beyond the registered ones are "other".
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from proxy import __version__
from proxy.errors import LedgerUnavailable, Repeated, RequestRefused, UpstreamError
from proxy.exchange.record import Exchange
from proxy.http1.fields import SAFE

if TYPE_CHECKING:  # imported with the first scrape: a start is a tenth faster without it
    from prometheus_client.core import Metric
    from prometheus_client.registry import Collector

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_CHANGING = ("POST", "PUT", "PATCH", "DELETE", "other")
_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

_FOLD = 500  # exchanges

Gauges = Callable[[], Iterable["Metric"]]


def prepare() -> None:
    """Import the library that words a scrape; call it in a thread, so that no exchange waits."""
    import_module("prometheus_client.core")


class Histogram:
    """Counts of durations in seconds, by upper bound."""

    def __init__(self) -> None:
        self._counts = [0] * (len(_BOUNDS) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        """Count one duration."""
        self._counts[bisect_left(_BOUNDS, seconds)] += 1
        self._sum += seconds

    def family(self, name: str, text: str) -> "Metric":
        """Return the histogram in Prometheus' form: cumulative buckets."""
        from prometheus_client.core import HistogramMetricFamily

        total = 0
        buckets = []
        for bound, count in zip((*map(str, _BOUNDS), "+Inf"), self._counts, strict=True):
            total += count
            buckets.append((bound, total))
        return HistogramMetricFamily(name, text, buckets=buckets, sum_value=self._sum)


class Metrics:
    """Observes exchanges; collects them and the gauges of others for one scrape."""

    def __init__(self) -> None:
        self._gauges: Gauges = tuple
        self.catch_up: Callable[[], None] = lambda: None  # has the last exchanges counted
        self._exchanges: Counter[tuple[str, int | None, str]] = Counter()
        self.exchanges: Counter[tuple[str, str, str]] = Counter()
        self.refusals: Counter[str] = Counter()
        self.upstream_errors: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()
        self.left = 0
        self.received = 0
        self.sent = 0
        self._total = Histogram()
        self._upstream = Histogram()

    def found_unknown(self, methods: Mapping[str, int]) -> None:
        """Count requests that a process before this one left in doubt."""
        for method, count in methods.items():
            self.unknown[_label(method)] += count

    def add_collector(self, gauges: Gauges) -> None:
        """Name the function that gives the metrics of the other parts."""
        self._gauges = gauges

    def in_doubt(self) -> Mapping[str, int]:
        """Return by method how many may have changed something, and nobody knows."""
        self.catch_up()
        return self.unknown

    def count(self, exchanges: Iterable[Exchange]) -> None:
        """Count exchanges that are over."""
        for exchange in exchanges:
            self.observe(exchange)

    def observe(self, exchange: Exchange) -> None:
        """Count one exchange that is over."""
        self._exchanges[exchange.method, exchange.status, exchange.caller] += 1
        self.received += exchange.received
        self.sent += exchange.sent
        self._total.observe(exchange.ended - exchange.started)
        if exchange.attempts:
            last = exchange.attempts[-1]
            if last.answered is not None:
                self._upstream.observe(last.answered - last.began)
        if exchange.left or exchange.failure is not None:
            self._failed(exchange)
        if exchange.method not in SAFE and exchange.in_doubt:
            self.unknown[_label(exchange.method)] += 1
        if len(self._exchanges) > _FOLD:
            self._fold()

    def _failed(self, exchange: Exchange) -> None:
        failure = exchange.failure
        if exchange.left:
            self.left += 1
        elif isinstance(failure, RequestRefused | LedgerUnavailable | Repeated):
            self.refusals[failure.reason] += 1
        elif isinstance(failure, UpstreamError):
            self.upstream_errors[failure.kind] += 1

    def _fold(self) -> None:
        """Turn raw methods and statuses into labels; done rarely, not for each exchange."""
        for (method, status, caller), count in self._exchanges.items():
            label = _label(method)
            self.exchanges[label, f"{status // 100}xx" if status else "none", caller] += count
        self._exchanges.clear()

    def collect(self) -> Iterable["Metric"]:
        """Give all families of one scrape."""
        from prometheus_client.core import InfoMetricFamily

        self.catch_up()
        self._fold()
        yield InfoMetricFamily("breb_proxy", "Which program this is.", {"version": __version__})
        yield from self._counted()
        yield counter(
            "breb_proxy_callers_left", "Callers that disconnected before the end.", self.left
        )
        yield counter(
            "breb_proxy_request_body_bytes", "Bytes of request bodies received.", self.received
        )
        yield counter("breb_proxy_response_body_bytes", "Bytes of response bodies sent.", self.sent)
        yield self._total.family(
            "breb_proxy_exchange_seconds", "Seconds from the request's head to the end."
        )
        yield self._upstream.family(
            "breb_proxy_upstream_seconds",
            "Seconds from a free connection to the response's headers.",
        )
        yield from self._gauges()

    def _counted(self) -> Iterable["Metric"]:
        yield labelled_counter(
            "breb_proxy_exchanges",
            "Exchanges by method, class of the status given to the caller, and the caller's name.",
            ("method", "status", "caller"),
            self.exchanges,
        )
        yield labelled_counter(
            "breb_proxy_refusals",
            "Requests refused by the proxy itself, by reason.",
            ("reason",),
            {(reason,): count for reason, count in self.refusals.items()},
        )
        yield labelled_counter(
            "breb_proxy_upstream_errors",
            "Exchanges that failed towards the upstream, by RFC 9209 error type.",
            ("error",),
            {(kind,): count for kind, count in self.upstream_errors.items()},
        )
        yield labelled_counter(
            "breb_proxy_outcome_unknown",
            "Requests with an unknown outcome that may have changed something; also those that"
            " were open in the ledger at the start.",
            ("method",),
            # Every series begins at zero: the rate over one that has just appeared is wrong.
            {(method,): self.unknown[method] for method in _CHANGING},
        )

    def exposition(self) -> bytes:
        """Return one scrape in Prometheus' text format."""
        import prometheus_client

        registry = prometheus_client.CollectorRegistry(auto_describe=False)
        registry.register(cast("Collector", self))
        prometheus_client.ProcessCollector(registry=registry)
        return prometheus_client.generate_latest(registry)


def _label(method: str) -> str:
    return method if method in _METHODS else "other"


def counter(name: str, text: str, value: float) -> "Metric":
    """Return a counter without labels."""
    from prometheus_client.core import CounterMetricFamily

    return CounterMetricFamily(name, text, value=value)


def gauge(name: str, text: str, value: float) -> "Metric":
    """Return a gauge without labels."""
    from prometheus_client.core import GaugeMetricFamily

    return GaugeMetricFamily(name, text, value=value)


def labelled_gauge(name: str, text: str, label: str, values: dict[str, int]) -> "Metric":
    """Return a gauge with one label."""
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(name, text, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family


def labelled_counter(
    name: str, text: str, labels: tuple[str, ...], values: Mapping[Any, int]
) -> "Metric":
    """Return a counter with labels."""
    from prometheus_client.core import CounterMetricFamily

    family = CounterMetricFamily(name, text, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family
