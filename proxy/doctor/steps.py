"""The steps of an examination: the finding, the duration and the advice of each."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from proxy.words import Phrase, Said, phrase

Work = Callable[[], Awaitable["Finding"]]
SWALLOWED = phrase("check.swallowed")


class Outcome(StrEnum):
    """The result of a step."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """A step's finding: in words, as rows for people and as facts for programs. Never a secret.

    ``advice`` are the next things to do, for all but the good outcomes; ``rows`` are labels with
    their values. A ``suspect`` finding may be the reason why a later step fails.
    """

    outcome: Outcome
    says: Said
    advice: Sequence[Said] = ()
    rows: Sequence[tuple[Said, Said]] = ()
    facts: Mapping[str, object] = field(default_factory=dict)
    suspect: bool = False


def fine(says: Said, **facts: object) -> Finding:
    """Return a good finding."""
    return Finding(Outcome.OK, says, facts=facts)


def doubtful(says: Said, *advice: Said, **facts: object) -> Finding:
    """Return a finding that lets the proxy work, but not well."""
    return Finding(Outcome.WARNING, says, advice, facts=facts)


def suspect(says: Said, *advice: Said, **facts: object) -> Finding:
    """Return a finding that may be the reason why a later step fails."""
    return Finding(Outcome.WARNING, says, advice, facts=facts, suspect=True)


def failed(says: Said, *advice: Said, **facts: object) -> Finding:
    """Return a finding that keeps the proxy from working."""
    return Finding(Outcome.FAILED, says, advice, facts=facts)


@dataclass(frozen=True, slots=True)
class Topic:
    """The heading of some steps, and their subject."""

    name: Phrase
    subject: Said = ""

    def __str__(self) -> str:
        return f"{self.name} {self.subject}".rstrip()


@dataclass(slots=True, eq=False)
class Step:
    """One step: ``topic`` is the heading that it stands under.

    ``late`` is the advice if it does not end in time.
    """

    topic: Topic
    name: str
    title: Phrase
    late: Sequence[Said]
    finding: Finding | None = None
    seconds: float = 0.0
    running: bool = False


class Chart:
    """All steps in the order in which they are shown; they may end in another order."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._started = time.perf_counter()
        self._limit = 60.0
        self.steps: list[Step] = []

    def add(self, topic: Topic, name: str, title: Phrase, *late: Said) -> Step:
        """Add a step that is still to be taken."""
        step = Step(topic, name, title, late or (SWALLOWED,))
        self.steps.append(step)
        return step

    def bound(self, seconds: float) -> None:
        """Let no step end later than ``seconds`` from the start."""
        self._limit = seconds

    @property
    def seconds(self) -> float:
        """The seconds that it has taken so far."""
        return time.perf_counter() - self._started

    @property
    def failed(self) -> list[Step]:
        """The steps that failed."""
        return [s for s in self.steps if s.finding and s.finding.outcome is Outcome.FAILED]

    @property
    def start(self) -> Step:
        """The step to look at first if one failed: the first one that failed or is suspect."""
        return next(s for s in self.steps if s in self.failed or (s.finding and s.finding.suspect))

    def settle(self, step: Step, finding: Finding) -> bool:
        """Note the end of a step; report whether those that need it can be taken."""
        step.finding, step.running = finding, False
        self._changed()
        return finding.outcome in (Outcome.OK, Outcome.WARNING)

    def skip(self, *steps: Step, why: Phrase) -> None:
        """Note that steps cannot be taken."""
        for step in steps:
            self.settle(step, Finding(Outcome.SKIPPED, phrase("check.skipped", why=why)))

    async def take(self, step: Step, work: Work, limit: float) -> bool:
        """Take a step within ``limit`` seconds; report whether those that need it can be taken."""
        step.running = True
        started = time.perf_counter()
        allowed = max(0.5, min(limit, self._limit - self.seconds))
        try:
            async with asyncio.timeout(allowed):
                finding = await work()
        except TimeoutError:
            finding = failed(phrase("check.late", span=float(f"{allowed:.3g}")), *step.late)
        step.seconds = time.perf_counter() - started
        return self.settle(step, finding)
