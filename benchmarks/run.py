"""A benchmark from start to end: contenders interleaved, round after round."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks import machine, probe
from benchmarks.fleet import Fleet
from benchmarks.measure import measure
from benchmarks.model import Contender, Scenario
from benchmarks.progress import Progress
from benchmarks.results import Results
from benchmarks.scenarios import takes_part


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how often."""

    rounds: int
    slow_rounds: int  # for contenders whose ratios leave no doubt
    budget: float  # seconds; no run begins after them
    slow_scenarios: frozenset[str] | None = None  # None: all
    kind: str = "full"


FULL = Plan(rounds=5, slow_rounds=1, budget=900)
QUICK = Plan(
    rounds=2, slow_rounds=1, budget=95, slow_scenarios=frozenset({"get32", "start"}), kind="quick"
)


def run(
    plan: Plan, contenders: Sequence[Contender], scenarios: Sequence[Scenario], progress: Progress
) -> Results:
    """Measure, within the plan's budget, and return all there is even if it is cut short."""
    deadline = time.monotonic() + plan.budget
    results = Results(
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=machine.describe(),
        contenders={c.name: describe(c) for c in contenders},
        kind=plan.kind,
    )
    with Fleet() as fleet:
        able = ready(fleet, contenders, scenarios, progress)
        results.notes += [f"{name} did not start: {why}" for name, why in fleet.failed.items()]
        results.notes += verify(fleet, able, scenarios, progress)
        for turn, contender, scenario in steps(plan, able, scenarios):
            if time.monotonic() > deadline:
                results.notes.append(f"stopped in round {turn + 1}: the time was up")
                break
            progress.show(f"round {turn + 1}, {scenario.title}", contender.label)
            results.runs.append(measure(fleet, contender, scenario, turn))
            results.rounds = turn + 1
        results.notes += verify(fleet, able, scenarios, progress)
    return results


def ready(
    fleet: Fleet, contenders: Sequence[Contender], scenarios: Sequence[Scenario], show: Progress
) -> list[Contender]:
    """Start all, and name those that work."""
    show.show("starting everything")
    fleet.start_all(contenders, tls=False)
    if any(scenario.tls for scenario in scenarios):
        fleet.start_all([c for c in contenders if c.forwards], tls=True)
    return [c for c in contenders if c.name not in fleet.failed]


def verify(
    fleet: Fleet, contenders: Sequence[Contender], scenarios: Sequence[Scenario], show: Progress
) -> list[str]:
    """Compare one answer of each contender to each load, byte for byte."""
    show.show("checking answers")
    complaints = []
    for contender in contenders:
        for scenario in scenarios:
            if scenario.kind != "load" or contender.command is None:
                continue
            if takes_part(contender, scenario):
                port = fleet.port(contender, tls=scenario.tls)
                if complaint := probe.wrong(contender, scenario, port):
                    complaints.append(f"{contender.name}, {scenario.name}: {complaint}")
    return complaints


def steps(
    plan: Plan, contenders: Sequence[Contender], scenarios: Sequence[Scenario]
) -> Iterator[tuple[int, Contender, Scenario]]:
    """Interleave: in each round everyone meets each load, in an order that turns."""
    for turn in range(plan.rounds):
        for scenario in scenarios:
            shift = turn % max(len(contenders), 1)
            for contender in [*contenders[shift:], *contenders[:shift]]:
                if takes_part(contender, scenario) and _due(plan, contender, scenario, turn):
                    yield turn, contender, scenario


def describe(contender: Contender) -> dict[str, str]:
    """Say what was measured."""
    return {
        "label": contender.label,
        "version": contender.version(),
        "setup": contender.setup,
    }


def complete(results: Results) -> bool:
    """Report whether everyone took part and answered in every run."""
    taken = {run.contender for run in results.runs}
    return taken == results.contenders.keys() and all(run.requests for run in results.runs)


def _due(plan: Plan, contender: Contender, scenario: Scenario, turn: int) -> bool:
    if scenario.kind != "load" and turn >= (plan.rounds + 1) // 2:
        return False
    if not contender.slow:
        return True
    wanted = plan.slow_scenarios is None or scenario.name in plan.slow_scenarios
    return wanted and turn < plan.slow_rounds
