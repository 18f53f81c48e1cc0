"""One caller's connection.

Invariants: `state` changes in `_become` alone, and only as `state.NEXT` allows
(docs/connections.md); answers leave in the order of their requests, since one request runs at a
time; after a malformed byte nothing more is read; no more than `BUFFER` bytes of a body and one
read wait here in either direction, and `AHEAD` of further requests; a caller who is gone keeps no
exchange.
"""

import asyncio
import contextlib
import inspect
import logging
import math
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast

from proxy.asgi import App, Send
from proxy.errors import RequestRefused
from proxy.http1.fields import SAFE, serialised, values
from proxy.http1.framing import CHUNKED, HEAD_END, status_line
from proxy.http1.request import BodyPart, Request
from proxy.http1.request_parser import RequestParser
from proxy.listener.cycle import Cycle
from proxy.listener.half_close import QUIET, HalfClose, Sight, look
from proxy.listener.refusals import late_body, late_head, no_room, too_many
from proxy.listener.scope import ScopeOfConnection
from proxy.listener.state import (
    ANSWER,
    BODY,
    CLOSED,
    ENDING,
    HEAD,
    IDLE,
    LAST,
    NEXT,
    OPENED,
    STOPPED,
    UNTAKEN,
    CallerState,
)
from proxy.listener.turns import LATER, SOON, URGENT
from proxy.memory import Claim
from proxy.memory.flow import Flow
from proxy.memory.kernel import forget
from proxy.memory.reading import SIP
from proxy.memory.rules import EXCHANGE, FOR_NOTHING, PLAIN, SECURED
from proxy.words import preferred

if TYPE_CHECKING:
    from uvicorn.server import ServerState

    from proxy.listener.connections import Callers

log = logging.getLogger("proxy.listener")

Serve = Callable[[Request, Send], Awaitable[None]]

# Maximum bytes of pipelined requests to buffer. Reading goes on that far so as to notice that the
# caller has closed.
AHEAD = SIP
# Seconds that a request costs its turn's share of reads: it runs in the next. Without that, a turn
# began a hundred of them.
BEGUN = 0.0001
SMALL = 4_096  # bytes: a smaller addition is not reported; the next weighing finds it
QUICK = 2_048  # bytes: a smaller read is parsed at once, whatever is in it
STARVED = 2.0  # seconds for which a caller may be stopped, for want of memory
_ONLY_READS = tuple(f"{method} ".encode() for method in sorted(SAFE))
LINGER = (
    2.0  # seconds for which the rest of an unwanted body is read, so that the answer is not reset
)
RECENT = (
    1.0  # seconds: a connection used since then may have its next request under way at drain time
)


