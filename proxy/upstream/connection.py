"""One connection to the upstream, and the exchange that runs on it.

Invariants:

* `state` changes in `_become` alone, and only as `state.NEXT` allows (docs/connections.md);
* bytes that arrive while idle, or beyond the promised end of an answer, close the connection;
* `reusable` is true only when request and answer are both complete and both sides said keep-alive;
* an error is set once and first come wins; data that arrived before it is still readable;
* at most `BUFFER` bytes (and one read) of an answer wait here, fewer while the `Budget` is tight:
  above that, the socket is not read until more is wanted.
"""

import asyncio
import math
import select
import ssl
import sys
from collections.abc import Callable
from typing import Protocol, cast

from proxy.errors import ConnectionStale, ReadTimeout, ResponseInvalid, UpstreamError, WriteTimeout
from proxy.http1.answer_fields import ResponseHead
from proxy.http1.framing import BUFFER
from proxy.http1.repeated_answers import RepeatedAnswers
from proxy.http1.response_parser import ResponseParser
from proxy.memory import Budget
from proxy.memory.flow import Flow
from proxy.memory.kernel import bound
from proxy.memory.rules import PLAIN, SECURED
from proxy.upstream.ending import broken_off, in_order, read_what_came_before
from proxy.upstream.secured import Secured
from proxy.upstream.state import AWAITING, CLOSED, FAILED, IDLE, NEXT, SENDING, UpstreamState
from proxy.words import phrase


class _Poll(Protocol):
    def poll(self, timeout: int, /) -> object: ...


