"""The connections to one origin: a list to pop from, and a fair, bounded queue when all are busy.

Invariants: ``len(connections) + opening <= limits.connections``; a connection is in ``idle`` or
lent to exactly one exchange; the code that acquires one always gives it back with `release`.
One coarse timer serves all time-outs, one looks for connections to free while somebody waits; each
stops when there is nothing to watch.
"""

import asyncio
from enum import Enum
from typing import Final, NamedTuple

from proxy.errors import ConnectionBroken, PoolFull
from proxy.http1.repeated_answers import RepeatedAnswers
from proxy.memory import Budget, Holder
from proxy.upstream.connection import Connection
from proxy.upstream.connector import Connector
from proxy.upstream.queue import Queue, Waiter
from proxy.words import phrase

SWEEP = 0.25  # seconds
RELIEF = 0.1  # seconds between two looks for answers that nobody reads, while others wait
# So many are ended at each look, and one for each payment that waits: with all, the answers and
# connections that take their place would need all the time that the upstream and we have.
RELIEVED = 32
FRESH_FOR: Final = 4.0
"""Seconds. Servers that close idle connections early do so after 5 s or more, and a request that
crosses such a close has an unknown outcome."""
_SHUTTING_DOWN = phrase("pool-closed")


class Wanted(Enum):
    """The kind of connection that may take a request."""

    ANY = "any"
    FRESH = "fresh"
    """An idle one that was used in the last `FRESH_FOR` seconds, or a new one."""
    NEW = "new"


ANY, FRESH, NEW = Wanted


class PoolLimits(NamedTuple):
    """The number of connections, and the time-outs (seconds)."""

    connections: int
    queue_timeout: float
    read_timeout: float
    write_timeout: float
    idle_timeout: float


