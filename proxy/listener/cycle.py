"""One request and its response, as ASGI sees them.

Invariant: a body that breaks off, in either direction, never looks complete to the other side.
"""

import asyncio
import logging
from typing import Any, Protocol

from proxy.asgi import App, Message
from proxy.errors import RequestRefused
from proxy.http1.fields import SAFE, Lines, NameTable, serialised
from proxy.http1.framing import (
    CHUNKED,
    CONTINUE,
    OBJECT,
    UNTIL_CLOSE,
    chunk,
    continues,
    status_line,
)
from proxy.http1.request import BodyPart, CallerLeft, Request
from proxy.memory.rules import EXCHANGE

log = logging.getLogger("proxy.listener")

_FRAMING = NameTable(onward=(b"content-length", b"transfer-encoding"), stop=(b"connection",))


class Wire(Protocol):
    """The connection that a cycle runs on."""

    loop: asyncio.AbstractEventLoop
    writing_paused: bool

    @property
    def draining(self) -> bool:
        """Whether the listener is to take no more requests."""

    def write(self, data: bytes) -> None:
        """Send a part of the answer."""

    async def drain(self) -> None:
        """Wait until the caller has taken enough of the answer."""

    def cut(self, *, reset: bool) -> None:
        """End the connection at once."""

    def resume_reading(self) -> None:
        """Read on, after the app has taken what was there."""

    def body_awaited(self, *, awaited: bool) -> None:
        """Watch the caller while its body is waited for."""

    def cycle_done(self, cycle: "Cycle") -> None:
        """Go on after the exchange."""


