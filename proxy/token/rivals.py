"""Detects that another proxy or program with the same credentials ends our tokens.

It is not documented whether a new token of a client ends the older ones. If it does, two programs
that fetch tokens end each other's for ever. The sign is a young token that meets a 401 and whose
successor does not: once, that may be chance; `ENOUGH` times within `WINDOW`, it is a rival.
"""

from collections import deque
from collections.abc import Callable

from proxy.clock import Clock
from proxy.words import Phrase, phrase

ENOUGH = 3  # times
WINDOW = 600.0  # seconds
SPACING = 2.0  # seconds between two fetches while rivals are about, give or take a quarter


class Rivals:
    """Counts tokens that were ended before their time (seconds of ``clock``)."""

    def __init__(self, clock: Clock, chance: Callable[[], float]) -> None:
        self._clock = clock
        self._chance = chance
        self._suspected = False
        self._times: deque[float] = deque(maxlen=ENOUGH)
        self.evictions = 0
        """The number of our tokens that others ended since the start."""

    @property
    def named(self) -> bool:
        """Whether tokens were ended early often enough within the window."""
        return self.recent >= ENOUGH

    @property
    def recent(self) -> int:
        """How often a token was ended early within the window, up to `ENOUGH`."""
        now = self._clock()
        return sum(now - moment < WINDOW for moment in self._times)

    @property
    def words(self) -> Phrase | None:
        """The suspicion and the advice, for people; None while there is no suspicion."""
        return phrase("rivals", count=ENOUGH, spacing=SPACING) if self.named else None

    def spacing(self) -> float:
        """Return the seconds from one fetch to the next; jitter gives each rival its turn."""
        return SPACING * (0.75 + self._chance() / 2)

    def suspect(self, age: float, lifetime: float) -> None:
        """Note that a token of this age met a 401."""
        self._suspected = age < lifetime / 2

    def acquit(self) -> None:
        """Note that a replica of ours ended the token, by fetching the next one for all."""
        self._suspected = False

    def confirm(self) -> bool:
        """Note that the next token got no 401; report whether that first names rivals.

        An old token may end by itself: it proves nothing.
        """
        if not self._suspected:
            return False
        self._suspected = False
        before = self.named
        self.evictions += 1
        self._times.append(self._clock())
        return self.named and not before
