"""Everything that is installed starts and answers rightly; no time is judged."""

from collections.abc import Sequence

from benchmarks import scenarios
from benchmarks.fleet import Fleet
from benchmarks.measure import measure
from benchmarks.model import Contender
from benchmarks.progress import Progress
from benchmarks.run import ready, verify

LOADED = ("get32", "post32")


def smoke(contenders: Sequence[Contender], progress: Progress) -> list[str]:
    """Return what is wrong."""
    loads = [scenario for scenario in scenarios.ALL if scenario.kind == "load"]
    with Fleet() as fleet:
        able = ready(fleet, contenders, loads, progress)
        wrong = [f"{name} did not start: {why}" for name, why in fleet.failed.items()]
        wrong += verify(fleet, able, loads, progress)
        for scenario in (s for s in loads if s.name in LOADED):
            progress.show(f"a second of {scenario.title}")
            for contender in able:
                if not contender.slow and scenarios.takes_part(contender, scenario):
                    run = measure(fleet, contender, scenario, 0)
                    if run.errors or not run.requests:
                        wrong.append(
                            f"{contender.name}, {scenario.name}: {run.errors or 'silence'}"
                        )
    return wrong
