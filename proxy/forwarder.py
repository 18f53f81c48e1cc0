"""One exchange from the caller's request to the upstream's answer.

The order of the steps is the design: token, connection, strip, inject, send, judge, answer.
"""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import cast
from urllib.parse import unquote_to_bytes

from proxy import fields
from proxy.addresses import Origin
from proxy.errors import ConnectionStale, ProxyError
from proxy.exchange import IDEMPOTENT, Exchange, Receive, Scope, Send, target
from proxy.fields import Line, Lines
from proxy.keeper import Held, TokenKeeper
from proxy.upstream import Connection, Pool, ResponseHead
from proxy.upstream.pool import FRESH

CALLER_KEY = b"x-proxy-key"
# Not sent on: what concerns this hop, and what we set ourselves. Expect is answered by us.
_REQUEST_DROP = fields.HOP_BY_HOP | {b"authorization", b"host", b"expect", CALLER_KEY}
_LOCATIONS = frozenset((b"location", b"content-location"))
_NEW = -1.0  # an idle connection is never that young: acquire a new one


@dataclass(frozen=True, slots=True)
class ForwarderOptions:
    """What the forwarder needs of the settings."""

    base: Origin
    token_paths: frozenset[bytes]
    replay_limit: int = 65_536
    server_timing: bool = False


