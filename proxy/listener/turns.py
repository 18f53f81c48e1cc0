"""A share of each turn of the event loop, for what takes milliseconds and thousands may want."""

import asyncio
import time
from collections import deque
from collections.abc import Callable


class Turns:
    """Carries out steps in their order, until their share of a turn is over; then others have one.

    ``share`` is in seconds: with none each turn has one step.
    """

    def __init__(self, share: float = 0.0, now: Callable[[], float] = time.perf_counter) -> None:
        self._share = share
        self._now = now
        self._over_at: float | None = None  # in this turn; None: nothing has been asked for in it
        self._first: list[Callable[[], None]] = []
        self._others: deque[Callable[[], None]] = deque()

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

    def take(self, step: Callable[[], None], *, first: bool = False) -> None:
        """Carry out ``step`` when those before it are done, and not before this returns.

        With ``first`` it goes before all that wait now; but each turn has one of the others, too.
        """
        if first:
            self._first.append(step)
        else:
            self._others.append(step)
        if self._over_at is None:
            self._begin()

    def _begin(self) -> float:
        self._over_at = over_at = self._now() + self._share
        asyncio.get_running_loop().call_soon(self._next)
        return over_at

    def _next(self) -> None:
        self._over_at = None
        if not (self._first or self._others):
            return
        over_at = self._begin()  # before a step, which may fail
        while self._first:
            self._first.pop()()
            if self._now() >= over_at:
                break
        while self._others:
            self._others.popleft()()
            if self._now() >= over_at:
                break
