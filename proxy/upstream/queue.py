"""Those who wait for a connection, and the order in which they are served.

Requests that may change something go first: payments do not wait behind answers that strangers ask
for, and do not read.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator
from typing import Final, Generic, NamedTuple, TypeVar

_T = TypeVar("_T")

FAIR: Final = 64  # waiters, or a quarter of the number of connections, are served in their order
FACTOR: Final = 8  # at most this many times the number of connections may wait


class Waiter(NamedTuple, Generic[_T]):
    """A place in the queue, until ``deadline`` (of the loop's time)."""

    deadline: float
    future: asyncio.Future[_T]
    first: bool


class Queue(Generic[_T]):
    """Waits for some of ``connections``."""

    def __init__(self, connections: int) -> None:
        self._fair = max(FAIR, connections // 4)
        self._most = FACTOR * connections
        self._first: deque[Waiter[_T]] = deque()
        self._others: deque[Waiter[_T]] = deque()

    def __len__(self) -> int:
        return len(self._first) + len(self._others)

    @property
    def full(self) -> bool:
        """Whether nobody else may wait."""
        return len(self) >= self._most

    def join(self, place: Waiter[_T]) -> None:
        """Wait behind the others."""
        self._of(place).append(place)

    def rejoin(self, place: Waiter[_T]) -> None:
        """Wait before the others: it was its turn already."""
        self._of(place).appendleft(place)

    def leave(self, place: Waiter[_T]) -> None:
        """Wait no more."""
        with contextlib.suppress(ValueError):
            self._of(place).remove(place)

    def next(self) -> asyncio.Future[_T] | None:
        """Take the next one out who still waits; None if nobody does."""
        for queue in (self._first, self._others):
            while queue:
                # With so many waiting, the first would give up before all others had their turn.
                newest = len(queue) > self._fair
                future = (queue.pop() if newest else queue.popleft()).future
                if not future.done():
                    return future
        return None

    def late(self, now: float) -> Iterator[asyncio.Future[_T]]:
        """Take out those whose time is over."""
        for queue in (self._first, self._others):
            while queue and queue[0].deadline < now:
                future = queue.popleft().future
                if not future.done():
                    yield future

    def _of(self, place: Waiter[_T]) -> deque[Waiter[_T]]:
        return self._first if place.first else self._others
