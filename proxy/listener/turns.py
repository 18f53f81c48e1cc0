"""A share of each turn of the event loop, for steps of milliseconds that thousands may want."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sized
from typing import Final

URGENT: Final = "urgent"
SOON: Final = "soon"
LATER: Final = "later"


class Deferred:
    """A step that waits for its turn; cancelled, it keeps nothing alive."""

    __slots__ = ("run",)

    def __init__(self, run: Callable[[], None]) -> None:
        self.run: Callable[[], None] | None = run

    def cancel(self) -> None:
        """Wait no more."""
        self.run = None


class Turns:
    """Carries out steps until their share of a turn is over; then others have one.

    The newest urgent step goes first, then the newest of those that are wanted soon, then the rest
    in their order; but each turn has one of each. ``share`` is in seconds: with none, no more.
    """

    def __init__(self, share: float = 0.0, now: Callable[[], float] = time.perf_counter) -> None:
        self._share = share
        self._now = now
        self._begun = False  # something has been asked for in this turn
        self._over_at = 0.0
        self._urgent: list[Deferred] = []
        self._soon: list[Deferred] = []
        self._later: deque[Deferred] = deque()

    def has_time(self) -> bool:
        """Report whether a step may be carried out at once: none waits, and the share is not over.

        The share begins with the first who asks. What others do meanwhile counts as well.
        """
        if self._waiting:
            return False
        if not self._begun:
            self._begin()
            return True
        return self._now() < self._over_at

    def spend(self, seconds: float) -> None:
        """Let the share be over sooner: the step that runs has begun what will take so long."""
        self._over_at -= seconds

    def take(self, run: Callable[[], None], when: str = LATER) -> Deferred:
        """Call ``run`` when those before it are done, and not before this returns."""
        step = Deferred(run)
        if when is URGENT:
            self._urgent.append(step)
        elif when is SOON:
            self._soon.append(step)
        else:
            self._later.append(step)
        if not self._begun:
            self._begin()
        return step

    @property
    def _waiting(self) -> bool:
        return bool(self._urgent or self._soon or self._later)

    def _begin(self) -> None:
        self._begun, self._over_at = True, self._now() + self._share
        asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        self._begun = False
        if not self._waiting:
            return
        self._begin()  # before a step, which may fail
        self._until_over(self._urgent, self._urgent.pop)
        self._until_over(self._soon, self._soon.pop)
        self._until_over(self._later, self._later.popleft)

    def _until_over(self, waiting: Sized, pop: Callable[[], Deferred]) -> None:
        while waiting:
            run = pop().run
            if run is not None:
                run()
                if self._now() >= self._over_at:
                    break
