"""Everything that a control may change while the simulator runs, bar the API's own state."""

from collections import Counter, deque
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from random import Random

from starlette.types import Scope

from simulator.answers import TRACE
from simulator.config import SandboxConfig
from simulator.faults import Fault
from simulator.latency import Latency

_REMEMBERED = 4096
_SHOWN = 200  # faults
_METHODS = ("*", "GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS")


@dataclass(slots=True)
class Planned:
    """A fault for the requests that match, until it has happened often enough."""

    fault: Fault
    text: str
    match: str
    happened: int = 0

    def meets(self, target: str) -> bool:
        """Report whether the fault is for this request: ``POST /v1/payments*``."""
        return fnmatchcase(target, self.match) and self.left

    @property
    def left(self) -> bool:
        """Report whether it is still to happen."""
        return self.fault.times is None or self.happened < self.fault.times


def _target(match: str) -> str:
    """Read ``METHOD /path``, or a path alone; raise ValueError for what no request can match."""
    method, _, path = match.rpartition(" ")
    if match == "*" or (not method and path.startswith(("/", "*"))):
        return match if match == "*" else f"* {path}"
    if method not in _METHODS or not path.startswith(("/", "*")):
        raise ValueError(f"{match!r} matches no request: write METHOD /path, * for anything")
    return match


@dataclass(frozen=True, slots=True)
class Seen:
    """One past exchange, without its query: keys in there are personal."""

    moment: float
    method: str
    path: str
    status: int
    fault: str
    trace_id: str = ""


@dataclass(slots=True)
class Behaviour:
    """Latency, chance and planned faults; its random numbers are not those that make ids."""

    config: SandboxConfig
    latency: str = field(init=False)
    error_rate: float = field(init=False)
    error_status: int = field(init=False)
    random: Random = field(init=False)
    planned: list[Planned] = field(default_factory=list)
    spent: Counter[str] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)
    journal: deque[Seen] = field(default_factory=lambda: deque(maxlen=50))

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Go back to the behaviour of the start."""
        config = self.config
        self.latency, self.error_rate = config.latency, config.error_rate
        self.error_status = config.error_status
        self.random = Random(f"behaviour of {config.seed}") if config.seed is not None else Random()
        self.planned, self.spent, self.received = [], Counter(), Counter()
        self.journal.clear()
        if config.fault is not None:
            self.plan(config.fault, "*")

    def plan(self, text: str, match: str) -> Planned:
        """Let a fault happen to the requests that match; raise ValueError if it is none."""
        planned = Planned(Fault.parse(text), text, _target(match))
        # those that have happened often enough stay for a while: a test asks whether they were used
        self.planned = [*self.planned, planned][-_SHOWN:]
        return planned

    def saw(self, moment: float, scope: Scope, status: int, fault: str) -> None:
        """Note an exchange in the journal."""
        seen = Seen(moment, scope["method"], scope["path"], status, fault, scope.get(TRACE, ""))
        self.journal.append(seen)

    def pause(self) -> float:
        """Draw the seconds that this request takes longer."""
        return Latency.parse(self.latency).draw(self.random)

    def fault_for(self, target: str, spelled: str | None) -> Fault | None:
        """Count a request, and return its faults.

        The request's own faults come first, then planned ones, then random ones.
        """
        if len(self.received) < _REMEMBERED or target in self.received:
            self.received[target] += 1
        if spelled is not None:
            return self._own(spelled, target)
        for planned in self.planned:
            if planned.meets(target):
                planned.happened += 1
                return planned.fault
        if self.error_rate and self.random.random() < self.error_rate:
            return Fault(status=self.error_status)
        return None

    def _own(self, spelled: str, target: str) -> Fault | None:
        fault = Fault.parse(spelled)
        if fault.times is None:
            return fault
        mark = f"{target} {spelled}"
        if self.spent[mark] >= fault.times:
            return None
        if len(self.spent) >= _REMEMBERED:
            self.spent.clear()
        self.spent[mark] += 1
        return fault
