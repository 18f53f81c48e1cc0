"""One exchange that is over, as the journal keeps it: plain values, masked, nothing else."""

import sys
from dataclasses import dataclass
from itertools import chain

from proxy.journal.body import Content
from proxy.words import Phrase, Said

_LINE_WEIGHT = sys.getsizeof(("", "")) + 16  # a pair, and its place in the list
_PHRASE_WEIGHT = 256  # beside its words: the object and the table of its values

Shown = tuple[tuple[str, str], ...]
"""Field lines as they are shown."""


@dataclass(frozen=True, slots=True)
class ShownAttempt:
    """One request as it went to the upstream, and the head of its answer."""

    line: str
    lines: Shown
    status: int | None
    answer_lines: Shown


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the time of an exchange, in seconds from its start."""

    name: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Trouble:
    """The reason of the failure, and the advice; ``kind`` is the party that caused it."""

    kind: str
    reason: str
    detail: Said
    next_step: Phrase
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One exchange that is over."""

    number: int
    id: str
    at: float
    method: str
    target: str
    version: str
    status: int | None
    seconds: float
    received: int
    sent: int
    left: bool
    note: Said
    replay_of: str
    caller: str
    uid: int | None
    request_lines: Shown
    request: Content
    answer_lines: Shown
    answer: Content
    attempts: tuple[ShownAttempt, ...]
    phases: tuple[Phase, ...]
    trouble: Trouble | None
    outcome: str = ""
    kind: str = ""  # empty for exchanges of callers: see journal.beside
    repeat_of: int | None = None  # the ledger's row that it repeats

    @property
    def replayed(self) -> bool:
        """Whether the request was sent again because of a 401."""
        return any(each.status == 401 for each in self.attempts[:-1])

    @property
    def upstream_seconds(self) -> float:
        """The upstream's and the network's share of the time."""
        ours = ("guard", "ledger", "token", "renewal", "pool")
        return sum(phase.end - phase.start for phase in self.phases if phase.name not in ours)

    @property
    def weight(self) -> int:
        """Bytes of memory, roughly."""
        lines = [*self.request_lines, *self.answer_lines]
        for attempt in self.attempts:
            lines += (*attempt.lines, *attempt.answer_lines)
        texts = [self.target, *(each.line for each in self.attempts), *chain(*lines)]
        texts.append(str(self.note))
        if self.trouble:
            texts += (str(self.trouble.detail), str(self.trouble.next_step))
        held = sum(map(sys.getsizeof, texts)) + len(lines) * _LINE_WEIGHT
        if self.trouble:
            held += 2 * _PHRASE_WEIGHT
        return held + self.request.weight + self.answer.weight + 2112