class Pool:
    """Lends connections to one origin."""

    def __init__(
        self, connector: Connector, limits: PoolLimits, budget: Budget | None = None
    ) -> None:
        self._connector = connector
        self.budget = budget or Budget()
        self.budget.include(self._weigh)
        self._limits = limits
        self._heads = RepeatedAnswers()
        self._loop = asyncio.get_running_loop()
        self._all: set[Connection] = set()
        self._idle: list[Connection] = []
        self._opening = 0
        self._queue: Queue[Connection | None] = Queue(limits.connections)
        self._timer: asyncio.TimerHandle | None = None
        self._relief: asyncio.TimerHandle | None = None
        self._unread: list[Holder] = []  # callers that could free a connection at the last look
        self._closed = False
        self.opened = 0

    def take(self, wanted: Wanted = ANY) -> Connection | None:
        """Return a suitable idle connection, without waiting; None if there is none."""
        idle = self._idle
        while idle:
            if wanted is NEW:
                return None
            if wanted is FRESH and self._loop.time() - idle[-1].idle_since > FRESH_FOR:
                return None
            connection = idle.pop()
            if connection.transport.is_closing():
                continue
            if wanted is FRESH and connection.readable():
                connection.abort()
                continue
            return connection
        return None

    async def acquire(self, wanted: Wanted = ANY, *, first: bool = False) -> Connection:
        """Return an idle or a new connection; raise PoolFull or the connector's error.

        A caller that has to wait stands behind all others; with ``first``, only behind those that
        have set it as well. The connection is open when it is returned: use it before the next
        await.
        """
        connection = self.take(wanted)
        if connection is not None:
            return connection
        if self._closed:
            raise PoolFull(_SHUTTING_DOWN)
        if self._size >= self._limits.connections:
            if self._idle:
                self._idle.pop(0).abort()  # all idle ones are too old: make room for a fresh one
            return await self._wait(wanted, first=first)
        self._opening += 1
        return await self._open()

    def release(self, connection: Connection) -> None:
        """Take a connection back after an exchange, whether that succeeded or not."""
        if connection.exchanges == 1:
            self._connector.remember(connection)
        if connection.reusable:
            connection.rest(self._loop.time())
            self._lend(connection)
        else:
            connection.abort()  # its end, `_gone`, frees the slot

    async def aclose(self) -> None:
        """Close all connections, refuse those who wait, and open no more."""
        self._closed = True
        while (waiter := self._queue.next()) is not None:
            waiter.set_exception(PoolFull(_SHUTTING_DOWN))
        for connection in list(self._all):
            connection.abort()
        for timer in (self._timer, self._relief):
            if timer is not None:
                timer.cancel()
        self._timer = self._relief = None
        for _ in range(8):  # an egress proxy's TLS takes a few turns of the loop to close
            await asyncio.sleep(0)

    @property
    def counts(self) -> dict[str, int]:
        """Return the counts of idle, busy and opening connections, and of waiting callers."""
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
            if connection.transport.is_closing():
                raise ConnectionBroken(phrase("closed-at-once"))
            if self._closed:
                connection.abort()
                raise PoolFull(_SHUTTING_DOWN)
        except BaseException:
            self._opening -= 1
            self._hand_on_slot()
            raise
        self._opening -= 1
        self._all.add(connection)
        self.opened += 1
        self._watch()
        return connection

    def _weigh(self) -> tuple[int, int]:
        every = self._all
        return sum(each.bare for each in every), sum(each.weigh() for each in every)

    def _make(self) -> Connection:
        limits = self._limits
        return Connection(
            self._loop,
            limits.read_timeout,
            limits.write_timeout,
            self._gone,
            self.budget,
            self._heads,
        )

    # -- the queue -------------------------------------------------------------------------

    async def _wait(self, wanted: Wanted, *, first: bool) -> Connection:
        """Queue for a connection or for a slot to open one in.

        If its turn brings a kept-alive one, a `NEW` one is opened in its place.
        """
        limits = self._limits
        if self._queue.full:
            waiting = len(self._queue)
            raise PoolFull(phrase("pool-queue-full", waiting=waiting, most=limits.connections))
        deadline = self._loop.time() + limits.queue_timeout
        place = Waiter(deadline, self._loop.create_future(), first)
        self._queue.join(place)
        self._watch()
        if self._relief is None:
            self._relief = self._loop.call_later(RELIEF, self._relieve)
        if first:
            self._free(1)
        while True:
            connection = await self._turn(place)
            if connection is None:
                return await self._open()
            usable = not connection.transport.is_closing() and not connection.readable()
            if usable and wanted is not NEW:
                return connection
            connection.abort()
            # Its slot is not free yet, or the next in the queue may have it by now.
            if self._size < limits.connections:
                self._opening += 1
                return await self._open()
            place = Waiter(deadline, self._loop.create_future(), first)
            self._queue.rejoin(place)

    async def _turn(self, place: Waiter[Connection | None]) -> Connection | None:
        """Wait in the queue; return a connection, or None for a slot to open one in."""
        waiter = place.future
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.cancelled():
                self._queue.leave(place)
            elif waiter.exception() is None:  # it got something at the moment when it left
                connection = waiter.result()
                if connection is None:
                    self._opening -= 1
                    self._hand_on_slot()
                else:
                    self._lend(connection)
            raise

    def _lend(self, connection: Connection) -> None:
        """Give a resting connection to the next in the queue, or keep it."""
        if connection.transport.is_closing():
            return  # `_gone` frees its slot
        waiter = self._queue.next() if self._queue else None
        if waiter is not None:
            waiter.set_result(connection)
        else:
            self._idle.append(connection)

    def _hand_on_slot(self) -> None:
        """Let the next in the queue open a connection in the free slot."""
        waiter = self._queue.next()
        if waiter is not None:
            self._opening += 1
            waiter.set_result(None)

    def _gone(self, connection: Connection) -> None:
        """Forget a closed connection; the connection calls this, once."""
        if connection not in self._all:
            return  # closed before `_open` saw it
        self._all.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._hand_on_slot()

    # -- time ------------------------------------------------------------------------------

    def _watch(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(SWEEP, self._sweep)

    def _sweep(self) -> None:
        self._timer = None
        now = self._loop.time()
        for connection in list(self._all):
            if connection.busy:
                connection.sweep(now)
        while self._idle and now - self._idle[0].idle_since > self._limits.idle_timeout:
            self._idle.pop(0).abort()
        seconds = self._limits.queue_timeout
        for waiter in self._queue.late(now):
            waiter.set_exception(PoolFull(phrase("pool-timeout", seconds=seconds)))
        if self._all or self._queue:
            self._watch()

    def _relieve(self) -> None:
        """Free connections whose answers nobody reads, as long as others wait for one."""
        self._relief = None
        self._unread.clear()
        if self._queue:
            self._unread = self.budget.stalled(self._limits.connections // 2)
            self._free(RELIEVED)
            self._relief = self._loop.call_later(RELIEF, self._relieve)

    def _free(self, count: int) -> None:
        """End the exchanges of ``count`` callers that do not take their answers."""
        now = self._loop.time()
        while count and self._unread:
            holder = self._unread.pop()
            if holder.stalls(now):
                holder.give_way()
                count -= 1

    def __repr__(self) -> str:
        counts = ", ".join(f"{number} {state}" for state, number in self.counts.items())
        return f"<Pool of {self._connector.origin}: {counts}>"
