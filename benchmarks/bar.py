"""The bar that the program has to clear, and whether it did."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.figures import (
    MIB_IN_KB,
    TITLES,
    added_p50,
    cpu_ms_per_mib,
    cpu_us,
    number,
    over_a_sync,
    written_kib,
)
from benchmarks.results import Results, Value, median

# What is demanded of the program as long as all of it is interpreted.
PURE = {"get32": 1.0, "post32": 1.05, "tls32": 1.15, "tlspost32": 1.15}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One demand, what was measured, and the outcome."""

    demand: str
    limit: float
    measured: float
    unit: str

    @property
    def met(self) -> bool:
        """Report whether what was measured is within the limit."""
        return self.measured <= self.limit

    def __str__(self) -> str:
        return f"{number(self.measured)}{self.unit} (at most {self.limit:g}{self.unit})"


def verdicts(results: Results) -> list[Verdict]:
    """Judge every demand for which both sides were measured."""
    return [
        Verdict(demand, limit, measured, unit)
        for demand, limit, measured, unit in _demands(results)
        if measured is not None
    ]


def _demands(results: Results) -> Iterator[tuple[str, float, float | None, str]]:
    def against(peer: str, scenario: str, value: Value) -> float | None:
        return results.ratio("ours", peer, scenario, value)

    for name, limit in (("get32", 0.75), ("post32", 0.8), ("tls32", 0.95), ("tlspost32", 0.95)):
        share = against("envoy", name, cpu_us)
        demand = f"CPU per request of Envoy's, {TITLES[name].title}"
        yield demand, limit, share, " ×"
        yield f"{demand}: nothing compiled", PURE[name], share, " ×"
    yield "CPU per request of Caddy's, 32 connections", 0.6, against("caddy", "get32", cpu_us), " ×"
    share = against("httpx", "get32", cpu_us)
    yield "CPU per request of the httpx.AsyncClient proxy's, 32 connections", 0.05, share, " ×"
    added = against("envoy", "get1", added_p50(results))
    yield "Added p50 of Envoy's, 1 connection", 1.0, added, " ×"
    for name, limit in (("get1", 1.1), ("get32", 1.1), ("get512", 1.1), ("tls32", 1.2)):
        share = against("envoy", name, lambda run: run.p99_us)
        yield f"p99 of Envoy's, {TITLES[name].title}", limit, share, " ×"
    few, many = (
        results.by_round("ours", n, cpu_ms_per_mib(TITLES[n])) for n in ("tls1m", "tls1m32")
    )
    yield "CPU per MiB over TLS at 32 connections, of that at 8", 1.1, _growth(few, many), " ×"
    for name in ("get1m", "post1m", "down1g", "up1g"):
        value = cpu_ms_per_mib(TITLES[name])
        yield (
            f"CPU per MiB of Envoy's, {TITLES[name].title}",
            1.2,
            against("envoy", name, value),
            " ×",
        )
    for name in ("get512", "down1g", "up1g"):
        peak = results.median("ours", name, lambda run: run.peak_kb / MIB_IN_KB)
        yield f"Peak memory, {TITLES[name].title}", 64, peak, " MiB"
    share = results.ratio("ours", "envoy", "up1g", lambda run: run.seconds)
    yield "Time of Envoy's, POST 1 GiB", 1.11, share, " ×"
    share = results.ratio("console", "ours", "get32", cpu_us)
    yield "CPU per request with the console, of that without", 1.8, share, " ×"
    for name, limit in (("post1", 3.0), ("post8", 2.0), ("post32", 2.0)):
        share = results.ratio("ledger", "ours", name, cpu_us)
        yield f"CPU per request with a ledger, {TITLES[name].title}", limit, share, " ×"
    over = results.median("ledger", "post1", over_a_sync(results))
    yield "p50 that a ledger adds to a bare sync, 1 connection", 0.15, over, " ms"
    written = results.median("ledger", "post1", written_kib)
    yield "Written per payment, 1 connection", 12, written, " KiB"
    yield "Start to first answer", 0.22, results.median("ours", "start", lambda r: r.seconds), " s"
    idle = results.median("ours", "start", lambda run: run.idle_kb / MIB_IN_KB)
    yield "Memory after one answer", 42, idle, " MiB"
    few, many = (results.by_round("ours", name, cpu_us) for name in ("get1", "get512"))
    yield "CPU per request at 512 connections, of that at 1", 1.15, _growth(few, many), " ×"
    share = results.ratio("pair", "ours", "tls32", cpu_us)
    yield "CPU per request of two on one port, of that of one, GET over TLS", 1.15, share, " ×"


def _growth(few: dict[int, float], many: dict[int, float]) -> float | None:
    return median({turn: many[turn] / few[turn] for turn in many.keys() & few.keys()})