class CallerConnection(asyncio.Protocol):
    """Runs the exchanges of one caller, one at a time."""

    # There may be thousands, of whom nothing comes: without a dictionary each takes 1 KiB less.
    __slots__ = (
        "_app",
        "_callers",
        "_cycle",
        "_deadline",
        "_dropped",
        "_eof",
        "_half_close",
        "_idle_since",
        "_kept",
        "_kept_from",
        "_loop",
        "_moved_at",
        "_moves_seen",
        "_parser",
        "_scope",
        "_serve",
        "_server_state",
        "_stalled_at",
        "_stopped_at",
        "_unwritten",
        "bare",
        "flow",
        "state",
        "transport",
    )

    def __init__(
        self,
        callers: "Callers",
        app: App,
        server_state: "ServerState",
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.state = OPENED
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)
        self.flow = Flow(callers.budget)
        self.bare = PLAIN
        self._callers = callers
        self._app = app
        # An app of ours takes the request itself: a scope would cost a fortieth of an exchange.
        self._serve: Serve | None = getattr(app, "serve", None)
        self._server_state = server_state
        self._loop = loop
        self._scope: ScopeOfConnection = cast("ScopeOfConnection", None)
        self._parser = RequestParser(callers.heads)
        self._cycle: Cycle | None = None
        self._kept = b""  # bytes of further requests, from `_kept_from` on
        self._kept_from = 0
        self._dropped = False  # something has come that is not answered
        self._eof = False
        self._half_close: HalfClose | None = None
        self._deadline = math.inf
        self._idle_since = self._moved_at = loop.time()
        self._moves_seen = 0
        self._stopped_at = math.inf
        self._unwritten = 0
        self._stalled_at = math.inf

    def _become(self, state: CallerState, deadline: float = math.inf) -> None:
        """Change the state, which may last until ``deadline``."""
        if state not in NEXT[self.state]:
            raise RuntimeError(f"a connection that is {self.state.name} becomes {state.name}")
        self.state = state
        self._deadline = deadline

    # -- asyncio's protocol interface ------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, or refuse it if there are too many."""
        self.transport = cast("asyncio.Transport", transport)
        callers, flow = self._callers, self.flow
        flow.begin(self, self.transport)
        if callers.budget.tight:
            flow.adapt()
        callers.connections.add(self)
        self._server_state.connections.add(cast("Any", self))
        self._deadline = self._loop.time() + callers.limits.header_timeout
        callers.watch(self._loop)
        self._scope = ScopeOfConnection(transport)
        if self._scope.secured:
            self.bare = SECURED
        callers.budget.enter(self)
        if not callers.has_place(self):
            self._refuse(too_many(callers.limits.connections))

    def connection_lost(self, exc: Exception | None) -> None:
        """End what was under way for this caller."""
        del exc
        self._callers.connections.discard(self)
        self._callers.budget.leave(self)
        self._server_state.connections.discard(cast("Any", self))
        self._become(CLOSED)
        self._kept = b""
        self._parser.close()
        if (cycle := self._cycle) is not None:
            cycle.leave()
            self._forget_unbegun(cycle.task)
        self.flow.end()

    def _forget_unbegun(self, task: "asyncio.Task[None] | None") -> None:
        """Forget a task that is cancelled before its first step, and will run nothing of `_run`.

        On Windows a reset can come in the turn of the request before it, and the drain would wait
        for such a task to the end of its time.
        """
        if (
            task is not None
            and inspect.getcoroutinestate(cast("Any", task.get_coro())) == inspect.CORO_CREATED
        ):
            self._server_state.tasks.discard(task)

    def data_received(self, data: bytes) -> None:
        """Parse what belongs to the request at hand; keep what comes after it."""
        self.flow.moves += 1
        if self.state >= LAST:
            self._drop()
        elif self._kept:
            self._keep(self._kept[self._kept_from :] + data, 0)
        elif len(data) <= QUICK and not self._callers.budget.tight:
            self._take(data, 0)
        else:
            self._take_in_turn(data, 0)

    def eof_received(self) -> bool:
        """Note that the caller sends no more; it may still read the answer that is owed."""
        self._eof = True
        cycle = self._cycle
        owed = self.state is UNTAKEN if cycle is None else cycle.request_complete
        if not (owed or self._parked):
            self.flow.write_out()
            return False
        self._half_closed()
        return not self._scope.secured

    def pause_writing(self) -> None:
        """Note that the caller does not keep up."""
        self.flow.pause_writing()
        self._callers.budget.hold(self.flow.unwritten, self)

    def resume_writing(self) -> None:
        """Note that the caller has caught up."""
        self.flow.resume_writing()
        if self.state is UNTAKEN:
            self._rest()

    def _drop(self) -> None:
        """Drop what came; read on in turn only.

        The event loop would read all that thousands send before it does anything else.
        """
        self._dropped = True
        self.flow.pause_reading()
        self._callers.drops.take(self._forget)

    def _forget(self) -> None:
        """Drop more, in its turn; read on when nothing else waits."""
        if not self._scope.secured and not self.transport.is_closing() and forget(self.transport):
            self._callers.drops.take(self._forget)
        else:
            self.flow.resume_reading()

    # -- requests --------------------------------------------------------------------------

    @property
    def _parked(self) -> bool:
        """Whether what is kept waits for its turn to be parsed, and not for an answer."""
        return self.state < ANSWER and bool(self._kept)

    def _take_in_turn(self, data: bytes, start: int) -> None:
        """Parse at once what costs little; what may cost milliseconds only if there is time now.

        Hundreds of connections may have such a read in one turn of the event loop. Nothing more is
        read of this one meanwhile.
        """
        reads = self._callers.reads
        if self._quick(data, start) or reads.has_time():
            self._take(data, start)
            return
        self.flow.pause_reading()
        reads.take(self._take_parked, self._when(data, start))
        self._keep(data, start)

    def _when(self, data: bytes, start: int) -> str:
        """Say which reads go first: of strangers', short ones, unless the request only reads."""
        if self._scope.peer.known:
            return URGENT
        if len(data) - start > QUICK:
            return LATER
        return SOON if data.startswith(_ONLY_READS, start) else URGENT

    def _quick(self, data: bytes, start: int) -> bool:
        """Report whether little comes of it: short reads, bodies of known length, short heads.

        While memory is short, short heads wait as well: else thousands would begin in one turn of
        the loop, before the first of those that give way for them has left.
        """
        if self._parser.counts or self.state >= ANSWER:
            return True
        if self._callers.budget.tight:
            return False
        if len(data) - start <= QUICK:
            return True
        if self.state > HEAD or data[start] in b"\r\n":  # empty lines end no head
            return False
        return data.find(HEAD_END, start, start + QUICK) >= 0

    def _take_parked(self) -> None:
        """Parse what has waited for its turn, unless nobody wants it any more."""
        if self._parked and not self.transport.is_closing():
            data, self._kept = self._kept, b""
            self._take(data, self._kept_from)
            self._read_on()

    def _take(self, data: bytes, start: int) -> None:
        size = len(data)
        try:
            while start < size and self.state < LAST:
                if self.state >= ANSWER:
                    self._keep(data, start)
                    return
                event, start = self._parser.feed(data, start)
                if isinstance(event, Request):
                    start = self._begin(event, data, start)
                    if event.framing == CHUNKED and self.state is BODY and start < size:
                        self._take_in_turn(data, start)
                        return
                elif event is not None:
                    self._body(event)
        except RequestRefused as refusal:
            self._refuse(refusal)
            return
        self._dropped = start < size
        if self._parser.size:
            self._wait_for_head(size)

    def _wait_for_head(self, size: int) -> None:
        """Keep ``size`` more bytes of a head that is not whole."""
        if self.state is not HEAD:
            self._become(HEAD, self._loop.time() + self._callers.limits.header_timeout)
        budget = self._callers.budget
        if self._parser.size > SMALL:
            budget.hold(size, self)
        if budget.tight and self._parser.size > SIP and self.state is HEAD:
            self._stopped_at = self._loop.time()
            self._become(STOPPED, self._deadline)
            self.flow.pause_reading()

    def _keep(self, data: bytes, start: int) -> None:
        """Keep bytes of the next request until the answer to this one is out."""
        self._kept, self._kept_from = data, start
        if len(data) - start > AHEAD:
            self.flow.pause_reading()
        if len(data) > SMALL:
            self._callers.budget.hold(len(data), self)

    def _begin(self, request: Request, data: bytes, start: int) -> int:
        """Start the exchange of a request whose head is there; ``data`` goes on at ``start``.

        Return the place after its body, if all of that has come, as with most requests.
        """
        following = len(data) - start
        self._scope.introduce(request)
        request.crowded = 0 <= request.framing < following
        if not self._bears(request, following):
            self._refuse(no_room(request))
            return start
        cycle = self._cycle = Cycle(self.flow, self._callers, request)
        if request.framing:
            request.body = cycle
            if 0 < request.framing <= following:
                body, start = self._parser.body(data, start)
                cycle.feed(body, complete=True)
        if cycle.request_complete:
            self._become(ANSWER if cycle.keep_alive else LAST)
        else:
            self._become(BODY)
        # Owned here: cancelled when the caller leaves, and known to uvicorn for the drain. It runs
        # in the loop's next turn: started at once, as Python 3.12 can, an exchange costs 5 to 15 %
        # more of the processor, since the stages of many no longer follow each other.
        task = cycle.task = self._loop.create_task(self._run(cycle, request))
        self._server_state.tasks.add(task)
        if cycle.waiting_bytes > SMALL:
            self._callers.budget.hold(cycle.waiting_bytes, self)
        return start

    def _bears(self, request: Request, following: int) -> bool:
        """Report whether there is room for a request: a small one that is whole always fits."""
        budget = self._callers.budget
        if request.size > SMALL:
            budget.hold(request.weigh())
        if not budget.tight and len(self._server_state.tasks) < budget.few:
            return True
        self._callers.reads.spend(BEGUN)
        budget.hold(EXCHANGE)
        if not budget.tight or self._scope.peer.known:
            return True
        whole = 0 <= request.framing <= following
        return request.size <= SIP and (whole or not budget.over)

    def _body(self, part: BodyPart) -> None:
        """Hand on a part of the body."""
        cycle, budget = cast("Cycle", self._cycle), self._callers.budget
        cycle.feed(part.data, complete=part.last)
        if part.last:
            self._become(ANSWER if cycle.keep_alive else LAST)
        elif cycle.waiting_bytes > budget.mark:
            self.flow.pause_reading()
        if cycle.waiting_bytes > SMALL:
            budget.hold(len(part.data), self)

    async def _run(self, cycle: Cycle, request: Request) -> None:
        """Run the app; whatever it does, the connection ends up in a defined state."""
        try:
            if self._serve is not None:
                await self._serve(request, cycle.send)
            else:
                await self._app(self._scope.of(request), cycle.receive, cycle.send)
        except (asyncio.CancelledError, ConnectionAbortedError):
            cycle.complete = False
        except Exception:
            log.exception("the app failed")
            cycle.complete = False
        if not cycle.complete:
            self._cut(reset=cycle.ends_with_connection)
        cycle.forget()
        self._done(cycle)

    def _done(self, cycle: Cycle) -> None:
        """Go on after an exchange: the next in the pipeline, idle, or the end."""
        self._cycle = None
        # Not by a callback of the task: it would cost another turn of the loop.
        self._server_state.tasks.discard(cast("asyncio.Task[None]", cycle.task))
        if self.transport.is_closing():
            return
        if not cycle.request_complete or (not cycle.keep_alive and (self._dropped or self._kept)):
            self._linger()
        elif not cycle.keep_alive:
            self._end()
        elif self.flow.writing_paused:
            self._idle_since = self._loop.time()
            self._become(UNTAKEN)
        else:
            self._rest()

    def _rest(self) -> None:
        """Wait for the next request, or begin it: the caller has taken the last answer."""
        callers, now = self._callers, self._loop.time()
        self._idle_since = now
        self._become(IDLE, now + (RECENT if callers.draining else callers.limits.idle_timeout))
        if self._kept:
            data, self._kept = self._kept, b""
            self._take_in_turn(data, self._kept_from)
        if self._eof or self.flow.reading_paused:
            self._read_on()

    def _read_on(self) -> None:
        """Go on when what was kept is parsed: read on, unless enough waits; or end."""
        if self._parked:
            return
        cycle, waiting = self._cycle, len(self._kept) - self._kept_from
        full = cycle is not None and cycle.waiting_bytes > self._callers.budget.mark
        if self.state is not STOPPED and waiting <= AHEAD and not full:
            self.flow.resume_reading()
        if self._eof and self.state in (IDLE, HEAD):
            self._end()
        elif self._eof and self.state is BODY:  # the rest will never come
            self.flow.close()

    # -- the end ---------------------------------------------------------------------------

    def _refuse(self, refusal: RequestRefused) -> None:
        """Answer what is no request and close; inside a body its exchange gives the answer."""
        if not refusal.method:
            refusal.language = preferred(values(self._parser.lines, b"accept-language"))
        self._parser.forget()
        if self._cycle is not None:
            self._become(LAST)
            self._cycle.break_body(refusal)
            return
        status, lines, body = self._callers.refuse(refusal)
        kept = serialised([line for line in lines if line[0] != b"Connection"])
        if refusal.method == "HEAD":
            body = b""
        self.flow.write(b"%bConnection: close\r\n%b\r\n%b" % (status_line(status), kept, body))
        self._linger()

    def _end(self) -> None:
        self._become(ENDING)
        self.flow.close()

    def _linger(self) -> None:
        """Close without a reset: bytes still under way would make the kernel drop our answer."""
        self._become(ENDING, self._loop.time() + LINGER)
        self.flow.write_out()
        if self.transport.is_closing():
            return
        self.flow.drops = True
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def _cut(self, *, reset: bool) -> None:
        """Abort; with ``reset`` so that the caller cannot take it for the end of the answer."""
        if reset and not self.transport.is_closing():
            sock = self.transport.get_extra_info("socket")
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.flow.abort()

    def shutdown(self) -> None:
        """Finish what is under way, then close (uvicorn calls this when the drain begins)."""
        if self._cycle is not None or (self._kept and not self._parked):
            return
        now = self._loop.time()
        if (
            self.state in (HEAD, STOPPED)
            or self._parked
            or (self.state is not ENDING and now - self._idle_since < RECENT)
        ):
            self._deadline = min(self._deadline, now + RECENT)
        else:
            self.flow.close()

    def time_over(self) -> None:
        """End the exchange under way: the app may answer why, if no answer has begun."""
        if self._cycle is not None and self._cycle.task is not None:
            self._cycle.task.cancel()
        else:
            self.flow.close()

    # -- as one of those who hold memory ---------------------------------------------------

    def weigh(self) -> int:
        """Return how many bytes of memory it takes beside, with all that waits on it."""
        weight = len(self._kept) + self.flow.weigh()
        if self._parser.size:
            weight += self._parser.weigh()
        if self._cycle is not None:
            weight += self._cycle.weigh()
        return weight

    def claim(self, now: float) -> Claim | None:
        """Return what could be freed if it gave way; None if it must not."""
        if self.transport.is_closing():
            return None
        if self._cycle is None or self._cycle.may_give_way:
            weight = self.weigh()
            if self.flow.writing_paused:  # as much of the answer waits at the upstream's connection
                weight += self.flow.unwritten
        elif self._kept and not self._parked:  # of a body under way nothing is dropped
            weight = len(self._kept)
        else:
            return None
        known, changes, still = self._scope.peer.known, False, now - self._moved_at
        if self._cycle is not None:
            changes = self._cycle.changes
            if self._cycle.only_waits:
                still += FOR_NOTHING
        return Claim(self.bare + weight, weight, known, still, changes)

    def stalls(self, now: float) -> float:
        """Return for how long an answer has not been taken that need not be; 0 if it moves."""
        cycle = self._cycle
        if cycle is None or not self.flow.writing_paused or not cycle.may_give_way:
            return 0.0
        return now - self._moved_at

    def give_way(self) -> bool:
        """Let go: of further requests, of this one, of the connection; return whether of that."""
        cycle, begun = self._cycle, self._parser.begun or self._parked
        if cycle is not None:
            self._dropped = self._dropped or bool(self._kept)
            self._kept = b""
            cycle.keep_alive = False
            if self.state is not LAST:
                self._become(LAST)
            if cycle.may_give_way:
                self._give_up(cycle)
        elif begun and self.state is not ENDING:
            self._kept = b""
            self._refuse(no_room())
        else:
            self.flow.abort()
            return True
        return False

    def _give_up(self, cycle: Cycle) -> None:
        """End an exchange for others; the app says why, if it still can."""
        if cycle.hurry():
            return
        if cycle.give_way(no_room()) and cycle.task is not None:
            # In its turn: before its first step there is nobody yet to say why.
            self._loop.call_soon(cycle.task.cancel)
        else:
            self._cut(reset=True)

    # -- time ------------------------------------------------------------------------------

    def sweep(self, now: float) -> None:
        """Act on whatever took too long; let less wait for the caller while there is much."""
        flow = self.flow
        if flow.moves != self._moves_seen:
            self._moves_seen, self._moved_at = flow.moves, now
        if not (flow.reading_paused or self._eof or self.transport.is_closing()):
            flow.follow()
        flow.follow_writing()
        flow.look_below()
        if self.state is STOPPED:
            self._stopped(now)
        unwritten = flow.unwritten
        if unwritten == 0 or unwritten != self._unwritten:  # slow, but moving
            self._unwritten = unwritten
            self._stalled_at = now + self._callers.limits.idle_timeout
        elif now > self._stalled_at:
            self.flow.abort()
        self._look(now)
        self._look_at_time(now)

    def _stopped(self, now: float) -> None:
        """Read on if there is room again; else give way when that has lasted.

        A known caller is read on slowly: strangers give way before it, when the budget is used up.
        """
        budget, known = self._callers.budget, self._scope.peer.known
        if not budget.tight or (known and not budget.over):
            self._become(HEAD, self._deadline)
            self.flow.resume_reading()
        elif now > self._stopped_at + STARVED and not known:
            self.give_way()

    def _look(self, now: float) -> None:
        """Abort if the caller is gone, where the event loop hears nothing of it."""
        if not (self.flow.reading_paused or self._eof) or self.transport.is_closing():
            return
        sight = look(self.transport)
        if sight is Sight.GONE:
            self.flow.abort()
        elif sight is Sight.ENDED:
            self._half_closed()
        quiet = now - self._moved_at > QUIET and not (self._unwritten or self._parked)
        if self._half_close is not None and quiet:
            self._question(self._half_close, now)

    def _half_closed(self) -> None:
        """Note, once, that the caller sends no more: from now on its silence is counted."""
        if self._half_close is None:
            self._half_close = HalfClose(self.transport)
            self._moved_at = self._loop.time()

    def _question(self, half_close: HalfClose, now: float) -> None:
        """Ask a silent caller that sends no more; where that cannot be, wait for a time."""
        cycle = self._cycle
        if cycle is not None and cycle.interim_fits:
            half_close.ask(now)
        elif cycle is None or now - self._moved_at > self._callers.limits.half_close_timeout:
            self.flow.abort()

    def _look_at_time(self, now: float) -> None:
        limits, cycle = self._callers.limits, self._cycle
        if cycle is not None:
            if now - cycle.waits_since > limits.idle_timeout:
                cycle.break_body(late_body(limits.idle_timeout))
        elif now <= self._deadline:
            return
        elif self.state is ENDING or not self._parser.begun:
            self.flow.close()
        else:
            self._refuse(late_head(limits.header_timeout))
