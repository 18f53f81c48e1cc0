"""One exchange from the caller's request to the upstream's answer.

The order of the steps is the design: token, connection, strip, inject, send, judge, answer.
"""

import math
import time
from dataclasses import dataclass
from typing import cast
from urllib.parse import unquote_to_bytes

from proxy.addresses import Url, bracketed
from proxy.asgi import Receive, Scope, Send
from proxy.errors import ConnectionStale, ProxyError, UpstreamError
from proxy.exchange.outgoing import OutgoingRequest
from proxy.exchange.record import Exchange
from proxy.http1 import fields
from proxy.http1.fields import IDEMPOTENT, Line, Lines, first
from proxy.token.keeper import Held, TokenKeeper
from proxy.upstream import Connection, Pool, ResponseHead
from proxy.upstream.pool import FRESH, NEW

CALLER_KEY = b"x-proxy-key"
REPLAYS = 3
# Not sent on: what concerns this hop, and what we set ourselves. Expect is answered by us.
_DROPPED = fields.Names(*fields.HOP_BY_HOP, b"authorization", b"host", b"expect", CALLER_KEY)
_LOCATIONS = frozenset((b"location", b"content-location"))
_JUDGED = fields.Names(*fields.HOP_BY_HOP, *_LOCATIONS, b"content-length")
_VIA = {version: f"Via: {version} breb-proxy\r\n".encode() for version in ("1.0", "1.1")}


