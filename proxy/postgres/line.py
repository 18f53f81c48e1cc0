"""One connection for one event loop: plain calls in threads, each with a deadline.

What is asked of the database must never hold the loop up, nor outlast its deadline: a call that
does is left to its thread, with its connection, which is closed when the call returns at last.
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

import psycopg

from proxy.errors import DatabaseUnavailable
from proxy.postgres.connection import Connection, Database
from proxy.postgres.schema import Schema
from proxy.postgres.trouble import worded
from proxy.words import phrase

T = TypeVar("T")
A = TypeVar("A")
CONNECTING = 5.0  # seconds, with the schema
ANSWERING = 3.0  # seconds
ENDING = 0.5  # seconds, for calls that nobody waits for any more


class Line:
    """A connection that is made when it is needed, and again after it was lost.

    ``heard`` is set when something arrives unasked: a notification on ``channel``, or the end. It
    needs a loop that watches descriptors; that of Windows does not, so that polling has to do.
    """

    def __init__(self, database: Database, schema: Schema, channel: str) -> None:
        self._database = database
        self._schema = schema
        self._channel = channel
        self._lock = asyncio.Lock()
        self._connection: Connection | None = None
        self._calls: set[_Call[Any]] = set()  # that have not ended
        self._watched: int | None = None
        self.heard = asyncio.Event()

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Have the line for oneself, for several calls that belong together.

        If they do not end well, the connection is closed, and with it ends its transaction.
        """
        async with self._lock:
            self._watch(None)
            try:
                yield
            except BaseException:
                self._drop()
                raise
            self._watch(self._connection)

    async def do(self, work: Callable[[Connection], T]) -> T:
        """Call ``work`` with the connection, in a thread; it is the caller who has the line.

        Raises DatabaseUnavailable.
        """
        if self._connection is None:
            opening = _Call(self._calls, self._open, Connection.close)
            self._connection = await opening.result(CONNECTING)
        connection, self._connection = self._connection, None
        call = _Call(self._calls, lambda: work(connection), lambda _: None, connection.close)
        found = await call.result(ANSWERING)
        self._connection = connection
        return found

    async def aclose(self) -> None:
        """Close the connection, also one that a call still has, unless that stands still."""
        async with self._lock:
            self._drop()
        for call in list(self._calls):
            await call.over(ENDING)

    def _open(self) -> Connection:
        connection = self._database.connect()
        try:
            self._schema.prepare(connection)
            connection.add_notify_handler(lambda _: None)  # else they are kept for ever
            connection.execute(f"LISTEN {self._channel}".encode())
        except BaseException:
            connection.close()
            raise
        return connection

    def _drop(self) -> None:
        self._watch(None)  # libuv ends the process if a descriptor that it watches is closed
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _watch(self, connection: Connection | None) -> None:
        """Have the loop watch the idle connection, and no other: a thread reads a busy one."""
        loop = asyncio.get_running_loop()
        if self._watched is not None:
            loop.remove_reader(self._watched)
            self._watched = None
        if connection is not None:
            # One that was lost meanwhile has no descriptor: whoever uses it next finds that out.
            with contextlib.suppress(NotImplementedError, psycopg.Error):
                descriptor = connection.fileno()
                loop.add_reader(descriptor, self._hear)
                self._watched = descriptor

    def _hear(self) -> None:
        self._watch(None)
        self.heard.set()


class _Call(Generic[T]):
    """A call in a thread of its own, which may outlast whoever waits for it.

    ``unwanted`` gets a result that nobody waits for any more; ``failed`` ends what a call leaves
    that was not waited for, or failed. Both are called after the call has ended: in the loop, while
    there is one. Until then the call is one of ``others``.
    """

    def __init__(
        self,
        others: "set[_Call[Any]]",
        work: Callable[[], T],
        unwanted: Callable[[T], None],
        failed: Callable[[], None] = lambda: None,
    ) -> None:
        self._work = work
        self._unwanted = unwanted
        self._failed = failed
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[T] = self._loop.create_future()
        self._over = asyncio.Event()
        self._others = others
        others.add(self)

    async def result(self, seconds: float) -> T:
        """Return what the call returns; raise DatabaseUnavailable, also if it takes longer."""
        threading.Thread(target=self._run, name="breb-database", daemon=True).start()
        try:
            async with asyncio.timeout(seconds):
                return await self._ended
        except TimeoutError:
            self._leave()
            raise DatabaseUnavailable(phrase("database.silent", seconds=seconds)) from None
        except psycopg.Error as error:
            raise worded(error) from None
        except asyncio.CancelledError:
            self._leave()
            raise

    def _leave(self) -> None:
        """Free what came in the same turn of the loop in which the wait for it was ended."""
        if self._ended.done() and not self._ended.cancelled() and not self._ended.exception():
            self._free(self._ended.result())

    def _free(self, found: T) -> None:
        """End what nobody waits for any more."""
        self._unwanted(found)
        self._failed()

    async def over(self, seconds: float) -> None:
        """Wait until it has ended, also if nobody waits for its result; not for longer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()

    def _run(self) -> None:
        try:
            found = self._work()
        except BaseException as error:  # noqa: BLE001  it is raised where it is waited for
            if not self._tell(self._fail, error):
                self._failed()
        else:
            if not self._tell(self._deliver, found):
                self._free(found)

    def _tell(self, ending: Callable[[A], None], what: A) -> bool:
        """Report whether there is still a loop to call that."""
        try:
            self._loop.call_soon_threadsafe(ending, what)
        except RuntimeError:
            return False
        return True

    def _deliver(self, found: T) -> None:
        self._end()
        if self._ended.done():
            self._free(found)
        else:
            self._ended.set_result(found)

    def _fail(self, error: BaseException) -> None:
        self._end()
        self._failed()
        if not self._ended.done():
            self._ended.set_exception(error)

    def _end(self) -> None:
        self._others.discard(self)
        self._over.set()
