"""The request on its way to the upstream: how it is framed, and its body being pumped.

Invariants: a body is never held back for the answer, nor the answer for the body; a body that
breaks off ends the connection to the upstream, so that it cannot look complete there.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import cast

from proxy.asgi import Message, Receive, Scope
from proxy.errors import ProxyError
from proxy.exchange.record import CallerLeft, Exchange
from proxy.http1 import fields
from proxy.http1.fields import Lines
from proxy.token.keeper import Held
from proxy.upstream import Connection, Pool

_NONE = (b"0",)


class OutgoingRequest:
    """The caller's request, and the connection it is being sent on."""

    __slots__ = (
        "_at_hand",
        "_body",
        "_limit",
        "_receive",
        "chunked",
        "connection",
        "failure",
        "has_body",
        "held",
        "lines",
        "method",
        "more",
        "nominated",
        "path",
        "pump",
        "target",
        "version",
    )

    def __init__(self, scope: Scope, receive: Receive, limit: int) -> None:
        self.method: str = scope["method"]
        self.target: bytes = scope["target"]
        self.path = self.target.partition(b"?")[0]
        self.lines: Lines = scope["headers"]
        self.version: str = scope["http_version"]
        watched: fields.Watched = scope["watched"]
        self.chunked = b"transfer-encoding" in watched
        self.has_body = self.chunked or watched.get(b"content-length", _NONE)[0] != b"0"
        self.nominated: frozenset[bytes] | None = None
        if b"connection" in watched:
            self.nominated = fields.nominated(watched[b"connection"])
        self.connection: Connection | None = None
        self.held: Held | None = None
        self.pump: asyncio.Task[None] | None = None
        # Whether a part of the body is still to come from the caller.
        self.more = self.has_body
        # What ended the caller's body before it was whole.
        self.failure: BaseException | None = None
        if self.has_body:
            self._receive = receive
            # Our listener gives what is there of the body without an await; others are not asked.
            self._at_hand: Callable[[], Message | None] | None = scope.get("body_at_hand")
            self._limit = limit
            self._body: bytearray | None = bytearray()

    @property
    def whole(self) -> bool:
        """Whether all of the body is at hand, so that the request could be sent again."""
        return not self.has_body or (not self.more and self._body is not None)

    def opening(self, exchange: Exchange) -> bytes:
        """Return what goes out with the head: what is at hand of the body, all of it when again.

        The upstream may answer before the body begins to arrive, so that is not waited for.
        """
        if not self.has_body:
            return b""
        if not self.more and self._body is not None:  # again
            return self._framed(bytes(self._body), last=True)
        message = self._at_hand() if self._at_hand is not None else None
        return b"" if message is None else self._taken(message, exchange)

    def start_pump(self, exchange: Exchange) -> None:
        """Send the rest of the body alongside the answer."""
        connection = cast("Connection", self.connection)
        self.pump = asyncio.get_running_loop().create_task(self._rest(connection, exchange))

    async def _rest(self, connection: Connection, exchange: Exchange) -> None:
        """Pump the rest of the body; ends quietly, since the answer tells how it went."""
        try:
            while self.more:
                await connection.drain()
                connection.write(self._taken(await self._receive(), exchange))
            connection.finish()
        except (ProxyError, CallerLeft) as error:
            if error is not connection.error:
                self.failure = error
                connection.abort()

    def _taken(self, message: Message, exchange: Exchange) -> bytes:
        """Return a part of the body, framed as it is sent."""
        if message["type"] == "http.disconnect":
            raise CallerLeft
        data: bytes = message.get("body", b"")
        self.more = message.get("more_body", False)
        exchange.received += len(data)
        body = self._body
        if body is not None:
            if len(body) + len(data) <= self._limit:
                body += data
            else:
                self._body = None
        return self._framed(data, last=not self.more)

    def _framed(self, data: bytes, *, last: bool) -> bytes:
        if not self.chunked:
            return data
        chunk = b"%x\r\n%b\r\n" % (len(data), data) if data else b""
        return chunk + b"0\r\n\r\n" if last else chunk

    def give_up(self, pool: Pool) -> None:
        """Return the connection of an attempt that is over, or whose answer is not wanted."""
        connection, self.connection = self.connection, None
        if connection is not None:
            pool.release(connection)

    async def stop(self) -> None:
        """End the pump; an incomplete exchange ends its connection."""
        pump, self.pump = self.pump, None
        self.failure = None  # its frames hold us
        if pump is not None and not pump.done():
            pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await pump
