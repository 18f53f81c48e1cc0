"""The connections to one origin: a list to pop from, and a fair, bounded queue when all are busy.

Invariants: ``len(connections) + opening <= limits.connections``; a connection is in ``idle`` or
lent to exactly one exchange; whoever acquires one gives it back with `release`, whatever happens.
One coarse timer serves all time-outs; it stops when there is nothing to watch.
"""

import asyncio
import math
from collections import deque
from dataclasses import dataclass

from proxy.errors import PoolFull
from proxy.upstream.connection import Connection
from proxy.upstream.connector import Connector

SWEEP = 0.25
# Connections idle for longer are closed: most servers close theirs after 60 s or more.
IDLE_LIMIT = 30.0
# A request that must not be sent twice goes out only on a connection used this recently: servers
# that close idle connections early do so after 5 s or more, and a request that crosses such a
# close has an unknown outcome.
FRESH = 4.0


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How many connections, and how long anything may take (seconds)."""

    connections: int = 512
    queue_timeout: float = 10.0
    read_timeout: float = 60.0
    write_timeout: float = 60.0


class Pool:
    """Lends connections to one origin."""

    def __init__(self, connector: Connector, limits: PoolLimits) -> None:
        self._connector = connector
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._all: set[Connection] = set()
        self._idle: list[Connection] = []
        self._opening = 0
        self._queue: deque[tuple[float, asyncio.Future[Connection | None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self.opened = 0

    def take(self, within: float = math.inf) -> Connection | None:
        """Return an idle connection used within the last ``within`` seconds, without waiting."""
        idle = self._idle
        while idle:
            if within is not math.inf and self._loop.time() - idle[-1].idle_since > within:
                return None
            connection = idle.pop()
            if not connection.transport.is_closing():
                return connection
        return None

    async def acquire(self, within: float = math.inf) -> Connection:
        """Return an idle or a new connection; raise PoolFull or what the connector raises."""
        connection = self.take(within)
        if connection is not None:
            return connection
        if self._size >= self._limits.connections and self._idle:
            self._idle.pop(0).abort()  # all idle ones are too old: make room for a fresh one
        if self._size < self._limits.connections:
            self._opening += 1
            return await self._open()
        return await self._wait()

    def release(self, connection: Connection) -> None:
        """Take a connection back after an exchange, however that ended."""
        if not connection.reusable:
            connection.abort()
            if connection.lost:
                self._gone(connection)
            return
        if connection.exchanges == 1:
            self._connector.remember(connection)
        connection.rest(self._loop.time())
        waiter = self._next_waiter()
        if waiter is not None:
            waiter.set_result(connection)
        else:
            self._idle.append(connection)

    async def aclose(self) -> None:
        """Close all connections and refuse those who wait."""
        while (waiter := self._next_waiter()) is not None:
            waiter.set_exception(PoolFull("the proxy is shutting down"))
        for connection in list(self._all):
            connection.abort()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        await asyncio.sleep(0)

    @property
    def counts(self) -> dict[str, int]:
        """Return how many connections are idle, busy and opening, and how many callers wait."""
        idle = len(self._idle)
        return {
            "idle": idle,
            "busy": len(self._all) - idle,
            "opening": self._opening,
            "waiting": len(self._queue),
        }

    @property
    def _size(self) -> int:
        return len(self._all) + self._opening

    async def _open(self) -> Connection:
        """Open a connection in a slot that is already counted in ``_opening``."""
        try:
            connection = await self._connector.open(self._make)
        except BaseException:
            self._opening -= 1
            self._hand_on_slot()
            raise
        self._opening -= 1
        self._all.add(connection)
        self.opened += 1
        self._watch()
        return connection

    def _make(self) -> Connection:
        limits = self._limits
        return Connection(self._loop, limits.read_timeout, limits.write_timeout, self._gone)

    async def _wait(self) -> Connection:
        limits = self._limits
        if len(self._queue) >= 8 * limits.connections:
            raise PoolFull(f"{len(self._queue)} requests wait for {limits.connections} connections")
        waiter: asyncio.Future[Connection | None] = self._loop.create_future()
        self._queue.append((self._loop.time() + limits.queue_timeout, waiter))
        self._watch()
        try:
            connection = await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._return_unused(waiter.result())
            raise
        return connection if connection is not None else await self._open()

    def _return_unused(self, connection: Connection | None) -> None:
        """Pass on what a caller was given in the moment it left."""
        if connection is None:
            self._opening -= 1
            self._hand_on_slot()
            return
        waiter = self._next_waiter()
        if waiter is not None:
            waiter.set_result(connection)
        elif not connection.transport.is_closing():
            self._idle.append(connection)

    def _next_waiter(self) -> asyncio.Future[Connection | None] | None:
        while self._queue:
            waiter = self._queue.popleft()[1]
            if not waiter.done():
                return waiter
        return None

    def _hand_on_slot(self) -> None:
        """Let the next in the queue open a connection of its own."""
        if self._size < self._limits.connections:
            waiter = self._next_waiter()
            if waiter is not None:
                self._opening += 1
                waiter.set_result(None)

    def _gone(self, connection: Connection) -> None:
        if connection not in self._all:
            return  # lost before it was lent for the first time: `begin` will tell
        self._all.discard(connection)
        if not connection.busy and connection in self._idle:
            self._idle.remove(connection)
        self._hand_on_slot()

    def _watch(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(SWEEP, self._sweep)

    def _sweep(self) -> None:
        self._timer = None
        now = self._loop.time()
        for connection in list(self._all):
            if connection.busy:
                connection.sweep(now)
            elif now - connection.idle_since > IDLE_LIMIT:
                connection.abort()
        while self._queue and (self._queue[0][1].done() or self._queue[0][0] < now):
            waiter = self._queue.popleft()[1]
            if not waiter.done():
                waiter.set_exception(
                    PoolFull(f"no connection became free in {self._limits.queue_timeout:g} s")
                )
        if self._all or self._queue:
            self._watch()

    def __repr__(self) -> str:
        counts = ", ".join(f"{number} {state}" for state, number in self.counts.items())
        return f"<Pool of {self._connector.origin}: {counts}>"