class Connection(asyncio.Protocol):
    """An asyncio protocol with a stream-like face for one exchange at a time."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        read_timeout: float,
        write_timeout: float,
        closed: Callable[["Connection"], None],
        budget: Budget,
        heads: RepeatedAnswers | None = None,
    ) -> None:
        self._loop = loop
        self._heads = heads
        self._read_timeout = read_timeout
        self._write_timeout = write_timeout
        self._closed = closed
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._answer = ResponseParser(head_only=True)
        self._answer.close()  # no answer is awaited yet
        self._budget = budget
        self._flow = Flow(budget)
        self._secured: Secured | None = None
        self._reader: asyncio.Future[None] | None = None
        self._read_deadline = math.inf
        self._write_deadline = math.inf
        self._unwritten = 0
        self.state = IDLE
        self.error: UpstreamError | None = None
        self.exchanges = 0
        self.idle_since = 0.0
        self._arrivals: _Poll | None = None
        self.reached: float | None = None  # time.perf_counter at the TCP connect; None once used

    def _become(self, state: UpstreamState) -> None:
        """Change the state."""
        if state not in NEXT[self.state]:
            raise RuntimeError(f"a connection that is {self.state.name} becomes {state.name}")
        self.state = state

    @property
    def tls(self) -> ssl.SSLObject | None:
        """TLS's own words, if there is TLS with the upstream."""
        return None if self._secured is None else self._secured.tls

    @property
    def busy(self) -> bool:
        """Whether an exchange is under way, which has not failed."""
        return self.state is AWAITING or self.state is SENDING

    # -- one exchange ----------------------------------------------------------------------

    def begin(self, data: bytes, *, head_only: bool, complete: bool) -> None:
        """Start an exchange by writing ``data``: the head, and the body if it is at hand.

        ``head_only``: the answer will have no body (HEAD); ``complete``: nothing is left to send.
        On a connection that is closed already nothing is written, and the error tells that.
        """
        transport = self.transport
        closed = transport.is_closing()
        if not closed:
            self._become(AWAITING if complete else SENDING)
        self._answer = ResponseParser(head_only=head_only, heads=self._heads)
        self.error = None
        self.exchanges += 1
        self._unwritten = 0
        if closed:
            self.error = ConnectionStale(phrase("closed-kept-alive"))
            if self.state is IDLE:
                self._become(FAILED)
            return
        self._flow.follow()
        if complete:
            self._flow.write_soon(data)
            if len(data) > BUFFER:
                self._unwritten = self._flow.unwritten
        else:
            self._flow.write(data)

    def write(self, data: bytes) -> None:
        """Send a part of the request's body; call `drain` before the next."""
        if self.error is None:
            self._flow.write(data)

    def finish(self) -> None:
        """Say that the request is complete: from now on the answer is due."""
        if self.state is SENDING:
            self._become(AWAITING)
        self._unwritten = self._flow.unwritten
        if self._reader is not None:
            self._read_deadline = self._loop.time() + self._read_timeout

    async def drain(self) -> None:
        """Wait until the upstream has taken enough; raise UpstreamError if it never does.

        Returns at once if the connection closed after a whole answer: the rest of the request is
        then not needed.
        """
        if self._flow.writing_paused:
            self._unwritten = self._flow.unwritten
            self._write_deadline = self._loop.time() + self._write_timeout
            try:
                await self._flow.drain()
            finally:
                self._write_deadline = math.inf
        if self.error is not None:
            raise self.error

    async def response(self) -> ResponseHead:
        """Return the head of the final answer (interim ones are skipped)."""
        while (head := self._answer.head) is None:
            await self.arrival()
        return head

    @property
    def head(self) -> ResponseHead | None:
        """The head of the final answer, if it is there."""
        return self._answer.head

    @property
    def complete(self) -> bool:
        """Whether all of the answer has arrived."""
        return self._answer.complete

    def take(self) -> bytes:
        """Return the part of the body that has arrived, without waiting."""
        return self._answer.take()

    async def read(self) -> bytes:
        """Return the next part of the body, empty at its end; raise UpstreamError if it breaks."""
        answer = self._answer
        while not answer.chunks:
            if answer.complete:
                return b""
            await self.arrival()
        return self.take()

    async def arrival(self) -> None:
        """Wait for the head, a part of the body, or the end; raise the error if there is one."""
        if self.error is not None:
            raise self.error
        if self._flow.reading_paused:
            self._flow.resume_reading()
        self._reader = self._loop.create_future()
        if self.state is AWAITING:  # until then the upstream may be waiting for us
            self._read_deadline = self._loop.time() + self._read_timeout
        try:
            await self._reader
        finally:
            self._reader = None
            self._read_deadline = math.inf

    @property
    def reusable(self) -> bool:
        """Whether another exchange may run here."""
        answer = self._answer
        return (
            answer.complete
            and answer.keep_alive
            and self.state is AWAITING
            and not self._flow.writing_paused
            and not self.transport.is_closing()
        )

    def rest(self, now: float) -> None:
        """Become idle; only for a `reusable` connection."""
        self._become(IDLE)
        self.idle_since = now
        self.reached = None
        answer = self._answer
        if answer.chunks:
            answer.take()  # drop an answer that nobody has read
        if self._flow.reading_paused:
            self._flow.resume_reading()

    def readable(self) -> bool:
        """Whether bytes or the end have arrived, of which the event loop has not told us yet."""
        return self._arrivals is not None and bool(self._arrivals.poll(0))

    def abort(self) -> None:
        """End the connection at once, even in the middle of an exchange."""
        self._answer.keep_alive = False
        self.transport.abort()

    @property
    def bare(self) -> int:
        """Bytes of memory that it takes while it is idle."""
        return PLAIN if self._secured is None else SECURED

    def weigh(self) -> int:
        """Return the bytes that wait on it, in either direction."""
        return self._answer.buffered + self._flow.unwritten

    # -- time-outs, called by the pool's sweep ---------------------------------------------

    def sweep(self, now: float) -> None:
        """Fail the exchange if the upstream has been silent, or taken nothing, for too long."""
        if now > self._read_deadline:
            if self._moved():  # the end of the request is still on its way
                self._read_deadline = now + self._read_timeout
            else:
                self._fail(ReadTimeout(phrase("nothing-read", seconds=self._read_timeout)))
        elif now > self._write_deadline:
            if self._moved():
                self._write_deadline = now + self._write_timeout
            else:
                self._fail(WriteTimeout(phrase("nothing-written", seconds=self._write_timeout)))

    def _moved(self) -> bool:
        """Whether the upstream has taken some of the request since the last call."""
        before, self._unwritten = self._unwritten, self._flow.unwritten
        return self._unwritten < before

    # -- asyncio's protocol interface ------------------------------------------------------

    def take_over(self, transport: asyncio.Transport, secured: Secured | None) -> None:
        """Take over a transport from another protocol, or the TLS over it."""
        if secured is None:
            transport.set_protocol(self)
        else:
            secured.above = self
            self._secured = secured
        self.connection_made(transport)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)
        if self._secured is None:
            self._flow.begin(self, self.transport)
        else:
            self._flow.begin(self._secured, self.transport, self._secured.write)
        sock = self.transport.get_extra_info("socket")
        if sock is not None:
            bound(sock, self._budget)
        if sys.platform == "win32":  # it reads on its own: there is nothing left to poll for
            self._arrivals = self.transport.get_extra_info("arrivals")
        elif sock is not None:
            poll = self._arrivals = select.poll()
            poll.register(sock.fileno(), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        """Take bytes of the answer."""
        answer = self._answer
        state = self.state
        if (state is not AWAITING and state is not SENDING) or answer.complete:
            self.abort()  # unasked bytes must never count as the next answer
            return
        if self._flow.late:  # nor as the answer to a request that waits to be written
            self._lost_inside(None)
            return
        try:
            answer.feed(data)
        except ResponseInvalid as error:
            self._fail(error)
            return
        if answer.buffered > self._budget.mark and not self._flow.reading_paused:
            self._flow.pause_reading()
            self._budget.hold(answer.buffered)
        reader = self._reader
        if reader is not None:
            if answer.head is not None:
                _wake(reader)
            elif self._read_deadline is not math.inf:  # a head that comes in pieces
                self._read_deadline = self._loop.time() + self._read_timeout

    def pause_writing(self) -> None:
        """Note that the upstream does not keep up."""
        self._flow.pause_writing()

    def resume_writing(self) -> None:
        """Note that the upstream has caught up."""
        self._flow.resume_writing()

    def eof_received(self) -> None:
        """Judge the exchange at once: closing could wait for a peer that takes no more.

        An end that is the end of a body comes through here.
        """
        if not self.busy:
            return
        if in_order(self.tls) and self._answer.end():
            _wake(self._reader)
        else:
            self._lost_inside(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Judge the consequence of the connection's end for the exchange."""
        if self.busy:
            if isinstance(exc, ConnectionError) and not self._flow.late:
                read_what_came_before(self.transport, self._answer, self._secured)
            self._lost_inside(exc)
        self._become(CLOSED)
        self._answer.keep_alive = False
        self._answer.close()
        _wake(self._reader)
        self._flow.end()
        self._closed(self)

    def _lost_inside(self, exc: Exception | None) -> None:
        if not self._answer.complete:
            self._fail(broken_off(self._answer, exc, kept_alive=self.exchanges > 1))

    def _fail(self, error: UpstreamError) -> None:
        if self.busy:
            # If the head was written, the upstream may have acted on it.
            error.sent = not self._flow.late
            self.error = error
            self._become(FAILED)
        self.abort()
        _wake(self._reader)
        self._flow.wake()

    def __repr__(self) -> str:
        state = "closed" if self.transport.is_closing() else self.state.name.lower()
        parts = [state, f"exchange {self.exchanges}"]
        if self.busy:
            answer = self._answer
            stage = "complete" if answer.complete else "under way" if answer.received else "awaited"
            parts.append(f"answer {stage}")
        if self.error is not None:
            parts.append(f"failed: {self.error}")
        return f"<Connection {', '.join(parts)}>"


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)
