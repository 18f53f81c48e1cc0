"""The request on its way to the upstream: how it is framed, and its body being pumped.

Invariants: a body is never held back for the answer, nor the answer for the body; a body that
breaks off ends the connection to the upstream, so that it cannot look complete there.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import cast

from proxy import fields
from proxy.errors import ProxyError
from proxy.exchange import CallerLeft, Exchange, Receive, Scope, target
from proxy.fields import Lines
from proxy.upstream import Connection, Pool, ResponseHead


class OutgoingRequest:
    """The caller's request, and the connection it is being sent on."""

    __slots__ = (
        "_at_hand",
        "_body",
        "_failure",
        "_limit",
        "_more",
        "_pump",
        "_receive",
        "chunked",
        "connection",
        "has_body",
        "lines",
        "method",
        "nominated",
        "path",
        "target",
        "version",
    )

    def __init__(self, scope: Scope, receive: Receive, limit: int) -> None:
        self.method: str = scope["method"]
        self.target = target(scope)
        self.path = self.target.partition(b"?")[0]
        self.lines: Lines = cast("Lines", scope["headers"])
        self.version: bytes = scope["http_version"].encode()
        self.nominated: frozenset[bytes] | None = None
        self.chunked = False
        self.has_body = False
        self._frame()
        self._receive = receive
        # Our listener can tell whether a part of the body is there; others are not asked.
        self._at_hand: Callable[[], bool] | None = scope.get("body_at_hand")
        self._limit = limit
        self._body: bytearray | None = bytearray()
        self._more = self.has_body
        self._failure: BaseException | None = None
        self._pump: asyncio.Task[None] | None = None
        self.connection: Connection | None = None

    def _frame(self) -> None:
        connection: list[bytes] = []
        for name, value in self.lines:
            key = name.lower()
            if key == b"connection":
                connection.append(value)
            elif key == b"content-length":
                self.has_body = value != b"0"
            elif key == b"transfer-encoding":
                self.has_body = self.chunked = True
        if connection:
            self.nominated = fields.nominated(connection)

    @property
    def whole(self) -> bool:
        """Whether all of the body is at hand, so that the request could be sent again."""
        return not self._more and self._body is not None

    @property
    def replayable(self) -> bool:
        """Whether the request can be replayed after a 401."""
        return self.whole

    async def send_body(self, exchange: Exchange) -> None:
        """Send the body, at once if it is at hand, else alongside the answer."""
        connection = cast("Connection", self.connection)
        if self.whole:  # again
            self._write(connection, bytes(cast("bytearray", self._body)))
            self._end(connection)
            return
        # The upstream may answer before the body begins to arrive, so that is not waited for.
        if self._at_hand is not None and self._at_hand():
            await self._next(connection, exchange)
        if self._more:
            self._pump = asyncio.get_running_loop().create_task(self._rest(connection, exchange))

    async def response(self) -> ResponseHead:
        """Return the head of the answer; an error of the body's caller comes before any other."""
        connection = cast("Connection", self.connection)
        try:
            return await connection.response()
        except ProxyError as error:
            if isinstance(self._failure, ProxyError):
                raise self._failure from error
            raise

    async def _rest(self, connection: Connection, exchange: Exchange) -> None:
        """Pump the rest of the body; ends quietly, since the answer tells how it went."""
        try:
            while self._more:
                await connection.drain()
                await self._next(connection, exchange)
        except (ProxyError, CallerLeft) as error:
            if error is not connection.error:
                self._failure = error
                connection.abort()

    async def _next(self, connection: Connection, exchange: Exchange) -> None:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise CallerLeft
        data: bytes = message.get("body", b"")
        self._more = message.get("more_body", False)
        exchange.received += len(data)
        body = self._body
        if body is not None:
            if len(body) + len(data) <= self._limit:
                body += data
            else:
                self._body = None
        self._write(connection, data)
        if not self._more:
            self._end(connection)

    def _write(self, connection: Connection, data: bytes) -> None:
        if data:
            connection.write(b"%x\r\n%b\r\n" % (len(data), data) if self.chunked else data)

    def _end(self, connection: Connection) -> None:
        if self.chunked:
            connection.write(b"0\r\n\r\n")
        connection.finish()

    def give_up(self, pool: Pool) -> None:
        """Return the connection of an attempt whose answer is not wanted."""
        connection, self.connection = self.connection, None
        if connection is not None:
            pool.release(connection)

    async def close(self, pool: Pool) -> None:
        """End whatever is still under way; an incomplete exchange ends its connection."""
        self.give_up(pool)
        pump, self._pump = self._pump, None
        if pump is not None and not pump.done():
            pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await pump
