"""The figures that are shown, each a line of the table."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from benchmarks.model import KIB, Run, Scenario
from benchmarks.results import Results, Value
from benchmarks.scenarios import ALL as SCENARIOS

TITLES = {scenario.name: scenario for scenario in SCENARIOS}
MIB_IN_KB = 1024
_BY_LINES = {
    "GET": ("bare32", "get32", "ids32", "heavy32"),
    "POST 2 KiB": ("barepost32", "post32", "idspost32", "heavypost32"),
    "GET over TLS": ("baretls32", "tls32", "idstls32"),
    "POST 2 KiB over TLS": ("tlspost32", "idstlspost32"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured in one scenario."""

    title: str
    unit: str
    scenario: str
    value: Value


def cpu_us(run: Run) -> float | None:
    """Microseconds of CPU time for each request that was answered."""
    return 1e6 * run.cpu_seconds / run.requests if run.cpu_seconds else None


def cpu_ms_per_mib(scenario: Scenario) -> Value:
    """Milliseconds of CPU time for each MiB of body."""
    return lambda run: (
        1e3 * run.cpu_seconds / (run.requests * scenario.megabytes) if run.cpu_seconds else None
    )


def added_p50(results: Results) -> Value:
    """Subtract what is there without a proxy from the median latency: microseconds."""
    zero = results.by_round("direct", "get1", lambda run: run.p50_us)
    return lambda run: run.p50_us - zero[run.round] if run.round in zero else None


def written_kib(run: Run) -> float | None:
    """KiB written to the disk for each request."""
    return run.written / run.requests / KIB if run.written else None


def over_a_sync(results: Results) -> Value:
    """Subtract the median latency without a ledger, and a bare sync of the disk: milliseconds."""
    without = results.by_round("ours", "post1", lambda run: run.p50_us)
    return lambda run: (
        (run.p50_us - without[run.round] - run.sync_us) / 1e3
        if run.sync_us and run.round in without
        else None
    )


def figures(results: Results) -> list[Figure]:
    """List the figures that these results hold anything for."""
    return _measured(results, _all(results))


def by_lines(results: Results) -> list[Figure]:
    """List the figures that show what field lines cost: the same load with few and with many."""
    return _measured(
        results,
        (
            Figure(f"CPU per request, {kind}, {TITLES[name].lines}", "µs", name, cpu_us)
            for kind, names in _BY_LINES.items()
            for name in names
        ),
    )


def _measured(results: Results, wanted: Iterable[Figure]) -> list[Figure]:
    present = {run.scenario for run in results.runs if run.requests}
    return [figure for figure in wanted if figure.scenario in present]


def _all(results: Results) -> Iterator[Figure]:
    for name in ("get1", "get32", "get512", "post32", "tls32", "tlspost32", "get10k"):
        yield Figure(f"CPU per request, {TITLES[name].title}", "µs", name, cpu_us)
    for name in ("post8", "post1"):
        yield Figure(f"CPU per request, {TITLES[name].title}", "µs", name, cpu_us)
    for name in ("get1m", "post1m", "tls1m", "tls1m32", "down1g", "up1g"):
        scenario = TITLES[name]
        yield Figure(f"CPU per MiB, {scenario.title}", "ms", name, cpu_ms_per_mib(scenario))
    yield Figure("Added p50, 1 connection", "µs", "get1", added_p50(results))
    yield Figure(f"p50, {TITLES['post1'].title}", "µs", "post1", lambda run: run.p50_us)
    yield Figure(f"Written per request, {TITLES['post1'].title}", "KiB", "post1", written_kib)
    for name in ("get1", "get32", "get512", "post32", "tls32", "tlspost32"):
        yield Figure(f"p99, {TITLES[name].title}", "ms", name, lambda run: run.p99_us / 1e3)
    for name in ("get32", "get512", "post32", "tls32", "tlspost32"):
        title = f"Requests, {TITLES[name].title}"
        yield Figure(title, "/s", name, lambda run: run.requests / run.seconds)
    for name in ("down1g", "up1g"):
        title = f"Speed, {TITLES[name].title}"
        yield Figure(title, "MiB/s", name, lambda run: 1024 / run.seconds)
    for name in ("get512", "down1g", "up1g"):
        yield Figure(f"Peak memory, {TITLES[name].title}", "MiB", name, _peak_mib)
    yield Figure("Start to first answer", "ms", "start", lambda run: 1e3 * run.seconds)
    yield Figure("Memory after one answer", "MiB", "start", lambda run: run.idle_kb / MIB_IN_KB)


def _peak_mib(run: Run) -> float | None:
    return run.peak_kb / MIB_IN_KB if run.peak_kb else None


def number(value: float | None) -> str:
    """Write a figure with as many digits as it deserves."""
    if value is None:
        return "–"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
