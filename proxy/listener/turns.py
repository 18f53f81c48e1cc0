"""A share of each turn of the event loop, for steps of milliseconds that thousands may want."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sized


class Deferred:
    """A step that waits for its turn; cancelled, it keeps nothing alive."""

    __slots__ = ("run",)

    def __init__(self, run: Callable[[], None]) -> None:
        self.run: Callable[[], None] | None = run

    def cancel(self) -> None:
        """Wait no more."""
        self.run = None


class Turns:
    """Carries out steps in their order, until their share of a turn is over; then others have one.

    ``share`` is in seconds: with none each turn has one step.
    """

    def __init__(self, share: float = 0.0, now: Callable[[], float] = time.perf_counter) -> None:
        self._share = share
        self._now = now
        self._over_at: float | None = None  # in this turn; None: nothing has been asked for in it
        self._first: list[Deferred] = []
        self._others: deque[Deferred] = deque()

    def has_time(self) -> bool:
        """Report whether a step may be carried out at once: none waits, and the share is not over.

        The share begins with the first who asks. What others do meanwhile counts as well.
        """
        if self._first or self._others:
            return False
        if self._over_at is None:
            self._begin()
            return True
        return self._now() < self._over_at

    def take(self, run: Callable[[], None], *, first: bool = False) -> Deferred:
        """Call ``run`` when those before it are done, and not before this returns.

        With ``first`` it goes before all that wait now; but each turn has one of the others, too.
        """
        step = Deferred(run)
        if first:
            self._first.append(step)
        else:
            self._others.append(step)
        if self._over_at is None:
            self._begin()
        return step

    def _begin(self) -> float:
        self._over_at = over_at = self._now() + self._share
        asyncio.get_running_loop().call_soon(self._next)
        return over_at

    def _next(self) -> None:
        self._over_at = None
        if not (self._first or self._others):
            return
        over_at = self._begin()  # before a step, which may fail
        self._until(over_at, self._first, self._first.pop)
        self._until(over_at, self._others, self._others.popleft)

    def _until(self, over_at: float, waiting: Sized, pop: Callable[[], Deferred]) -> None:
        while waiting:
            run = pop().run
            if run is not None:
                run()
                if self._now() >= over_at:
                    break