class Forwarder:
    """Pure ASGI: forwards each request to the upstream with the access token put on."""

    def __init__(self, pool: Pool, keeper: TokenKeeper, options: ForwarderOptions) -> None:
        self._pool = pool
        self._keeper = keeper
        base = options.base
        self._prefix = base.path.encode()
        self._host_line = b"Host: " + base.authority.encode() + b"\r\n"
        origin = f"{base.scheme}://{base.authority}".lower().encode()
        explicit = f"{base.scheme}://{base.host}:{base.port}".lower().encode()
        self._origins = tuple(dict.fromkeys((explicit, origin)))
        self._token_paths = options.token_paths
        self._replay_limit = options.replay_limit
        self._server_timing = options.server_timing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward one request."""
        exchange: Exchange = scope["exchange"]
        request = _Request(scope, receive, self._replay_limit)
        held = None if self._grants(request) else await self._token(exchange)
        try:
            connection, head = await self._exchange(request, exchange, held)
            if head.status == 401 and held is not None:
                replay = await self._judge(request, exchange, held, connection)
                if replay is not None:
                    self._keeper.release(held)
                    held = replay
                    held.users += 1
                    request.give_up(self._pool)
                    connection, head = await self._replay(request, exchange, held)
            self._watch_revocation(request, head)
            await self._answer(request, exchange, head, connection, send)
        finally:
            if held is not None:
                self._keeper.release(held)
            await request.close(self._pool)

    # -- token and connection --------------------------------------------------------------

    def _grants(self, request: "_Request") -> bool:
        """Report whether the caller asks the token endpoint for a token of its own."""
        return request.method == "POST" and request.path in self._token_paths

    async def _token(self, exchange: Exchange) -> Held:
        held = self._keeper.usable() or await self._keeper.wait()
        held.users += 1
        exchange.token_ready = time.perf_counter()
        return held

    async def _exchange(
        self, request: "_Request", exchange: Exchange, held: Held | None
    ) -> tuple[Connection, ResponseHead]:
        """Send the request and return the head of the answer.

        It goes out a second time only if the first connection was closed before a byte of an
        answer, and then only if the method is idempotent or nothing had been written.
        """
        within = FRESH if request.method not in IDEMPOTENT else None
        try:
            return await self._attempt(request, exchange, held, within)
        except ConnectionStale as error:
            repeatable = request.method in IDEMPOTENT or not error.sent
            if not (repeatable and request.whole):
                raise
            request.give_up(self._pool)
            return await self._attempt(request, exchange, held, _NEW)

    async def _attempt(
        self, request: "_Request", exchange: Exchange, held: Held | None, within: float | None
    ) -> tuple[Connection, ResponseHead]:
        pool = self._pool
        if within is None:
            connection = pool.take() or await pool.acquire()
        else:
            connection = pool.take(within) or await pool.acquire(within)
        exchange.connected = time.perf_counter()
        exchange.attempts += 1
        request.connection = connection
        connection.begin(
            self._head(request, held),
            head_only=request.method == "HEAD",
            complete=not request.has_body,
        )
        if request.has_body:
            await request.send_body(exchange)
        head = connection.head or await request.response()
        exchange.first_byte = time.perf_counter()
        return connection, head

    def _head(self, request: "_Request", held: Held | None) -> bytes:
        """Serialise the head: strip first, inject last.

        A caller that sends "Connection: authorization" cannot take our credential off.
        """
        drop = _REQUEST_DROP
        parts = [request.method.encode(), b" ", self._prefix, request.target, b" HTTP/1.1\r\n"]
        parts.append(self._host_line)
        named = request.nominated
        for name, value in request.lines:
            key = name.lower()
            if key not in drop and (named is None or key not in named):
                parts += (name, b": ", value, b"\r\n")
        if request.chunked:
            parts.append(b"Transfer-Encoding: chunked\r\n")
        parts.append(b"Via: %b breb-proxy\r\n" % request.version)
        if held is not None:
            parts += (b"Authorization: ", held.authorization, b"\r\n")
        parts.append(b"\r\n")
        return b"".join(parts)

    # -- 401 -------------------------------------------------------------------------------

    async def _judge(
        self, request: "_Request", exchange: Exchange, held: Held, connection: Connection
    ) -> Held | None:
        """Return the token to replay with, if the 401 was for the token and a replay can be."""
        replay = await self._keeper.rejected(held, wait=request.replayable)
        if replay is None or not request.replayable:
            exchange.note = _explained(held, self._keeper)
            return None
        return replay

    async def _replay(
        self, request: "_Request", exchange: Exchange, held: Held
    ) -> tuple[Connection, ResponseHead]:
        self._keeper.replays += 1
        # A 401 says that the request was not processed (RFC 9110 section 15.5.2): any method may
        # be sent again.
        connection, head = await self._exchange(request, exchange, held)
        if head.status == 401:
            await self._keeper.rejected(held, wait=False)
            exchange.note = _explained(held, self._keeper)
        else:
            self._keeper.cured(held)
        return connection, head

    def _watch_revocation(self, request: "_Request", head: ResponseHead) -> None:
        """If the caller has just revoked our own token, renew before the next request."""
        if request.method == "DELETE" and 200 <= head.status < 300:
            path, _, token_id = unquote_to_bytes(request.path).rstrip(b"/").rpartition(b"/")
            if path in self._token_paths:
                self._keeper.revoked(token_id.decode("latin-1"))

    # -- the answer ------------------------------------------------------------------------

    async def _answer(
        self,
        request: "_Request",
        exchange: Exchange,
        head: ResponseHead,
        connection: Connection,
        send: Send,
    ) -> None:
        exchange.status = head.status
        start = {
            "type": "http.response.start",
            "status": head.status,
            "headers": self._response_lines(request, exchange, head),
            "reason": head.reason,
        }
        await send(start)
        data = connection.take()
        # The head goes out when it comes, even if no body is there yet.
        while not connection.complete:
            exchange.sent += len(data)
            await send({"type": "http.response.body", "body": data, "more_body": True})
            data = await connection.read()
        exchange.sent += len(data)
        await send({"type": "http.response.body", "body": data, "more_body": False})

    def _response_lines(self, request: "_Request", exchange: Exchange, head: ResponseHead) -> Lines:
        lines = fields.end_to_end(head.lines)
        for index, (name, value) in enumerate(lines):
            if name.lower() in _LOCATIONS:
                lines[index] = (name, self._relocated(request, value))
        if head.chunked or head.status == 204:
            # RFC 9112 section 6.2 and RFC 9110 section 8.6: no length beside these.
            lines = [line for line in lines if line[0].lower() != b"content-length"]
        if head.chunked:
            lines.append((b"Transfer-Encoding", b"chunked"))
        if self._server_timing:
            lines.append(_server_timing(exchange))
        return lines

    def _relocated(self, request: "_Request", value: bytes) -> bytes:
        ours = request.scheme + b"://" + (request.host or b"localhost")
        return fields.relocated(value, self._origins, self._prefix, ours)


class _Request:
    """The caller's request, and the connection it is being sent on."""

    __slots__ = (
        "_body",
        "_failure",
        "_limit",
        "_more",
        "_pump",
        "_receive",
        "chunked",
        "connection",
        "has_body",
        "host",
        "lines",
        "method",
        "nominated",
        "path",
        "scheme",
        "target",
        "version",
    )

    def __init__(self, scope: Scope, receive: Receive, limit: int) -> None:
        self.method: str = scope["method"]
        self.target = target(scope)
        self.path = self.target.partition(b"?")[0]
        self.lines: Lines = cast("Lines", scope["headers"])
        self.version: bytes = scope["http_version"].encode()
        self.scheme: bytes = scope["scheme"].encode()
        self.host: bytes | None = None
        self.nominated: frozenset[bytes] | None = None
        self.chunked = False
        self.has_body = False
        self._frame()
        self._receive = receive
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
            if key == b"host":
                self.host = value
            elif key == b"connection":
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
        except (ProxyError, ConnectionAbortedError) as error:
            if error is not connection.error:
                self._failure = error
                connection.abort()

    async def _next(self, connection: Connection, exchange: Exchange) -> None:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ConnectionAbortedError
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


def _explained(held: Held, keeper: TokenKeeper) -> str:
    """Say what a 401 that is passed on probably means."""
    scopes = " ".join(held.token.scopes) or "unknown"
    return (
        f"the upstream answered 401 with a token {keeper.age(held):.0f} s old:"
        f" probably a missing scope (the token's scopes: {scopes})"
    )


def _server_timing(exchange: Exchange) -> Line:
    parts = []
    last = exchange.started
    for name, moment in (
        ("token", exchange.token_ready),
        ("connect", exchange.connected),
        ("upstream", exchange.first_byte),
    ):
        if moment is not None:
            parts.append(f"{name};dur={(moment - last) * 1000:.2f}")
            last = moment
    parts.append(f"total;dur={(time.perf_counter() - exchange.started) * 1000:.2f}")
    return (b"Server-Timing", ", ".join(parts).encode())
