"""One caller's connection.

Invariants: answers leave in the order of their requests, since one request runs at a time; after
a malformed byte nothing more is read; no more than `BUFFER` bytes of a body and one read wait here
in either direction, and `AHEAD` of further requests; a caller who is gone keeps no exchange.
"""

import asyncio
import contextlib
import math
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast
from urllib.parse import unquote

from uvicorn.server import ServerState

from proxy.asgi import App
from proxy.errors import RequestRefused
from proxy.http1.fields import Lines, serialised, values
from proxy.http1.framing import BUFFER, status_line
from proxy.http1.request import BodyPart, Peer, Request
from proxy.http1.request_parser import RequestParser
from proxy.listener.cycle import Cycle
from proxy.listener.half_close import QUIET, HalfClose, Sight, look
from proxy.listener.unread import unread
from proxy.memory import Budget, Claim
from proxy.memory.reading import SIP, read_as
from proxy.memory.rules import PLAIN, SECURED
from proxy.peer import peer_uid
from proxy.words import phrase, preferred

# Maximum bytes of pipelined requests to buffer. Reading goes on that far so as to notice that the
# caller has closed.
AHEAD = SIP
SMALL = 4_096  # bytes: what is smaller is not said to be held, until the next weighing finds it
STARVED = 2.0  # how long a caller may be stopped, for want of memory, before its turn is over
LINGER = 2.0  # how long the rest of an unwanted body is read, so that the answer is not reset
RECENT = 1.0  # a connection used this recently may have its next request under way at drain time


@dataclass(frozen=True, slots=True)
class ListenerLimits:
    """Bounds of one listener; seconds and connections."""

    header_timeout: float
    idle_timeout: float
    connections: int
    half_close_timeout: float


# What a request is answered that never became one: status, field lines, body.
Refuse = Callable[[RequestRefused], tuple[int, Lines, bytes]]


