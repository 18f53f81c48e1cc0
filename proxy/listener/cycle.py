"""One request and its response, as ASGI sees them.

Invariant: a body that breaks off, in either direction, never looks complete to the other side.
"""

import asyncio
import http
import logging
from typing import TYPE_CHECKING, Any

from proxy.asgi import App, Message
from proxy.errors import RequestRefused
from proxy.http1.fields import Lines, Names
from proxy.http1.request_parser import RequestHead

if TYPE_CHECKING:
    from proxy.listener.connection import CallerConnection

log = logging.getLogger("proxy.listener")

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_OBJECT = 64  # what a part of a body takes beside its bytes, which counts for tiny chunks
_FRAMING = Names(b"content-length", b"transfer-encoding", b"connection")


class Cycle:
    """Runs the app for one request of a connection."""

    # What most cycles never change stands on the class: it costs nothing then.
    task: asyncio.Task[None] | None = None
    waiting_bytes = 0
    _delivered = False  # the app has been told that the body is complete
    _broken: RequestRefused | None = None
    _left = False
    _arrived: asyncio.Future[None] | None = None
    _head: list[bytes] | None = None
    _started = False
    _complete = False
    _chunked = False
    _framed = False
    _promised: int | None = None

    def __init__(
        self, connection: "CallerConnection", scope: dict[str, Any], head: RequestHead
    ) -> None:
        self._connection = connection
        self._scope = scope
        self._old = head.version == "1.0"
        self._bodiless = head.method == "HEAD"
        self._continues = head.continues
        self._chunks: list[bytes] = []
        self.keep_alive = head.keep_alive
        self.request_complete = not (head.length or head.chunked)

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
        self._scope = {}  # it refers to us: nothing is left to the garbage collector
        self._connection.cycle_done(self)

    def _cut(self) -> None:
        # Without framing the end of the connection would be the end of the answer.
        self._connection.cut(reset=self._started and not self._framed and not self._chunked)

    @property
    def interim_fits(self) -> bool:
        """Whether an interim response may be sent now: not to HTTP/1.0, not after the head."""
        return not (self._old or self._started)

    # -- the request -----------------------------------------------------------------------

    def feed(self, data: bytes, *, complete: bool) -> None:
        """Take a part of the body."""
        if data:
            self._chunks.append(data)
            self.waiting_bytes += len(data) + _OBJECT
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

    def at_hand(self) -> Message | None:
        """Return what `receive` would return at once, None if it would wait.

        Raises RequestRefused if the body is malformed already: nothing of it has to go out then.
        """
        if self._broken is not None and not self.request_complete:
            raise self._broken
        if self._chunks or (self.request_complete and not self._delivered):
            return self._part()
        return None

    async def receive(self) -> Message:
        """Return the next part of the body, waiting for it.

        Raises RequestRefused if the body turns out malformed, or too slow.
        """
        if self._continues and not self._started:
            self._continues = False
            if not self._chunks and not self.request_complete:
                self._connection.transport.write(CONTINUE)
        while not self._chunks and not (self.request_complete and not self._delivered):
            if self._left or self._complete:
                return {"type": "http.disconnect"}
            if self._broken is not None and not self.request_complete:
                raise self._broken
            await self._more()
        return self._part()

    def _part(self) -> Message:
        chunks, self._chunks = self._chunks, []
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        self.waiting_bytes = 0
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

    def _wake(self) -> None:
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(None)

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
            _chunk(parts, body, more=more)
        else:
            parts.append(body)
        if self._promised is not None:
            self._count(self._promised - len(body), more=more)
        connection.write(parts[0] if len(parts) == 1 else b"".join(parts))
        if not more:
            self._complete = True
        elif connection.writing_paused:
            await connection.drain()

    def _count(self, left: int, *, more: bool) -> None:
        self._promised = left
        if left < 0 or (left and not more):
            raise ConnectionAbortedError  # never look complete with another length than promised

    def _start(self, message: Message) -> None:
        status: int = message["status"]
        lines: Lines = message.get("headers", [])
        reason: bytes | None = message.get("reason")
        self._started = True
        head = [status_line(status) if reason is None else b"HTTP/1.1 %d %b\r\n" % (status, reason)]
        self._framed = self._bodiless = self._bodiless or status in (204, 304)
        for name, value in lines:
            key = _FRAMING[name]
            if key is None:
                pass
            elif key == b"content-length":
                if not self._bodiless:
                    self._promised = int(value)
                self._framed = True
            elif key == b"transfer-encoding":
                if self._old:
                    continue  # RFC 9112 section 6.1: never to HTTP/1.0
                self._chunked = self._framed = True
            elif key == b"connection":
                self.keep_alive = self.keep_alive and value.lower() != b"close"
                continue
            head += (name, b": ", value, b"\r\n")
        self._head = head

    def _connect(self, head: list[bytes], *, final: bool) -> None:
        """Say how the body ends and what becomes of the connection."""
        if not self._framed:
            if self._old:
                self.keep_alive = False
            else:
                self._chunked = True
                head.append(b"Transfer-Encoding: chunked\r\n")
        if self._connection.callers.draining or (final and not self.request_complete):
            self.keep_alive = False
        if not self.keep_alive:
            head.append(b"Connection: close\r\n")
        elif self._old:
            head.append(b"Connection: keep-alive\r\n")
        head.append(b"\r\n")


def _chunk(parts: list[bytes], body: bytes, *, more: bool) -> None:
    if body:
        parts += (b"%x\r\n" % len(body), body, b"\r\n")
    if not more:
        parts.append(b"0\r\n\r\n")


_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode()
    for status in http.HTTPStatus
}


def status_line(status: int) -> bytes:
    """Return the status line with the registered reason."""
    return _STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status