class Cycle:
    """Runs the app for one request of a connection; uvicorn has a RequestResponseCycle.

    It is the source of the request's body as well (`proxy.http1.request.BodySource`).
    """

    def __init__(self, wire: Wire, scope: dict[str, Any], request: Request) -> None:
        self.task: asyncio.Task[None] | None = None
        self._wire = wire
        self._scope = scope
        self._old = request.version == "1.0"
        self._left = False

        self.request_complete = not request.framing
        self.waiting_bytes = 0
        self._chunks: list[bytes] = []
        self._delivered = False  # the app has been told that the body is complete
        self._broken: RequestRefused | None = None
        self._arrived: asyncio.Future[None] | None = None
        self._continues = False
        if not self.request_complete:
            known = request.section.known
            self._continues = b"expect" in known and continues(known, request.version)

        self.keep_alive = request.keep_alive
        self._for_head = request.method == "HEAD"
        self._head: list[bytes] | None = None
        self._started = self._complete = self._bodiless = False
        self._framing = UNTIL_CLOSE  # of the answer; what is left of it, where it is a length

    async def run(self, app: App) -> None:
        """Run the app; whatever it does, the connection ends up in a defined state."""
        try:
            await app(self._scope, self.receive, self.send)
        except (asyncio.CancelledError, ConnectionAbortedError):
            self._cut()
        except Exception:
            log.exception("the app failed")
            self._cut()
        else:
            if not self._complete:
                self._cut()
        # It refers to us, as others may: nothing large is left to the garbage collector.
        self._scope = {}
        self._chunks.clear()
        self._wire.cycle_done(self)

    def _cut(self) -> None:
        # Without framing the end of the connection would be the end of the answer.
        self._wire.cut(reset=self._started and self._framing == UNTIL_CLOSE)

    @property
    def interim_fits(self) -> bool:
        """Whether an interim response may be sent now: not to HTTP/1.0, not after the head."""
        return not (self._old or self._started)

    # -- what it holds ---------------------------------------------------------------------

    def weigh(self) -> int:
        """Return how many bytes of memory the request takes, and what waits of its body."""
        request = self._request
        return EXCHANGE + self.waiting_bytes + (0 if request is None else request.weigh())

    @property
    def may_give_way(self) -> bool:
        """Whether it may be ended for others: not once the upstream may be acting on it.

        Of an answer that nobody takes the rest is not owed for ever, if it came of a mere look.
        """
        request = self._request
        if request is None:
            return False
        if self._started:
            return request.method in SAFE and self._wire.writing_paused
        return not request.gone_up and request.given_way is None

    def give_way(self, refusal: RequestRefused) -> None:
        """End it: the app may still say why, if no answer has begun."""
        self.keep_alive = False
        request = self._request
        if request is None or self._started or self.task is None:
            self._wire.cut(reset=True)
            return
        request.given_way = refusal
        self._chunks.clear()  # at once: thousands may be told so before the next has its turn
        self.waiting_bytes = 0
        # In its turn: before its first step there is nobody yet to say why.
        self._wire.loop.call_soon(self.task.cancel)

    @property
    def _request(self) -> Request | None:
        request: Request | None = self._scope.get("request")
        return request

    # -- the request -----------------------------------------------------------------------

    def feed(self, data: bytes, *, complete: bool) -> None:
        """Take a part of the body."""
        if data:
            self._chunks.append(data)
            self.waiting_bytes += len(data) + OBJECT
        if complete:
            self.request_complete = True
        self._wake()

    def break_body(self, refusal: RequestRefused) -> None:
        """Let the app know that the body will never be whole."""
        self._broken = refusal
        self.keep_alive = False
        self._wake()

    def leave(self) -> None:
        """Cancel: the caller is gone."""
        self._left = True
        self._wake()
        if self.task is not None and not self._complete:
            self.task.cancel()

    def now(self) -> BodyPart | None:
        """Return what `next` would return at once, None if it would wait."""
        if self._broken is not None and not self.request_complete:
            raise self._broken
        if self._chunks or (self.request_complete and not self._delivered):
            return self._part()
        return None

    async def next(self) -> BodyPart:
        """Return the next part of the body, waiting for it.

        Raises RequestRefused if the body turns out malformed, or too slow, and CallerLeft.
        """
        if self._continues and not self._started:
            self._continues = False
            if not self._chunks and not self.request_complete:
                self._wire.write(CONTINUE)
        while not self._chunks and not (self.request_complete and not self._delivered):
            if self._left or self._complete:
                raise CallerLeft
            if self._broken is not None and not self.request_complete:
                raise self._broken
            await self._more()
        return self._part()

    async def receive(self) -> Message:
        """Return the next part of the body as ASGI has it."""
        try:
            part = await self.next()
        except CallerLeft:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": part.data, "more_body": not part.last}

    def _part(self) -> BodyPart:
        chunks, self._chunks = self._chunks, []
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        self.waiting_bytes = 0
        self._delivered = self.request_complete
        return BodyPart(data, self._delivered)

    async def _more(self) -> None:
        wire = self._wire
        self._arrived = wire.loop.create_future()
        if not self.request_complete:
            wire.resume_reading()
            wire.body_awaited(awaited=True)
        try:
            await self._arrived
        finally:
            self._arrived = None
            wire.body_awaited(awaited=False)

    def _wake(self) -> None:
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(None)

    # -- the response ----------------------------------------------------------------------

    async def send(self, message: Message) -> None:
        """Send a part of the response; the head waits for the first part of the body."""
        if message["type"] == "http.response.start":
            self._start(message)
            return
        wire = self._wire
        body: bytes = b"" if self._bodiless else message.get("body", b"")
        last = not message.get("more_body", False)
        parts: list[bytes] = []
        if self._head is not None:
            parts, self._head = self._head, None
            self._connect(parts, final=last)
        framing = self._framing
        if framing >= 0:
            self._count(framing - len(body), last=last)
            parts.append(body)
        elif framing == CHUNKED:
            chunk(parts, body, last=last)
        else:
            parts.append(body)
        wire.write(parts[0] if len(parts) == 1 else b"".join(parts))
        if last:
            self._complete = True
        elif wire.writing_paused:
            await wire.drain()

    def _count(self, left: int, *, last: bool) -> None:
        if left < 0 or (left and last):
            self._framing = 0
            raise ConnectionAbortedError  # never look complete with another length than promised
        self._framing = left

    def _start(self, message: Message) -> None:
        status: int = message["status"]
        lines: Lines = message.get("headers", [])
        self._started = True
        self._bodiless = self._for_head or status in (204, 304)
        # Our own app has read it off the answer already; others do not say.
        framing: int | None = message.get("framing")
        if framing is None or self._old:
            lines, framing = self._judged(lines)
        self._framing = 0 if self._bodiless else framing
        self._head = [status_line(status, message.get("reason")), serialised(lines)]

    def _judged(self, lines: Lines) -> tuple[Lines, int]:
        """Read off an answer how it is framed; leave out what is ours to say."""
        kept: Lines = []
        framing = UNTIL_CLOSE
        for line in lines:
            rule = _FRAMING[line[0]]
            if rule is None:
                pass
            elif rule[0] == b"content-length":
                framing = int(line[1])
            elif rule[0] == b"connection":
                self.keep_alive = self.keep_alive and line[1].lower() != b"close"
                continue
            elif self._old:
                continue  # RFC 9112 section 6.1: never to HTTP/1.0
            else:
                framing = CHUNKED
            kept.append(line)
        return kept, framing

    def _connect(self, head: list[bytes], *, final: bool) -> None:
        """Say how the body ends and what becomes of the connection."""
        if self._framing == UNTIL_CLOSE:
            if self._old:
                self.keep_alive = False
            else:
                self._framing = CHUNKED
                head.append(b"Transfer-Encoding: chunked\r\n")
        if self._wire.draining or (final and not self.request_complete):
            self.keep_alive = False
        if not self.keep_alive:
            head.append(b"Connection: close\r\n\r\n")
        elif self._old:
            head.append(b"Connection: keep-alive\r\n\r\n")
        else:
            head.append(b"\r\n")