@dataclass(frozen=True, slots=True)
class ForwarderOptions:
    """What the forwarder needs of the settings."""

    base: Url
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
        host = bracketed(base.host)
        explicit = f"{base.scheme}://{host}:{base.port}".lower().encode()
        spellings = (explicit, origin, explicit.partition(b":")[2], origin.partition(b":")[2])
        self._origins = tuple(dict.fromkeys(spellings))
        self._token_paths = options.token_paths
        self._replay_limit = options.replay_limit
        self._server_timing = options.server_timing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward one request."""
        exchange: Exchange = scope["exchange"]
        request = OutgoingRequest(scope, receive, self._replay_limit)
        # Who asks the token endpoint for a token brings credentials of its own.
        if request.method != "POST" or request.path not in self._token_paths:
            self._use(request, self._keeper.usable() or await self._keeper.wait())
            exchange.token_ready = time.perf_counter()
        try:
            head = await self._exchange(request, exchange)
            if head.status == 401 and request.held is not None:
                head = await self._unauthorized(request, exchange, head, request.held)
            if request.method == "DELETE":
                self._watch_revocation(request, head)
            await self._answer(scope, request, exchange, head, send)
        finally:
            if request.held is not None:
                self._keeper.release(request.held)
            if request.pump is not None:
                await request.stop()
            request.give_up(self._pool)

    # -- the exchange with the upstream ----------------------------------------------------

    def _use(self, request: OutgoingRequest, held: Held) -> None:
        """Send the request with ``held`` from now on."""
        if request.held is not None:
            self._keeper.release(request.held)
        held.users += 1
        request.held = held

    async def _exchange(self, request: OutgoingRequest, exchange: Exchange) -> ResponseHead:
        """Send the request and return the head of the answer.

        It goes out a second time only if the first connection was closed before a byte of an
        answer, and then only if the method is idempotent or nothing had been written.
        """
        pool = self._pool
        idempotent = request.method in IDEMPOTENT
        opening = request.opening(exchange)
        # One that cannot go out again must not meet a connection that was closed long ago.
        within = math.inf if idempotent and request.whole else FRESH
        while True:
            connection = pool.take(within) or await self._acquire(request, within)
            exchange.connected = time.perf_counter()
            exchange.attempts += 1
            request.connection = connection
            connection.begin(
                self._head(request, exchange) + opening,
                head_only=request.method == "HEAD",
                complete=not request.more,
            )
            if request.more:
                request.start_pump(exchange)
            try:
                while connection.head is None:
                    await connection.arrival()
            except UpstreamError as error:
                if isinstance(request.failure, ProxyError):  # the caller's body broke first
                    raise request.failure from error
                stale = isinstance(error, ConnectionStale) and within != NEW
                if not (stale and request.whole and (idempotent or not error.sent)):
                    raise
                request.give_up(pool)
                within, opening = NEW, request.opening(exchange)
                continue
            exchange.first_byte = time.perf_counter()
            if exchange.tap is not None:
                exchange.tap.answered(connection.head.status, connection.head.lines)
            return connection.head

    async def _acquire(self, request: OutgoingRequest, within: float) -> Connection:
        """Wait for a connection; the token may have ended or been renewed meanwhile."""
        while True:
            connection = await self._pool.acquire(within)
            usable = self._keeper.usable()
            if request.held is None or usable is request.held:
                return connection
            if usable is not None:
                self._use(request, usable)
                return connection
            self._pool.release(connection)
            self._use(request, await self._keeper.wait())

    def _head(self, request: OutgoingRequest, exchange: Exchange) -> bytes:
        """Serialise the head: strip first, inject last.

        A caller that sends "Connection: authorization" cannot take our credential off.
        """
        prefix = self._prefix if request.target != b"*" else b""
        parts = [request.method.encode(), b" ", prefix, request.target, b" HTTP/1.1\r\n"]
        parts.append(self._host_line)
        named = request.nominated
        for name, value in request.lines:
            if _DROPPED[name] is None and not (named and name.lower() in named):
                parts += (name, b": ", value, b"\r\n")
        if request.chunked:
            parts.append(b"Transfer-Encoding: chunked\r\n")
        parts.append(_VIA[request.version])
        if request.held is not None:
            parts += (b"Authorization: ", request.held.authorization, b"\r\n")
        parts.append(b"\r\n")
        data = b"".join(parts)
        if exchange.tap is not None:
            exchange.tap.sending(data, cast("Connection", request.connection).reached)
        return data

    # -- 401 -------------------------------------------------------------------------------

    async def _unauthorized(
        self, request: OutgoingRequest, exchange: Exchange, head: ResponseHead, held: Held
    ) -> ResponseHead:
        """Send again with a new token, if the 401 was for the token and the request is whole.

        Once; only where rivals are about, who may end two tokens in a row, up to `REPLAYS` times.
        """
        keeper = self._keeper
        for left in reversed(range(REPLAYS)):
            replay = await keeper.rejected(held, wait=request.whole)
            if replay is None or not request.whole:
                break
            self._use(request, replay)
            request.give_up(self._pool)
            keeper.replays += 1
            # A 401 says that the request was not processed (RFC 9110 section 15.5.2): any method
            # may be sent again.
            head, held = await self._exchange(request, exchange), replay
            if head.status != 401:
                keeper.cured(held)
                return head
            if left == 0 or not keeper.rivals.recent:
                await keeper.rejected(held, wait=False)
                break
        exchange.note = _explained(held, keeper)
        return head

    def _watch_revocation(self, request: OutgoingRequest, head: ResponseHead) -> None:
        """If the caller has just revoked our own token, renew before the next request."""
        if 200 <= head.status < 300:
            path, _, token_id = unquote_to_bytes(request.path).rstrip(b"/").rpartition(b"/")
            if path in self._token_paths:
                self._keeper.revoked(token_id.decode("latin-1"))

    # -- the answer ------------------------------------------------------------------------

    async def _answer(
        self,
        scope: Scope,
        request: OutgoingRequest,
        exchange: Exchange,
        head: ResponseHead,
        send: Send,
    ) -> None:
        connection = cast("Connection", request.connection)
        exchange.status = head.status
        lines = self._response_lines(scope, head)
        if self._server_timing:
            lines.append(_server_timing(exchange))
        await send(
            {
                "type": "http.response.start",
                "status": head.status,
                "headers": lines,
                "reason": head.reason,
            }
        )
        data = connection.take()
        # The head goes out when it comes, even if no body is there yet.
        while not connection.complete:
            exchange.sent += len(data)
            await send({"type": "http.response.body", "body": data, "more_body": True})
            data = await connection.read()
        exchange.sent += len(data)
        await send({"type": "http.response.body", "body": data, "more_body": False})

    def _response_lines(self, scope: Scope, head: ResponseHead) -> Lines:
        lines: Lines = []
        named: frozenset[bytes] = frozenset()
        # RFC 9112 section 6.2 and RFC 9110 section 8.6: no length beside these.
        lengthless = head.chunked or head.status == 204
        for line in head.lines:
            key = _JUDGED[line[0]]
            if key is None or (key == b"content-length" and not lengthless):
                lines.append(line)
            elif key in _LOCATIONS:
                lines.append((line[0], self._relocated(scope, line[1])))
            elif key == b"connection" and line[1] not in fields.ORDINARY:
                named |= fields.nominated(line[1:])
        if named:
            lines = [line for line in lines if line[0].lower() not in named]
        if head.chunked:
            lines.append((b"Transfer-Encoding", b"chunked"))
        return lines

    def _relocated(self, scope: Scope, value: bytes) -> bytes:
        ours = first(scope["headers"], b"host") or _own_authority(scope)
        ours = scope["scheme"].encode() + b"://" + ours
        return fields.relocated(value, self._origins, self._prefix, ours)


def _own_authority(scope: Scope) -> bytes:
    """Return where the caller reached us, for one that does not say (HTTP/1.0)."""
    host, port = scope["server"] or ("localhost", None)
    if port is None:
        return b"localhost"
    return f"{bracketed(host)}:{port}".encode()


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
