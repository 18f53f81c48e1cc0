"""One connection to the upstream, and the exchange that runs on it.

States: idle ─begin→ busy ─both directions complete→ idle, and from anywhere → closed.

Invariants:

* bytes that arrive while idle, or beyond the promised end of an answer, close the connection;
* `reusable` is true only when request and answer are both complete and both sides said keep-alive;
* an error is set once and first come wins; data that arrived before it is still readable;
* at most `BUFFER` bytes (and one read) of an answer wait here: beyond, the socket is not read.
"""

import asyncio
import math
from collections.abc import Callable
from typing import cast

import httptools

from proxy.errors import (
    ConnectionBroken,
    ConnectionStale,
    ReadTimeout,
    ResponseHeadTooLarge,
    ResponseInvalid,
    UpstreamError,
    WriteTimeout,
)
from proxy.fields import Lines

BUFFER = 262_144
MAX_HEAD = 131_072
_NO_BODY = frozenset((204, 304))


class ResponseHead:
    """Status, reason and field lines of an answer, and how its body is framed.

    ``length`` is the promised number of body bytes, None if there was no promise (chunked, or
    until the connection ends); ``chunked`` tells those two apart.
    """

    __slots__ = ("chunked", "length", "lines", "reason", "status")

    def __init__(
        self, status: int, reason: bytes, lines: Lines, length: int | None, *, chunked: bool
    ) -> None:
        self.status = status
        self.reason = reason
        self.lines = lines
        self.length = length
        self.chunked = chunked

    def __repr__(self) -> str:
        return f"<ResponseHead {self.status}, {len(self.lines)} fields>"


