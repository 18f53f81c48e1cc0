"""One connection to the upstream, and the exchange that runs on it.

States: idle ─begin→ busy ─both directions complete, `rest`→ idle, and from anywhere → closed.

Invariants:

* bytes that arrive while idle, or beyond the promised end of an answer, close the connection;
* `reusable` is true only when request and answer are both complete and both sides said keep-alive;
* an error is set once and first come wins; data that arrived before it is still readable;
* at most `BUFFER` bytes (and one read) of an answer wait here, fewer while the `Budget` is tight:
  beyond, the socket is not read until more is wanted.
"""

import asyncio
import contextlib
import math
import select
import socket
import ssl
from collections.abc import Callable
from typing import cast

from proxy.errors import (
    ConnectionBroken,
    ConnectionStale,
    ReadTimeout,
    ResponseInvalid,
    UpstreamError,
    WriteTimeout,
)
from proxy.http1.framing import BUFFER
from proxy.http1.response_parser import Answer, ResponseHead
from proxy.memory import Budget
from proxy.memory.kernel import bound
from proxy.memory.reading import read_as, read_by_records
from proxy.memory.rules import PLAIN, SECURED
from proxy.upstream.tls import tls_ended
from proxy.words import phrase

_OF_RECORDS = 3 * BUFFER


