"""What a benchmark gave, as a file and as medians."""

import json
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.model import Run

FOLDER = Path(__file__).parent / "results"
Value = Callable[[Run], float | None]


@dataclass(slots=True)
class Results:
    """All runs, and what is needed to understand them."""

    made: str
    machine: dict[str, str]
    contenders: dict[str, dict[str, str]]  # name: label, version, setup
    rounds: int = 0
    kind: str = "full"  # or "quick", or "part": only some contenders or scenarios
    notes: list[str] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    def by_round(self, contender: str, scenario: str, value: Value) -> dict[int, float]:
        """Give the value of each round in which there is one."""
        found = {}
        for run in self.runs:
            if run.contender == contender and run.scenario == scenario and run.requests:
                number = value(run)
                if number is not None:
                    found[run.round] = number
        return found

    def median(self, contender: str, scenario: str, value: Value) -> float | None:
        """Give the median over the rounds, or None without any."""
        return median(self.by_round(contender, scenario, value))

    def ratio(self, contender: str, to: str, scenario: str, value: Value) -> float | None:
        """Give the median of the ratios within each round: what disturbs both cancels out."""
        ours = self.by_round(contender, scenario, value)
        theirs = self.by_round(to, scenario, value)
        pairs = {r: ours[r] / theirs[r] for r in ours.keys() & theirs.keys() if theirs[r] > 0}
        return median(pairs)

    def errors(self, contender: str, scenario: str) -> dict[str, int]:
        """Add up what went wrong over the rounds."""
        total: dict[str, int] = {}
        for run in self.runs:
            if run.contender == contender and run.scenario == scenario:
                for name, count in run.errors.items():
                    total[name] = total.get(name, 0) + count
        return total


def median(values: dict[int, float]) -> float | None:
    """Give the median of what the rounds gave, or None if they gave nothing."""
    return statistics.median(values.values()) if values else None


def save(results: Results, folder: Path = FOLDER) -> Path:
    """Write the results under their moment and kind."""
    folder.mkdir(parents=True, exist_ok=True)
    moment = results.made.replace(":", "").replace("-", "")[:15]
    path = folder / f"{moment}-{results.kind}.json"
    path.write_text(json.dumps(asdict(results), indent=1) + "\n")
    return path


def load(path: Path) -> Results:
    """Read results back."""
    raw: dict[str, Any] = json.loads(path.read_text())
    raw["runs"] = [Run(**run) for run in raw["runs"]]
    return Results(**raw)


def latest(folder: Path = FOLDER) -> Path | None:
    """Name the newest file of a full run: parts of one are not for the page."""
    return max(folder.glob("*-full.json"), default=None)