class Connection(asyncio.Protocol):
    """An asyncio protocol with a stream-like face for one exchange at a time."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        read_timeout: float,
        write_timeout: float,
        closed: Callable[["Connection"], None],
    ) -> None:
        self._loop = loop
        self._read_timeout = read_timeout
        self._write_timeout = write_timeout
        self._closed = closed
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._parser: httptools.HttpResponseParser | None = None
        self._write_paused = False
        self._reading_paused = False
        self.busy = False
        self.lost = False
        self.exchanges = 0
        self.idle_since = 0.0
        self.reached: float | None = None  # when TCP stood, before TLS (time.perf_counter)
        self._reset(head_only=False)

    # -- one exchange ----------------------------------------------------------------------

    def _reset(self, *, head_only: bool) -> None:
        self._head_only = head_only
        self.head: ResponseHead | None = None
        self.error: UpstreamError | None = None
        self.complete = False
        self.request_complete = False
        self.received = False
        self._keep_alive = False
        self._until_end = False
        self._interim = False
        self._lines: Lines = []
        self._reason = b""
        self._head_size = 0
        self._chunks: list[bytes] = []
        self._buffered = 0
        self._remaining = 0
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._read_deadline = math.inf
        self._write_deadline = math.inf
        self._unwritten = 0

    def begin(self, data: bytes, *, head_only: bool, complete: bool) -> None:
        """Start an exchange by writing ``data``: the head, and the body if it is at hand.

        ``head_only``: the answer will have no body (HEAD); ``complete``: nothing is left to send.
        """
        self._reset(head_only=head_only)
        self.busy = True
        self.exchanges += 1
        self.request_complete = complete
        if self._parser is None:
            self._parser = httptools.HttpResponseParser(self)
        if self.transport.is_closing():
            self.error = ConnectionStale("the upstream closed a kept-alive connection")
            return
        self.transport.write(data)

    def write(self, data: bytes) -> None:
        """Send a part of the request's body; call `drain` before the next."""
        if self.error is None:
            self.transport.write(data)

    def finish(self) -> None:
        """Say that the request is complete: from now on the answer is due."""
        self.request_complete = True
        if self._reader is not None:
            self._read_deadline = self._loop.time() + self._read_timeout

    async def drain(self) -> None:
        """Wait until the upstream has taken enough; raise UpstreamError if it never does."""
        while self._write_paused and self.error is None and not self.complete:
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
        while self.head is None:
            if self.error is not None:
                raise self.error
            await self._arrival()
        return self.head

    def take(self) -> bytes:
        """Return what has arrived of the body, without waiting."""
        chunks = self._chunks
        if not chunks:
            return b""
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        self._chunks = []
        self._buffered = 0
        if self._reading_paused and not self.transport.is_closing():
            self._reading_paused = False
            self.transport.resume_reading()
        return data

    async def read(self) -> bytes:
        """Return the next part of the body, empty at its end; raise UpstreamError if it breaks."""
        while not self._chunks:
            if self.complete:
                return b""
            if self.error is not None:
                raise self.error
            await self._arrival()
        return self.take()

    async def _arrival(self) -> None:
        self._reader = self._loop.create_future()
        if self.request_complete or self.head is not None:
            self._read_deadline = self._loop.time() + self._read_timeout
        try:
            await self._reader
        finally:
            self._reader = None
            self._read_deadline = math.inf

    @property
    def reusable(self) -> bool:
        """Whether another exchange may run here."""
        return (
            self.complete
            and self.request_complete
            and self._keep_alive
            and self.error is None
            and not self._write_paused
            and not self.transport.is_closing()
        )

    def rest(self, now: float) -> None:
        """Become idle; only for a `reusable` connection."""
        self.busy = False
        self.idle_since = now
        self.head = None
        self._chunks = []

    def abort(self) -> None:
        """End the connection at once, whatever is under way."""
        self._keep_alive = False
        self.transport.abort()

    # -- time-outs, called by the pool's sweep ---------------------------------------------

    def sweep(self, now: float) -> None:
        """Fail the exchange if the upstream has been silent, or taken nothing, for too long."""
        if now > self._read_deadline:
            self._fail(ReadTimeout(f"no byte of the answer for {self._read_timeout:g} s"))
        elif now > self._write_deadline:
            unwritten = self.transport.get_write_buffer_size()
            if unwritten < self._unwritten:  # slow, but moving
                self._unwritten = unwritten
                self._write_deadline = now + self._write_timeout
            else:
                self._fail(WriteTimeout(f"no byte of the request for {self._write_timeout:g} s"))

    # -- asyncio's protocol interface ------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=BUFFER)

    def data_received(self, data: bytes) -> None:
        """Take bytes of the answer."""
        if not self.busy or self.complete or self.error is not None:
            self.abort()  # nothing was asked for: never to be taken for the next answer
            return
        self.received = True
        if self._remaining:
            self._body_of_known_length(data)
        else:
            self._parse(data)
        if self._buffered > BUFFER and not self._reading_paused:
            self._reading_paused = True
            self.transport.pause_reading()
        reader = self._reader
        if reader is not None and (self.head is not None or self.error is not None):
            _wake(reader)

    def pause_writing(self) -> None:
        """Note that the upstream does not keep up."""
        self._write_paused = True

    def resume_writing(self) -> None:
        """Note that the upstream has caught up."""
        self._write_paused = False
        _wake(self._writer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Judge what the end of the connection means for the exchange."""
        if self.busy and not self.complete and self.error is None:
            if self._until_end and exc is None:
                self.complete = True
            elif self.received:
                self._fail(ConnectionBroken("the upstream closed the connection inside its answer"))
            elif self.exchanges > 1:
                self._fail(ConnectionStale("the upstream closed a kept-alive connection"))
            else:
                self._fail(ConnectionBroken("the upstream closed the connection without an answer"))
        self._keep_alive = False
        self.lost = True
        _wake(self._reader)
        _wake(self._writer)
        self._closed(self)

    # -- the parser ------------------------------------------------------------------------

    def _body_of_known_length(self, data: bytes) -> None:
        """Pass the body by the parser: it would only hand the same bytes back."""
        surplus = len(data) - self._remaining
        if surplus > 0:
            data = data[: self._remaining]
            self._keep_alive = False
        self._remaining -= len(data)
        self._chunks.append(data)
        self._buffered += len(data)
        self.complete = self._remaining == 0

    def _parse(self, data: bytes) -> None:
        parser = self._parser
        if parser is None:  # pragma: no cover  busy connections have one
            return
        if self.head is None:
            self._head_size += len(data)
        try:
            parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(ResponseInvalid("the upstream switched protocols unasked"))
        except httptools.HttpParserError as error:
            if self.complete:  # the answer was whole; what follows it is not for us
                self._keep_alive = False
                self._parser = None
            else:
                self._fail(_rejection(error))
        if self.error is None:
            self._after_parse()

    def _after_parse(self) -> None:
        head = self.head
        if head is None:
            if self._head_size > MAX_HEAD:
                self._fail(ResponseHeadTooLarge(f"the answer's head exceeds {MAX_HEAD} bytes"))
        elif not self.complete and head.length is not None:
            self._remaining = head.length - self._buffered
            self._parser = None

    def on_message_begin(self) -> None:
        """Start a message; after a whole answer there must be none."""
        if self.complete:
            self._keep_alive = False
            return
        self._lines = []
        self._reason = b""

    def on_status(self, reason: bytes) -> None:
        """Collect the reason phrase."""
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a field line; those after the head are trailers and dropped."""
        if self.head is None:
            self._lines.append((name, value))

    def on_headers_complete(self) -> None:
        """Judge the head: interim, final or invalid."""
        parser = self._parser
        if self.complete or parser is None:
            return
        status = parser.get_status_code()
        if self._head_size > MAX_HEAD:
            size = sum(len(name) + len(value) + 4 for name, value in self._lines)
            if size > MAX_HEAD:
                raise ResponseHeadTooLarge(f"the answer's head exceeds {MAX_HEAD} bytes")
        if parser.get_http_version() not in ("1.1", "1.0"):
            raise ResponseInvalid("the answer is not HTTP/1.1")
        if status < 200:
            if status in (101, *range(100)):
                raise ResponseInvalid(f"the upstream answered {status} unasked")
            self._interim = True
            return
        self._interim = False
        self._final(status, parser)

    def _final(self, status: int, parser: httptools.HttpResponseParser) -> None:
        length, chunked = _framing(self._lines, parser.get_http_version())
        self._keep_alive = parser.should_keep_alive()
        bodiless = self._head_only or status in _NO_BODY
        self.head = ResponseHead(status, self._reason, self._lines, length, chunked=chunked)
        if bodiless:
            self.complete = True
            # The parser knows nothing of HEAD and would wait for the body.
            self._parser = None
        elif length is None and not chunked:
            self._until_end = True
            self._keep_alive = False

    def on_body(self, data: bytes) -> None:
        """Collect a part of the body."""
        if self.complete:
            self._keep_alive = False
            return
        self._chunks.append(data)
        self._buffered += len(data)

    def on_message_complete(self) -> None:
        """Note that the answer is whole, unless it was an interim one."""
        if self._interim:
            self._interim = False
        elif not self._until_end:
            self.complete = True

    def _fail(self, error: UpstreamError) -> None:
        if self.error is None:
            error.sent = True  # the head was written: the upstream may have acted on it
            self.error = error
        self._keep_alive = False
        _wake(self._reader)
        _wake(self._writer)
        self.transport.abort()

    def __repr__(self) -> str:
        state = "closed" if self.transport.is_closing() else "busy" if self.busy else "idle"
        parts = [state, f"exchange {self.exchanges}"]
        if self.busy:
            parts.append("request " + ("complete" if self.request_complete else "under way"))
            answer = "complete" if self.complete else "under way" if self.received else "awaited"
            parts.append(f"answer {answer}")
        if self.error is not None:
            parts.append(f"failed: {self.error}")
        return f"<Connection {', '.join(parts)}>"


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


def _rejection(error: httptools.HttpParserError) -> UpstreamError:
    """Translate a parser error; our own come wrapped from inside the callbacks."""
    cause = error.__context__
    if isinstance(cause, UpstreamError):
        return cause
    return ResponseInvalid(f"the answer is not valid HTTP: {error}")


def _framing(lines: Lines, version: str) -> tuple[int | None, bool]:
    """Return (length, chunked) of a body; raise ResponseInvalid on codings that are not ours."""
    length: int | None = None
    chunked = False
    for name, value in lines:
        key = name.lower()
        if key == b"content-length":
            length = int(value)
        elif key == b"transfer-encoding":
            # Passing on "gzip, chunked" without its gzip would corrupt the body.
            if value.lower() != b"chunked" or chunked or version == "1.0":
                raise ResponseInvalid("the answer has a transfer coding other than chunked")
            chunked = True
    return length, chunked