class Crowd(Protocol):
    """All connections of the listener that this one belongs to."""

    limits: ListenerLimits
    refuse: Refuse
    connections: "set[CallerConnection]"
    draining: bool
    budget: Budget

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Keep the timer running that calls `CallerConnection.sweep`."""

    def has_place(self, newcomer: "CallerConnection") -> bool:
        """Report whether there is a place for it, if need be that of one who gives way."""


class CallerConnection(asyncio.Protocol):
    """Runs the exchanges of one caller, one at a time."""

    # There may be thousands, of whom nothing comes: without a dictionary each takes 1 KiB less.
    __slots__ = (
        "_app",
        "_closing",
        "_deadline",
        "_drained",
        "_eof",
        "_half_close",
        "_idle_since",
        "_ignored",
        "_kept",
        "_kept_from",
        "_mark",
        "_moved_at",
        "_moves_seen",
        "_parser",
        "_peer",
        "_scope_base",
        "_server_state",
        "_stalled_at",
        "_stopped_at",
        "_uid",
        "_unread",
        "_unwritten",
        "_write_mark",
        "bare",
        "by_records",
        "callers",
        "cycle",
        "loop",
        "moves",
        "reading_paused",
        "transport",
        "writing_paused",
    )

    def __init__(
        self,
        callers: Crowd,
        app: App,
        server_state: ServerState,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.callers = callers
        self.loop = loop
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)
        self.writing_paused = False
        self.moves = 0  # how often something was read or written
        self.by_records = False  # TLS below reads one record at a time
        self._app = app
        self._server_state = server_state
        self._parser = RequestParser()
        self._scope_base: dict[str, Any] = {}
        self._peer = Peer()
        self._uid: int | None = None  # of the user at the other end of a Unix socket
        self.cycle: Cycle | None = None
        self._kept = b""  # bytes of further requests, from `_kept_from` on
        self._kept_from = 0
        self._closing = False  # what arrives is no request any more
        self._ignored = False
        self._eof = False
        self._half_close: HalfClose | None = None
        self._deadline = math.inf
        self._idle_since = loop.time()
        self.reading_paused = False
        self.bare = PLAIN
        self._moves_seen = 0
        self._moved_at = self._idle_since
        self._stopped_at = math.inf  # when a head came to be too large to be read on for now
        self._mark = BUFFER  # as it is being read; what is wanted may have changed
        self._write_mark = BUFFER
        self._drained: asyncio.Future[None] | None = None
        self._unread = 0  # bytes that wait in the kernel, while nothing is read
        self._unwritten = 0
        self._stalled_at = math.inf

    # -- asyncio's protocol interface ------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, or refuse it if there are too many."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=BUFFER)
        callers = self.callers
        if callers.budget.tight:
            self._adapt()
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
            # Places for what each request brings: a copy need not grow then.
            **dict.fromkeys(("http_version", "method", "raw_path", "path", "query_string")),
            **dict.fromkeys(("headers", "request")),
        }
        self._uid = peer_uid(transport.get_extra_info("socket"))
        if self._uid is not None:
            self._scope_base["uid"] = self._uid
        if self._scope_base["scheme"] == "https":
            self.bare = SECURED
        callers.budget.enter(self)
        if not callers.has_place(self):
            many = phrase("too-many-callers", most=callers.limits.connections)
            step, later = phrase("step.fewer-connections"), ((b"Retry-After", b"1"),)
            self._refuse(RequestRefused(503, "too-many-callers", many, step, later))

    def connection_lost(self, exc: Exception | None) -> None:
        """End what was under way for this caller."""
        del exc
        self.callers.connections.discard(self)
        self.callers.budget.leave(self)
        self._server_state.connections.discard(cast("Any", self))
        self._closing = True
        self._kept = b""
        self._parser.close()
        if self.cycle is not None:
            self.cycle.leave()
        self._wake()

    def data_received(self, data: bytes) -> None:
        """Parse what belongs to the request at hand; keep what comes after it."""
        self.moves += 1
        if self._closing:
            self._ignored = True
        elif self._kept:
            self._keep(self._kept[self._kept_from :] + data, 0)
        else:
            self._take(data, 0)

    def eof_received(self) -> bool:
        """Note that the caller sends no more; it may still read the answer that is owed."""
        self._eof = True
        cycle = self.cycle
        if cycle is None or not cycle.request_complete:
            return False
        self._half_closed()
        return self.transport.get_extra_info("sslcontext") is None

    def pause_writing(self) -> None:
        """Note that the caller does not keep up."""
        self.writing_paused = True
        self.callers.budget.hold(self.transport.get_write_buffer_size(), self)

    def resume_writing(self) -> None:
        """Note that the caller has caught up."""
        self.writing_paused = False
        self._wake()
        if self.cycle is None and not self._closing:
            self._next()

    def write(self, data: bytes) -> None:
        """Send a part of the answer."""
        if data:
            self.moves += 1
            self.transport.write(data)

    async def drain(self) -> None:
        """Wait until the caller has taken enough of the answer."""
        while self.writing_paused and not self.transport.is_closing():
            self._drained = self.loop.create_future()
            try:
                await self._drained
            finally:
                self._drained = None

    def _wake(self) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

    # -- requests --------------------------------------------------------------------------

    def _take(self, data: bytes, start: int) -> None:
        size = len(data)
        waited_for = self._parser.size  # a part of this head has come before
        try:
            while start < size and not self._closing:
                cycle = self.cycle
                if cycle.request_complete if cycle is not None else self.writing_paused:
                    self._keep(data, start)
                    return
                event, start = self._parser.feed(data, start)
                if isinstance(event, Request):
                    self._begin(event, size - start)
                elif event is not None:
                    self._body(event)
        except RequestRefused as refusal:
            self._refuse(refusal)
            return
        self._ignored = start < size
        if self._parser.size:
            self._wait_for_head(size, begun=not waited_for)

    def _wait_for_head(self, size: int, *, begun: bool) -> None:
        """Keep ``size`` more bytes of a head that is not whole."""
        if begun:
            self._deadline = self.loop.time() + self.callers.limits.header_timeout
        budget = self.callers.budget
        if self._parser.size > SMALL:
            budget.hold(size, self)
        if budget.tight and self._parser.size > SIP and not self._closing:
            self._stopped_at = self.loop.time()
            self._pause_reading()

    def _keep(self, data: bytes, start: int) -> None:
        """Keep bytes of the next request until the answer to this one is out."""
        self._kept, self._kept_from = data, start
        if len(data) - start > AHEAD:
            self._pause_reading()
        if len(data) > SMALL:
            self.callers.budget.hold(len(data), self)

    def _begin(self, request: Request, following: int) -> None:
        """Start the exchange of a request whose head is there, with so many bytes behind it."""
        scope = self._scope_base.copy()
        scope["http_version"] = request.version
        scope["method"] = request.method
        path = scope["raw_path"] = request.path
        scope["path"] = unquote(path.decode("latin-1")) if b"%" in path else path.decode("latin-1")
        scope["query_string"] = request.target[len(path) + 1 :]
        scope["headers"] = request.section.lines
        scope["request"] = request
        request.scheme = scope["scheme"]
        request.server = scope["server"]
        request.peer = self._peer
        if self._uid is not None:
            request.uid = self._uid
        request.crowded = 0 <= request.framing < following
        if not self._bears(request, following):
            self._refuse(_no_room(request))
            return
        cycle = self.cycle = Cycle(self, scope, request)
        if cycle.request_complete:
            self._closing = not cycle.keep_alive
        else:
            request.body = cycle
        self._deadline = math.inf
        # Owned here: cancelled when the caller leaves, and known to uvicorn for the drain. It runs
        # in the loop's next turn: started at once, as Python 3.12 can, an exchange costs 5 to 15 %
        # more of the processor, since the stages of many no longer follow each other.
        task = cycle.task = self.loop.create_task(cycle.run(self._app))
        self._server_state.tasks.add(task)

    def _bears(self, request: Request, following: int) -> bool:
        """Report whether there is room for a request: a small one that is whole always fits."""
        budget = self.callers.budget
        if request.size > SMALL:
            budget.hold(request.weigh())
        if not budget.tight or self._peer.known:
            return True
        whole = 0 <= request.framing <= following
        return request.size <= SIP and (whole or not budget.over)

    def _body(self, part: BodyPart) -> None:
        """Hand on a part of the body."""
        cycle, budget = cast("Cycle", self.cycle), self.callers.budget
        cycle.feed(part.data, complete=part.last)
        if part.last:
            self._closing = not cycle.keep_alive
        elif cycle.waiting_bytes > budget.mark:
            self._pause_reading()
        if cycle.waiting_bytes > SMALL:
            budget.hold(len(part.data), self)

    @property
    def draining(self) -> bool:
        """Whether the listener is to take no more requests."""
        return self.callers.draining

    def body_awaited(self, *, awaited: bool) -> None:
        """Watch the caller while its body is waited for."""
        limit = self.callers.limits.idle_timeout
        self._deadline = self.loop.time() + limit if awaited else math.inf

    def cycle_done(self, cycle: Cycle) -> None:
        """Go on after an exchange: the next in the pipeline, idle, or the end."""
        self.cycle = None
        # Not by a callback of the task: it would cost another turn of the loop.
        self._server_state.tasks.discard(cast("asyncio.Task[None]", cycle.task))
        if self.transport.is_closing():
            return
        if not cycle.request_complete or (not cycle.keep_alive and (self._ignored or self._kept)):
            self._linger()
        elif not cycle.keep_alive:
            self._end()
        else:
            self._idle_since = self.loop.time()
            self._next()

    def _next(self) -> None:
        if self.writing_paused:
            return  # not before the caller has taken the last answer
        if self._kept:
            data, self._kept = self._kept, b""
            self._take(data, self._kept_from)
        if len(self._kept) - self._kept_from <= AHEAD:
            self.resume_reading()
        if self.cycle is not None or self._closing:
            return
        if self._eof:
            self._end()
        elif not self._parser.size:
            limit = RECENT if self.callers.draining else self.callers.limits.idle_timeout
            self._deadline = self._idle_since + limit

    # -- the end ---------------------------------------------------------------------------

    def _refuse(self, refusal: RequestRefused) -> None:
        """Answer what is no request and close; inside a body its exchange gives the answer."""
        self._closing = True
        if not refusal.method:
            refusal.language = preferred(values(self._parser.lines, b"accept-language"))
        self._parser.forget()
        if self.cycle is not None:
            self.cycle.break_body(refusal)
            return
        status, lines, body = self.callers.refuse(refusal)
        kept = serialised([line for line in lines if line[0] != b"Connection"])
        if refusal.method == "HEAD":
            body = b""
        self.transport.write(b"%bConnection: close\r\n%b\r\n%b" % (status_line(status), kept, body))
        self._linger()

    def _end(self) -> None:
        self._closing = True
        self.transport.close()

    def _linger(self) -> None:
        """Close without a reset: bytes still under way would make the kernel drop our answer."""
        self._closing = True
        if self.transport.is_closing():
            return
        self.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._deadline = self.loop.time() + LINGER

    def cut(self, *, reset: bool) -> None:
        """Abort; with ``reset`` so that the caller cannot take it for the end of the answer."""
        if reset and not self.transport.is_closing():
            sock = self.transport.get_extra_info("socket")
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def shutdown(self) -> None:
        """Finish what is under way, then close (uvicorn calls this when the drain begins)."""
        if self.cycle is not None or self._kept:
            return
        now = self.loop.time()
        if self._closing:
            self.transport.close()
        elif self._parser.size or now - self._idle_since < RECENT:
            self._deadline = min(self._deadline, now + RECENT)
        else:
            self.transport.close()

    def time_over(self) -> None:
        """End the exchange under way: the app may answer why, if no answer has begun."""
        if self.cycle is not None and self.cycle.task is not None:
            self.cycle.task.cancel()
        else:
            self.transport.close()

    # -- as one of those who hold memory ---------------------------------------------------

    def weigh(self) -> int:
        """Return how many bytes of memory it takes beside, with all that waits on it."""
        weight = len(self._kept) + self._unread
        weight += self.transport.get_write_buffer_size()
        if self._parser.size:
            weight += self._parser.weigh()
        if self.cycle is not None:
            weight += self.cycle.weigh()
        return weight

    def claim(self, now: float) -> Claim | None:
        """Return what could be freed if it gave way; None if it must not."""
        if self.transport.is_closing():
            return None
        if self.cycle is None or self.cycle.may_give_way:
            weight = self.weigh()
            if self.writing_paused:  # as much of the answer waits at the upstream's connection
                weight += self.transport.get_write_buffer_size()
        elif self._kept:
            weight = len(self._kept)
        else:
            return None
        return Claim(self.bare + weight, weight, self._peer.known, now - self._moved_at)

    def stalls(self, now: float) -> float:
        """Return for how long an answer has not been taken that need not be; 0 if it moves."""
        cycle = self.cycle
        if cycle is None or not self.writing_paused or not cycle.may_give_way:
            return 0.0
        return now - self._moved_at

    def give_way(self) -> bool:
        """Let go: of further requests, of this one, of the connection; return whether of that."""
        cycle = self.cycle
        if cycle is not None:
            self._ignored = self._ignored or bool(self._kept)
            self._kept = b""
            self._closing = True
            cycle.keep_alive = False
            if cycle.may_give_way:
                cycle.give_way(_no_room())
        elif self._parser.begun and not self._closing:
            self._refuse(_no_room())
        else:
            self.transport.abort()
            return True
        return False

    # -- time ------------------------------------------------------------------------------

    def sweep(self, now: float) -> None:
        """Act on whatever took too long; let less wait for the caller while there is much."""
        if self.moves != self._moves_seen:
            self._moves_seen, self._moved_at = self.moves, now
        mark = self.callers.budget.mark
        settled = self.reading_paused or self._eof or self.transport.is_closing()
        if self._mark != mark and not settled:
            self.transport.pause_reading()
            self._adapt()
            self.transport.resume_reading()
        self._unread = unread(self.transport) if self.reading_paused else 0
        if now > self._stopped_at:
            self._stopped(now)
        if self._write_mark != mark:
            self._write_mark = mark
            self.transport.set_write_buffer_limits(high=mark if mark == BUFFER else mark // 2)
        unwritten = self.transport.get_write_buffer_size()
        if unwritten == 0 or unwritten != self._unwritten:  # slow, but moving
            self._unwritten = unwritten
            self._stalled_at = now + self.callers.limits.idle_timeout
        elif now > self._stalled_at:
            self.transport.abort()
        self._look(now)
        if now > self._deadline:
            self._deadline = math.inf
            self._late()

    def _look(self, now: float) -> None:
        """Abort if the caller is gone, where the event loop hears nothing of it."""
        if not (self.reading_paused or self._eof) or self.transport.is_closing():
            return
        sight = look(self.transport)
        if sight is Sight.GONE:
            self.transport.abort()
        elif sight is Sight.ENDED:
            self._half_closed()
        if self._half_close is not None and now - self._moved_at > QUIET and not self._unwritten:
            self._question(self._half_close, now)

    def _half_closed(self) -> None:
        """Note, once, that the caller sends no more: from now on its silence is counted."""
        if self._half_close is None:
            self._half_close = HalfClose(self.transport)
            self._moved_at = self.loop.time()

    def _question(self, half_close: HalfClose, now: float) -> None:
        """Ask a silent caller that sends no more; where that cannot be, wait for a time."""
        cycle = self.cycle
        if cycle is not None and cycle.interim_fits:
            half_close.ask(now)
        elif cycle is None or now - self._moved_at > self.callers.limits.half_close_timeout:
            self.transport.abort()

    def _stopped(self, now: float) -> None:
        """Read on if there is room again; else give way when that has lasted.

        A known caller is read on slowly: strangers give way before it, when the budget is used up.
        """
        budget, known = self.callers.budget, self._peer.known
        if not budget.tight or (known and not budget.over):
            self.resume_reading()
        elif now > self._stopped_at + STARVED and not known:
            self.give_way()

    def _late(self) -> None:
        cycle = self.cycle
        if cycle is not None:
            limit = self.callers.limits.idle_timeout
            cycle.break_body(
                RequestRefused(
                    408,
                    "body-timeout",
                    phrase("body-timeout", seconds=limit),
                    phrase("step.faster-body"),
                )
            )
        elif self._closing or not self._parser.begun:
            self.transport.close()
        else:
            limit = self.callers.limits.header_timeout
            self._refuse(
                RequestRefused(
                    408,
                    "header-timeout",
                    phrase("header-timeout", seconds=limit),
                    phrase("step.faster-headers"),
                )
            )

    # -- back-pressure ---------------------------------------------------------------------

    def _pause_reading(self) -> None:
        if not self.reading_paused:
            self.reading_paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on, after the app has taken what was there."""
        if self.reading_paused and not self.transport.is_closing():
            self.reading_paused = False
            self._unread = 0
            self._stopped_at = math.inf
            if self._mark != self.callers.budget.mark:
                self._adapt()
            self.transport.resume_reading()

    def _adapt(self) -> None:
        self._mark = self.callers.budget.mark
        if not self.by_records:
            read_as(self, self.transport, self._mark)


def _no_room(request: Request | None = None) -> RequestRefused:
    later = ((b"Retry-After", b"1"),)
    refusal = RequestRefused(503, "memory", phrase("memory"), phrase("step.memory"), later)
    if request is not None:
        refusal.method, refusal.target = request.method, request.target
        refusal.language = preferred(values(request.section.lines, b"accept-language"))
    return refusal


def _address(value: Any) -> tuple[str, int | None] | None:  # noqa: ANN401  as sockets give it
    if isinstance(value, tuple) and len(value) >= 2:
        return str(value[0]), int(value[1])
    return (str(value), None) if value else None