class Connection(asyncio.Protocol):
    """An asyncio protocol with a stream-like face for one exchange at a time."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        read_timeout: float,
        write_timeout: float,
        closed: Callable[["Connection"], None],
        budget: Budget,
    ) -> None:
        self._loop = loop
        self._read_timeout = read_timeout
        self._write_timeout = write_timeout
        self._closed = closed
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._answer = Answer(head_only=True)
        self._answer.close()  # none is awaited yet
        self._write_paused = False
        self._reading_paused = False
        self._budget = budget
        self._mark = BUFFER  # as it is being read; what is wanted may have changed
        self._by_records = False
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._read_deadline = math.inf
        self._write_deadline = math.inf
        self._unwritten = 0
        self.error: UpstreamError | None = None
        self.request_complete = False
        self.busy = False
        self.lost = False
        self.exchanges = 0
        self.idle_since = 0.0
        self._arrivals: select.poll | None = None
        self.reached: float | None = None  # when TCP stood (time.perf_counter); None once used

    # -- one exchange ----------------------------------------------------------------------

    def begin(self, data: bytes, *, head_only: bool, complete: bool) -> None:
        """Start an exchange by writing ``data``: the head, and the body if it is at hand.

        ``head_only``: the answer will have no body (HEAD); ``complete``: nothing is left to send.
        On a connection that is closed already nothing is written, and the error says so.
        """
        self._answer = Answer(head_only=head_only)
        self.error = None
        self.busy = True
        self.exchanges += 1
        self.request_complete = complete
        self._unwritten = 0
        transport = self.transport
        if transport.is_closing():
            self.error = ConnectionStale(phrase("closed-kept-alive"))
            return
        if self._mark != self._budget.mark:
            transport.pause_reading()
            self._adapt()
            transport.resume_reading()
        transport.write(data)
        if complete and len(data) > BUFFER:
            self._unwritten = transport.get_write_buffer_size()

    def write(self, data: bytes) -> None:
        """Send a part of the request's body; call `drain` before the next."""
        if self.error is None and not self.transport.is_closing():
            self.transport.write(data)

    def finish(self) -> None:
        """Say that the request is complete: from now on the answer is due."""
        self.request_complete = True
        self._unwritten = self.transport.get_write_buffer_size()
        if self._reader is not None:
            self._read_deadline = self._loop.time() + self._read_timeout

    async def drain(self) -> None:
        """Wait until the upstream has taken enough; raise UpstreamError if it never does.

        Returns at once when the connection is gone after a whole answer: what is written then
        goes nowhere, and need not.
        """
        while self._write_paused and self.error is None and not self.lost:
            self._writer = self._loop.create_future()
            self._unwritten = self.transport.get_write_buffer_size()
            self._write_deadline = self._loop.time() + self._write_timeout
            try:
                await self._writer
            finally:
                self._writer = None
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
        """Return what has arrived of the body, without waiting."""
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
        if self._reading_paused:
            self._resume()
        self._reader = self._loop.create_future()
        if self.request_complete:  # until then the upstream may be waiting for us
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
            and self.request_complete
            and self.error is None
            and not self._write_paused
            and not self.transport.is_closing()
        )

    def rest(self, now: float) -> None:
        """Become idle; only for a `reusable` connection."""
        self.busy = False
        self.idle_since = now
        self.reached = None
        answer = self._answer
        if answer.chunks:
            answer.take()  # an answer that nobody wanted
        if self._reading_paused:
            self._resume()

    def stirred(self) -> bool:
        """Whether something has arrived, be it the end, of which the event loop tells us next."""
        return self._arrivals is not None and bool(self._arrivals.poll(0))

    def abort(self) -> None:
        """End the connection at once, whatever is under way."""
        self._answer.keep_alive = False
        self.transport.abort()

    @property
    def bare(self) -> int:
        """How many bytes of memory it takes by being there."""
        return SECURED if self._by_records else PLAIN

    def weigh(self) -> int:
        """Return how many bytes wait on it, in either direction."""
        return self._answer.buffered + self.transport.get_write_buffer_size()

    def _resume(self) -> None:
        if not self.transport.is_closing():
            self._reading_paused = False
            if self._mark != self._budget.mark:
                self._adapt()
            self.transport.resume_reading()

    def _adapt(self) -> None:
        self._mark = self._budget.mark
        if not self._by_records:
            read_as(self, self.transport, self._mark)

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
        """Whether the upstream has taken some of the request since this was asked last."""
        before, self._unwritten = self._unwritten, self.transport.get_write_buffer_size()
        return self._unwritten < before

    # -- asyncio's protocol interface ------------------------------------------------------

    def take_over(self, transport: asyncio.Transport, below: asyncio.Transport | None) -> None:
        """Go on with a transport that another protocol began with.

        Where it is TLS over ``below``, have it read record by record.
        """
        transport.set_protocol(self)
        if below is not None:
            self._by_records = True
            read_by_records(self, transport, below)
        self.connection_made(transport)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=BUFFER)
        sock = self.transport.get_extra_info("socket")
        if sock is not None:
            bound(sock, self._budget)
        if sock is not None and hasattr(select, "poll"):  # pragma: no branch  not on Windows
            self._arrivals = select.poll()
            self._arrivals.register(sock.fileno(), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        """Take bytes of the answer."""
        answer = self._answer
        if not self.busy or answer.complete or self.error is not None:
            self.abort()  # nothing was asked for: never to be taken for the next answer
            return
        try:
            answer.feed(data)
        except ResponseInvalid as error:
            self._fail(error)
            return
        if answer.buffered > self._budget.mark and not self._reading_paused:
            self._enough(answer.buffered)
        reader = self._reader
        if reader is not None:
            if answer.head is not None:
                _wake(reader)
            elif self._read_deadline is not math.inf:  # a head that comes in pieces
                self._read_deadline = self._loop.time() + self._read_timeout

    def _enough(self, waiting: int) -> None:
        """Read no more for now; of a record at a time as much may wait as comes with one read."""
        if self._by_records and self._budget.mark == BUFFER and waiting <= _OF_RECORDS:
            return
        self._reading_paused = True
        self.transport.pause_reading()
        self._budget.hold(waiting)

    def pause_writing(self) -> None:
        """Note that the upstream does not keep up."""
        self._write_paused = True

    def resume_writing(self) -> None:
        """Note that the upstream has caught up."""
        self._write_paused = False
        _wake(self._writer)

    def eof_received(self) -> None:
        """Judge the exchange at once: closing could wait for a peer that takes no more.

        An end that is the end of a body comes through here, and over TLS it is a signed one.
        """
        if not self.busy or self.error is not None:
            return
        tls = self.transport.get_extra_info("ssl_object")
        # RFC 9112 section 9.8: anyone on the way can cut a TCP connection.
        if (tls is None or _notified(tls)) and self._answer.end():
            _wake(self._reader)
        else:
            self._lost_inside(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Judge what the end of the connection means for the exchange."""
        self.lost = True
        self._reading_paused = False
        if self.busy and self.error is None:
            if isinstance(exc, ConnectionError):
                self._take_what_came_before()
            self._lost_inside(exc)
        self._answer.keep_alive = False
        self._answer.close()
        _wake(self._reader)
        _wake(self._writer)
        self._closed(self)

    def _take_what_came_before(self) -> None:
        """Read the answer that came before a reset.

        An upstream that refuses a body answers early and closes. Where the reset is met by a write,
        the event loop ends the connection with the answer still unread in the kernel. (Over TLS
        it is lost: the loop has taken the session down.)
        """
        sock = self.transport.get_extra_info("socket")
        if self.transport.get_extra_info("ssl_object") is not None or sock is None:
            return
        answer = self._answer
        with (
            contextlib.suppress(OSError, ResponseInvalid),
            socket.fromfd(sock.fileno(), sock.family, sock.type) as same,
        ):
            same.setblocking(False)
            while not answer.complete and answer.buffered <= BUFFER and (data := same.recv(BUFFER)):
                answer.feed(data)

    def _lost_inside(self, exc: Exception | None) -> None:
        answer = self._answer
        if answer.complete:
            return
        if answer.received:
            self._fail(ConnectionBroken(phrase("closed-halfway")))
        elif self.exchanges > 1:
            self._fail(ConnectionStale(phrase("closed-kept-alive")))
        elif isinstance(exc, ssl.SSLError):
            # TLS 1.3 tells of a refused client certificate only after the handshake.
            self._fail(tls_ended(exc))
        else:
            self._fail(ConnectionBroken(phrase("closed-unanswered")))

    def _fail(self, error: UpstreamError) -> None:
        if self.error is None:
            error.sent = True  # the head was written: the upstream may have acted on it
            self.error = error
        _wake(self._reader)
        _wake(self._writer)
        self.abort()

    def __repr__(self) -> str:
        state = "closed" if self.transport.is_closing() else "busy" if self.busy else "idle"
        parts = [state, f"exchange {self.exchanges}"]
        if self.busy:
            parts.append("request " + ("complete" if self.request_complete else "under way"))
            answer = self._answer
            stage = "complete" if answer.complete else "under way" if answer.received else "awaited"
            parts.append(f"answer {stage}")
        if self.error is not None:
            parts.append(f"failed: {self.error}")
        return f"<Connection {', '.join(parts)}>"


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


def _notified(tls: ssl.SSLObject) -> bool:
    """Report whether the peer has sent close_notify: then reading ends, instead of wanting more."""
    try:
        return tls.read(1) == b""
    except ssl.SSLError as error:
        return isinstance(error, ssl.SSLZeroReturnError)
