"""The callers' side of HTTP/1.1: an asyncio protocol that uvicorn runs in place of its own.

It is plugged in through uvicorn's documented ``http=`` option and runs any ASGI app. Beyond stock
uvicorn it keeps the raw target and letter case, takes bodies of known length past the parser,
cancels the exchange of a caller who leaves, and bounds heads, time and connections.

Invariants: answers leave in the order of their requests; after a malformed byte nothing more is
read from the connection; a body that breaks off never looks complete to the caller.
"""

import asyncio
import http
import logging
import math
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import unquote

import httptools
from uvicorn.config import Config
from uvicorn.server import ServerState

from proxy.errors import RequestRefused
from proxy.exchange import App, Message
from proxy.fields import Lines

log = logging.getLogger("proxy.listener")

BUFFER = 262_144
MAX_HEAD = 131_072
MAX_FIELDS = 2_000
SWEEP = 0.25
LEAVING = 0.3  # a caller who half-closes may still read the answer, for this long
LINGER = 2.0  # how long the rest of an unwanted body is read, so that the answer is not reset
RECENT = 1.0  # a connection used this recently may have its next request under way at drain time
_PIPELINE = 64
_BAD = "send one well-formed HTTP/1.1 request (RFC 9112)"
_FIRST_LINE = re.compile(rb"^(?:\r?\n)*([!#$%&'*+.^_`|~0-9A-Za-z-]+) [^ ]+ (HTTP/\d\.\d)\r?$")

Refuse = Callable[[RequestRefused], tuple[int, Lines, bytes]]


@dataclass(frozen=True, slots=True)
class ListenerLimits:
    """Bounds of one listener; seconds and connections."""

    header_timeout: float = 10.0
    idle_timeout: float = 75.0
    connections: int = 4096


