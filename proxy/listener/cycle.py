"""One request and its response, as ASGI sees them.

Invariant: a body that breaks off, in either direction, never looks complete to the other side.
"""

import asyncio
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from proxy.asgi import Message
from proxy.errors import RequestRefused
from proxy.http1.answer_fields import AnswerFields
from proxy.http1.fields import SAFE, Line, Lines, NameTable, serialised
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
from proxy.memory.flow import Flow
from proxy.memory.rules import EXCHANGE

if TYPE_CHECKING:
    from proxy.listener.connections import Callers

_FRAMING = NameTable(onward=(b"content-length", b"transfer-encoding"), stop=(b"connection",))


class Cycle:
    """One request of a connection and its response; uvicorn has a RequestResponseCycle.

    It is the source of the request's body as well (`proxy.http1.request.BodySource`).
    """

    def __init__(self, flow: Flow, callers: "Callers", request: Request) -> None:
        self.task: asyncio.Task[None] | None = None
        self.request: Request | None = request
        self._flow = flow
        self._callers = callers
        self._old = request.version == "1.0"
        self._left = False

        self.request_complete = not request.framing
        self.waiting_bytes = 0
        self.waits_since = math.inf  # the loop's time since which the app waits for the body
        self._chunks: list[bytes] = []
        self._delivered = False  # the app has been told that the body is complete
        self._broken: RequestRefused | None = None
        self._arrived: asyncio.Future[None] | None = None
        self._continues = False
        if not self.request_complete:
            known = request.section.known
            self._continues = b"expect" in known and continues(known, request.version)

        self.keep_alive = request.keep_alive
        self.complete = False  # the response is complete
        self._for_head = request.method == "HEAD"
        self._head: list[bytes] | None = None
        self._started = self._bodiless = False
        self._framing = UNTIL_CLOSE  # of the answer; if it is a length, the bytes that are left

    def forget(self) -> None:
        """Drop all large parts: other objects may refer to this, and it to them."""
        self.request = None
        self._chunks.clear()

    @property
    def ends_with_connection(self) -> bool:
        """Whether the end of the connection would be the end of the response."""
        return self._started and self._framing == UNTIL_CLOSE

    @property
    def interim_fits(self) -> bool:
        """Whether an interim response may be sent now: not to HTTP/1.0, not after the head."""
        return not (self._old or self._started)

    # -- what it holds ---------------------------------------------------------------------

    def weigh(self) -> int:
        """Return the bytes of memory of the request and of the waiting part of its body."""
        request = self.request
        return EXCHANGE + self.waiting_bytes + (0 if request is None else request.weigh())

    @property
    def changes(self) -> bool:
        """Whether its request does more than read."""
        request = self.request
        return request is not None and request.method not in SAFE

    @property
    def may_give_way(self) -> bool:
        """Whether it may be ended for others: not after the upstream may have begun to act on it.

        The unread rest of an answer is not owed for ever, if the request only reads. A caller that
        only waits for a better answer than it has can be given the one it has.
        """
        request = self.request
        if request is None:
            return False
        if self._started:
            return request.method in SAFE and self._flow.writing_paused
        if self.only_waits:
            return True
        return not request.gone_up and request.given_way is None

    @property
    def only_waits(self) -> bool:
        """Whether there is an answer, and a better one is waited for."""
        request = self.request
        return request is not None and request.hurry is not None and not self._started

    def hurry(self) -> bool:
        """Have the caller answered with what there is; return whether it waited for better."""
        request = self.request
        if request is None or request.hurry is None or not self.only_waits:
            return False
        self.keep_alive = False
        request.hurry()
        request.hurry = None
        return True

    def give_way(self, refusal: RequestRefused) -> bool:
        """Drop the parts that it holds; return whether the app may still answer with the reason."""
        self.keep_alive = False
        request = self.request
        if request is None or self._started:
            return False
        request.given_way = refusal
        self._chunks.clear()  # at once: thousands may give way in one turn of the loop
        self.waiting_bytes = 0
        return True

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
        if self.task is not None and not self.complete:
            self.task.cancel()

    def now(self) -> BodyPart | None:
        """Return the part that `next` would return at once, None if it would wait."""
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
                self._flow.write(CONTINUE)
        while not self._chunks and not (self.request_complete and not self._delivered):
            if self._left or self.complete:
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
        loop = asyncio.get_running_loop()
        self._arrived = loop.create_future()
        if not self.request_complete:
            self._flow.resume_reading()
            self.waits_since = loop.time()
        try:
            await self._arrived
        finally:
            self._arrived = None
            self.waits_since = math.inf

    def _wake(self) -> None:
        if self._arrived is not None and not self._arrived.done():
            # A process that was stopped may look at the time before the app does at what came.
            self.waits_since = math.inf
            self._arrived.set_result(None)

    # -- the response ----------------------------------------------------------------------

    async def send(self, message: Message) -> None:
        """Send a part of the response; the head waits for the first part of the body."""
        if message["type"] == "http.response.start":
            self._start(message)
            return
        flow = self._flow
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
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        if last:
            flow.write_soon(data)
            self.complete = True
            return
        flow.write(data)
        if flow.writing_paused:
            await flow.drain()

    def _count(self, left: int, *, last: bool) -> None:
        if left < 0 or (left and last):
            self._framing = 0
            raise ConnectionAbortedError  # never look complete with another length than promised
        self._framing = left

    def _start(self, message: Message) -> None:
        status: int = message["status"]
        lines: Iterable[Line] = message.get("headers", [])
        self._started = True
        self._bodiless = self._for_head or status in (204, 304)
        # Our own app has the framing from the answer already; others do not pass it.
        framing: int | None = message.get("framing")
        if framing is None or self._old:
            lines, framing = self._judged(lines)
        self._framing = 0 if self._bodiless else framing
        wire = lines.wire if isinstance(lines, AnswerFields) else serialised(lines)
        self._head = [status_line(status, message.get("reason")), wire]

    def _judged(self, lines: Iterable[Line]) -> tuple[Lines, int]:
        """Find the framing of an answer; leave out the lines that we write ourselves."""
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
        """Write the lines about the body's end and the connection."""
        if self._framing == UNTIL_CLOSE:
            if self._old:
                self.keep_alive = False
            else:
                self._framing = CHUNKED
                head.append(b"Transfer-Encoding: chunked\r\n")
        if self._callers.draining or (final and not self.request_complete):
            self.keep_alive = False
        if not self.keep_alive:
            head.append(b"Connection: close\r\n\r\n")
        elif self._old:
            head.append(b"Connection: keep-alive\r\n\r\n")
        else:
            head.append(b"\r\n")