class Callers:
    """All connections of one listener, and the one timer that watches them."""

    def __init__(self, limits: ListenerLimits, refuse: Refuse) -> None:
        self.limits = limits
        self.refuse = refuse
        self.connections: set[CallerConnection] = set()
        self.draining = False
        self._timer: asyncio.TimerHandle | None = None

    def protocol(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> "CallerConnection":
        """Make the protocol of one connection, as uvicorn asks for it."""
        del app_state
        loop = _loop or asyncio.get_running_loop()
        return CallerConnection(self, cast("App", config.loaded_app), server_state, loop)

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Keep the timer running while there are connections."""
        if self._timer is None:
            self._timer = loop.call_later(SWEEP, self._sweep, loop)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        for connection in list(self.connections):
            connection.sweep(now)
        if self.connections:
            self.watch(loop)


class CallerConnection(asyncio.Protocol):
    """One caller's connection: parses requests, runs one exchange at a time, in order."""

    def __init__(
        self,
        callers: Callers,
        app: App,
        server_state: ServerState,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.callers = callers
        self.loop = loop
        self._app = app
        self._server_state = server_state
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._parser: httptools.HttpRequestParser | None = self._new_parser()
        self._scope_base: dict[str, Any] = {}
        self._cycle: Cycle | None = None
        self._waiting: deque[Cycle] = deque()
        self._last: Cycle | None = None  # the one whose body is being read
        self._remaining = 0
        self._url = b""
        self._lines: Lines = []
        self._fed = 0
        self._in_head = True
        self._closing = False  # read no further request
        self._refusal: RequestRefused | None = None
        self._deadline = math.inf
        self._idle_since = loop.time()
        self._writing_paused = False
        self._reading_paused = False
        self._drained: asyncio.Future[None] | None = None
        self._unwritten = 0
        self._stalled_at = math.inf

    # -- asyncio's protocol interface ------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, or refuse it if there are too many."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=BUFFER)
        callers = self.callers
        callers.connections.add(self)
        self._server_state.connections.add(cast("Any", self))
        self._deadline = self.loop.time() + callers.limits.header_timeout
        callers.watch(self.loop)
        self._scope_base = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "server": _address(transport.get_extra_info("sockname")),
            "client": _address(transport.get_extra_info("peername")),
            "scheme": "https" if transport.get_extra_info("sslcontext") else "http",
            "root_path": "",
        }
        if len(callers.connections) > callers.limits.connections:
            text = f"more than {callers.limits.connections} connections"
            step = "use fewer connections, or raise BREB_MAX_CALLERS"
            self._refuse(RequestRefused(503, "too-many-callers", text, step))

    def connection_lost(self, exc: Exception | None) -> None:
        """End what was under way for this caller."""
        del exc
        self.callers.connections.discard(self)
        self._server_state.connections.discard(cast("Any", self))
        self._closing = True
        self._waiting.clear()
        if self._cycle is not None:
            self._cycle.leave()
        _wake(self._drained)

    def eof_received(self) -> bool:
        """Note that the caller sends no more; it may still read the answer that is owed."""
        self._closing = True
        cycle = self._cycle
        if cycle is None or not cycle.request_complete:
            return False
        self.loop.call_later(LEAVING, self._left)
        return self.transport.get_extra_info("sslcontext") is None

    def _left(self) -> None:
        if not self.transport.is_closing():
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Parse; bodies of known length pass the parser by."""
        if self._closing:
            return  # lingering: read and forgotten
        if self._remaining:
            data = self._body_of_known_length(data)
            if not data:
                return
        if self._in_head:
            if self._fed == 0 and self._cycle is None:
                self._deadline = self.loop.time() + self.callers.limits.header_timeout
            self._fed += len(data)
        self._parse(data)
        if self._in_head and self._fed > MAX_HEAD and not self._closing:
            self._refuse(self._head_too_large())

    def pause_writing(self) -> None:
        """Note that the caller does not keep up."""
        self._writing_paused = True

    def resume_writing(self) -> None:
        """Note that the caller has caught up."""
        self._writing_paused = False
        _wake(self._drained)

    async def drain(self) -> None:
        """Wait until the caller has taken enough of the answer."""
        while self._writing_paused and not self.transport.is_closing():
            self._drained = self.loop.create_future()
            self._unwritten = self.transport.get_write_buffer_size()
            self._stalled_at = self.loop.time() + self.callers.limits.idle_timeout
            try:
                await self._drained
            finally:
                self._drained = None
                self._stalled_at = math.inf

    # -- time ------------------------------------------------------------------------------

    def sweep(self, now: float) -> None:
        """Act on whatever took too long."""
        if now > self._stalled_at:
            unwritten = self.transport.get_write_buffer_size()
            if unwritten < self._unwritten:  # slow, but moving
                self._unwritten = unwritten
                self._stalled_at = now + self.callers.limits.idle_timeout
            else:
                self.transport.abort()
        if now > self._deadline:
            self._deadline = math.inf
            self._late()

    def _late(self) -> None:
        cycle = self._cycle
        if cycle is not None:
            limit = self.callers.limits.idle_timeout
            cycle.break_body(
                RequestRefused(
                    408,
                    "body-timeout",
                    f"no byte of the request's body for {limit:g} s",
                    "send the body faster, or raise BREB_IDLE_TIMEOUT",
                )
            )
        elif self._closing or self._fed == 0:
            self.transport.close()
        else:
            limit = self.callers.limits.header_timeout
            self._refuse(
                RequestRefused(
                    408,
                    "header-timeout",
                    f"the request's head was not complete within {limit:g} s",
                    "send it faster, or raise BREB_HEADER_TIMEOUT",
                )
            )

    def body_awaited(self, *, awaited: bool) -> None:
        """Watch the caller while its body is waited for."""
        limit = self.callers.limits.idle_timeout
        self._deadline = self.loop.time() + limit if awaited else math.inf

    def shutdown(self) -> None:
        """Finish what is under way, then close (uvicorn calls this when the drain begins)."""
        if self._cycle is not None:
            return
        now = self.loop.time()
        if self._fed == 0 and now - self._idle_since < RECENT:
            self._deadline = now + RECENT
        elif self._fed == 0 or self._closing:
            self.transport.close()

    # -- the parser ------------------------------------------------------------------------

    def _new_parser(self) -> httptools.HttpRequestParser:
        parser = httptools.HttpRequestParser(self)
        # What follows a request that asked for a close is ignored; it must not break its answer.
        parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return parser

    def _body_of_known_length(self, data: bytes) -> bytes:
        """Hand on body bytes; return what lies beyond the body."""
        cycle = cast("Cycle", self._last)
        remaining = self._remaining
        rest = b""
        if len(data) > remaining:
            data, rest = data[:remaining], data[remaining:]
        self._remaining = remaining - len(data)
        cycle.feed(data, complete=self._remaining == 0)
        if self._remaining == 0:
            self._closing = not cycle.keep_alive
            self._parser = self._new_parser()
            self._in_head, self._fed = True, 0
        return rest

    def _parse(self, data: bytes) -> None:
        parser = self._parser
        if parser is None:  # pragma: no cover  only while a body passes it by
            return
        try:
            parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            # Not taken up (RFC 9110 section 7.8): what follows is HTTP/1.1 as before.
            self._parser = self._new_parser()
            rest = data[upgrade.args[0] :] if upgrade.args else b""
            if rest and not self._closing:
                self._parse(rest)
        except httptools.HttpParserError as error:
            if not self._closing:
                self._malformed(error, data)
        else:
            cycle = self._last
            if cycle is not None and cycle.length and not cycle.request_complete:
                self._remaining = cycle.length - cycle.fed
                self._parser = None

    def on_message_begin(self) -> None:
        """Start a request."""
        self._url = b""
        self._lines = []

    def on_url(self, url: bytes) -> None:
        """Collect the target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a field line; those after the head are trailers and dropped."""
        if self._in_head:
            self._lines.append((name, value))

    def on_headers_complete(self) -> None:
        """Judge the head and queue the exchange."""
        if self._closing:
            return
        parser = cast("httptools.HttpRequestParser", self._parser)
        self._in_head = False
        version = parser.get_http_version()
        if self._fed > MAX_HEAD or len(self._lines) > MAX_FIELDS:
            self._check_size()
        length, chunked, continues = self._frame(version)
        keep_alive = parser.should_keep_alive()
        path, _, query = self._url.partition(b"?")
        scope = {
            **self._scope_base,
            "http_version": version,
            "method": parser.get_method().decode("ascii"),
            "target": self._url,
            "raw_path": path,
            "path": unquote(path.decode("latin-1")),
            "query_string": query,
            "headers": self._lines,
        }
        cycle = Cycle(self, scope, length, keep_alive=keep_alive, continues=continues)
        cycle.request_complete = not (length or chunked)
        self._last = cycle
        if not keep_alive:
            self._closing = not (length or chunked)
        if self._cycle is None:
            self._start(cycle)
        else:
            self._waiting.append(cycle)
            self._pause_reading()
            if len(self._waiting) > _PIPELINE:
                self._closing = True

    def on_body(self, data: bytes) -> None:
        """Hand on a part of the body."""
        if self._last is not None and not self._closing:
            self._last.feed(data, complete=False)

    def on_message_complete(self) -> None:
        """Note that the request is whole."""
        if self._closing and (self._last is None or self._last.request_complete):
            return
        if self._last is not None:
            self._last.feed(b"", complete=True)
            if not self._last.keep_alive:
                self._closing = True
        self._in_head, self._fed = True, 0

    def _frame(self, version: str) -> tuple[int, bool, bool]:
        """Return (length, chunked, whether 100-continue is expected); raise RequestRefused."""
        if version not in ("1.1", "1.0"):
            raise RequestRefused(505, "version", f"HTTP/{version} is not served here", _BAD)
        length, chunked, continues = 0, False, False
        for name, value in self._lines:
            key = name.lower()
            if key == b"content-length":
                length = int(value)
            elif key == b"transfer-encoding":
                if value.lower() != b"chunked" or version == "1.0" or chunked:
                    raise RequestRefused(
                        400, "transfer-coding", "a transfer coding other than chunked", _BAD
                    )
                chunked = True
            elif key == b"expect":
                continues = value.lower() == b"100-continue" and version == "1.1"
        return length, chunked, continues

    def _check_size(self) -> None:
        size = len(self._url) + sum(len(name) + len(value) + 4 for name, value in self._lines)
        if size > MAX_HEAD or len(self._lines) > MAX_FIELDS:
            raise self._head_too_large()

    def _head_too_large(self) -> RequestRefused:
        if len(self._url) > MAX_HEAD // 2 and not self._lines:
            return RequestRefused(414, "target-too-long", "the target is too long", _BAD)
        text = f"the head exceeds {MAX_HEAD} bytes or {MAX_FIELDS} field lines"
        return RequestRefused(431, "head-too-large", text, "send fewer or shorter fields")

    def _malformed(self, error: httptools.HttpParserError, data: bytes) -> None:
        cause = error.__context__
        if isinstance(cause, RequestRefused):
            refusal = cause
        else:
            refusal = RequestRefused(400, "malformed", f"not valid HTTP/1.1: {error}", _BAD)
            first = _FIRST_LINE.match(data.partition(b"\n")[0])
            if first and first[2] not in (b"HTTP/1.1", b"HTTP/1.0"):
                refusal = RequestRefused(505, "version", f"{first[2].decode()} is not served", _BAD)
            elif first and isinstance(error, httptools.HttpParserInvalidMethodError):
                text = "the method is not known here"
                refusal = RequestRefused(501, "method", text, "use a registered HTTP method")
        last = self._last
        if last is not None and not last.request_complete:
            last.break_body(refusal)
            self._closing = True
        else:
            self._refuse(refusal)

    # -- exchanges -------------------------------------------------------------------------

    def _start(self, cycle: "Cycle") -> None:
        self._cycle = cycle
        self._deadline = math.inf
        # Owned here: cancelled when the caller leaves, and known to uvicorn for the drain.
        task = self.loop.create_task(cycle.run(self._app))
        cycle.task = task
        tasks = self._server_state.tasks
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def cycle_done(self, cycle: "Cycle") -> None:
        """Go on after an exchange: the next in the pipeline, idle, or the end."""
        self._cycle = None
        if self.transport.is_closing():
            return
        if not cycle.request_complete:
            self._linger()
        elif not cycle.keep_alive:
            self._end()
        elif self._waiting:
            self._start(self._waiting.popleft())
        elif self._refusal is not None:
            self._refuse(self._refusal)
        elif self._closing:
            self._end()
        else:
            now = self.loop.time()
            self._idle_since = now
            self._deadline = now + self._patience()
            self.resume_reading()

    def _patience(self) -> float:
        if self.callers.draining:
            return RECENT
        limits = self.callers.limits
        return limits.header_timeout if self._fed else limits.idle_timeout

    def _refuse(self, refusal: RequestRefused) -> None:
        """Answer what is no request, after the answers that are still owed, and close."""
        self._closing = True
        if self._cycle is not None:
            self._refusal = refusal
            return
        status, lines, body = self.callers.refuse(refusal)
        fields = b"".join(b"%b: %b\r\n" % line for line in lines)
        self.transport.write(
            b"%bConnection: close\r\n%b\r\n%b" % (_status_line(status), fields, body)
        )
        self._linger()

    def _end(self) -> None:
        self._closing = True
        self.transport.close()

    def _linger(self) -> None:
        """Close without a reset: a body still under way would make the kernel drop our answer."""
        self._closing = True
        self._remaining = 0
        if self.transport.is_closing():
            return
        self.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self._deadline = self.loop.time() + LINGER
        else:
            self.transport.close()

    def _pause_reading(self) -> None:
        if not self._reading_paused:
            self._reading_paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on, after the app has taken what was there."""
        if self._reading_paused and not self.transport.is_closing():
            self._reading_paused = False
            self.transport.resume_reading()

    def body_waits(self, size: int) -> None:
        """Stop reading while more than `BUFFER` bytes wait for the app."""
        if size > BUFFER:
            self._pause_reading()


class Cycle:
    """One request and its response, as ASGI sees them."""

    def __init__(
        self,
        connection: CallerConnection,
        scope: dict[str, Any],
        length: int,
        *,
        keep_alive: bool,
        continues: bool,
    ) -> None:
        self._connection = connection
        self._scope = scope
        self.length = length
        self.keep_alive = keep_alive
        self.task: asyncio.Task[None] | None = None
        self.request_complete = False
        self.fed = 0
        self._continues = continues
        self._chunks: list[bytes] = []
        self._waiting_bytes = 0
        self._delivered = False  # the app has been told that the body is complete
        self._broken: RequestRefused | None = None
        self._left = False
        self._arrived: asyncio.Future[None] | None = None
        self._head: list[bytes] | None = None
        self._started = False
        self.complete = False
        self._bodiless = scope["method"] == "HEAD"
        self._chunked = False
        self._framed = False
        self._promised: int | None = None

    async def run(self, app: App) -> None:
        """Run the app; whatever it does, the connection ends up in a defined state."""
        transport = self._connection.transport
        try:
            await app(self._scope, self.receive, self.send)
        except (asyncio.CancelledError, ConnectionAbortedError):
            transport.abort()
        except Exception:
            log.exception("the app failed")
            transport.abort()
        else:
            if not self.complete:
                transport.abort()
        self._connection.cycle_done(self)

    # -- the request -----------------------------------------------------------------------

    def feed(self, data: bytes, *, complete: bool) -> None:
        """Take a part of the body."""
        if data:
            self._chunks.append(data)
            self.fed += len(data)
            self._waiting_bytes += len(data)
            self._connection.body_waits(self._waiting_bytes)
        if complete:
            self.request_complete = True
        _wake(self._arrived)

    def break_body(self, refusal: RequestRefused) -> None:
        """Let the app know that the body will never be whole."""
        self._broken = refusal
        self.keep_alive = False
        _wake(self._arrived)

    def leave(self) -> None:
        """Cancel: the caller is gone."""
        self._left = True
        _wake(self._arrived)
        if self.task is not None and not self.complete:
            self.task.cancel()

    async def receive(self) -> Message:
        """Return the next part of the body, waiting for it."""
        if self._continues and not self._started:
            self._continues = False
            if not self._chunks and not self.request_complete:
                self._connection.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        while not self._chunks and not (self.request_complete and not self._delivered):
            if self._left or self.complete:
                return {"type": "http.disconnect"}
            if self._broken is not None and not self.request_complete:
                raise self._broken
            await self._more()
        data = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks = []
        self._waiting_bytes = 0
        self._delivered = self.request_complete
        if not self._delivered:
            self._connection.resume_reading()
        return {"type": "http.request", "body": data, "more_body": not self._delivered}

    async def _more(self) -> None:
        connection = self._connection
        self._arrived = connection.loop.create_future()
        if not self.request_complete:
            connection.resume_reading()
            connection.body_awaited(awaited=True)
        try:
            await self._arrived
        finally:
            self._arrived = None
            connection.body_awaited(awaited=False)

    # -- the response ----------------------------------------------------------------------

    async def send(self, message: Message) -> None:
        """Send a part of the response; the head waits for the first part of the body."""
        if message["type"] == "http.response.start":
            self._start(message)
            return
        connection = self._connection
        body: bytes = b"" if self._bodiless else message.get("body", b"")
        more: bool = message.get("more_body", False)
        parts: list[bytes] = []
        if self._head is not None:
            parts, self._head = self._head, None
            self._connect(parts, final=not more)
        if self._chunked and not self._bodiless:
            self._chunk(parts, body, more=more)
        elif body:
            parts.append(body)
        self._count(body, more=more)
        if parts:
            connection.transport.write(parts[0] if len(parts) == 1 else b"".join(parts))
        if not more:
            self.complete = True
        elif connection._writing_paused:  # noqa: SLF001  the same module
            await connection.drain()

    def _chunk(self, parts: list[bytes], body: bytes, *, more: bool) -> None:
        if body:
            parts += (b"%x\r\n" % len(body), body, b"\r\n")
        if not more:
            parts.append(b"0\r\n\r\n")

    def _count(self, body: bytes, *, more: bool) -> None:
        if self._promised is None:
            return
        self._promised -= len(body)
        if self._promised < 0 or (self._promised and not more):
            raise ConnectionAbortedError  # never look complete with another length than promised

    def _start(self, message: Message) -> None:
        status: int = message["status"]
        lines: Lines = message.get("headers", [])
        reason: bytes | None = message.get("reason")
        self._started = True
        line = _status_line(status) if reason is None else _own_status_line(status, reason)
        head = [line]
        framed = self._bodiless = self._bodiless or status in (204, 304)
        for name, value in lines:
            key = name.lower()
            if key == b"content-length":
                if not self._bodiless:
                    self._promised = int(value)
                framed = True
            elif key == b"transfer-encoding":
                if self._scope["http_version"] == "1.0":
                    continue  # RFC 9112 section 6.1: never to HTTP/1.0
                self._chunked = framed = True
            head += (name, b": ", value, b"\r\n")
        self._framed = framed
        self._head = head

    def _connect(self, head: list[bytes], *, final: bool) -> None:
        """Say how the body ends and what becomes of the connection."""
        old = self._scope["http_version"] == "1.0"
        if not self._framed:
            if old:
                self.keep_alive = False
            else:
                self._chunked = True
                head.append(b"Transfer-Encoding: chunked\r\n")
        if self._connection.callers.draining or (final and not self.request_complete):
            self.keep_alive = False
        if not self.keep_alive:
            head.append(b"Connection: close\r\n")
        elif old:
            head.append(b"Connection: keep-alive\r\n")
        head.append(b"\r\n")


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


def _address(value: Any) -> tuple[str, int | None] | None:  # noqa: ANN401  as sockets give it
    if isinstance(value, tuple) and len(value) >= 2:
        return str(value[0]), int(value[1])
    return (str(value), None) if value else None


_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode()
    for status in http.HTTPStatus
}


def _status_line(status: int) -> bytes:
    return _STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status


def _own_status_line(status: int, reason: bytes) -> bytes:
    return b"HTTP/1.1 %d %b\r\n" % (status, reason)
