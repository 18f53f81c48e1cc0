"""One exchange from the caller's request to the upstream's answer.

The order of the steps is the design: gate, token, connection, strip, inject, send, judge, answer.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from posixpath import normpath
from typing import NamedTuple, cast
from urllib.parse import unquote_to_bytes

from proxy.addresses import Url, bracketed
from proxy.asgi import Send
from proxy.errors import UpstreamError
from proxy.exchange.attempt import Attempt
from proxy.exchange.body import OutgoingBody
from proxy.exchange.outgoing import OutgoingRequest
from proxy.exchange.own_answer import KnownAnswer, give
from proxy.exchange.record import Exchange, may_change
from proxy.exchange.uploads import Uploads
from proxy.exchange.web_pages import with_cors
from proxy.http1.fields import IDEMPOTENT, Line, relocated
from proxy.http1.framing import CHUNKED
from proxy.http1.request import Request
from proxy.memory import Budget
from proxy.memory.reading import SIP
from proxy.token.keeper import LeasedToken, TokenKeeper
from proxy.upstream import Connection, Pool, ResponseHead
from proxy.upstream.pool import NEW, Wanted
from proxy.upstream.resend import may_resend, wanted_for
from proxy.words import phrase

log = logging.getLogger("proxy.exchange")

_LOCATIONS = (b"location", b"content-location")
_VIA = {version: f"Via: {version} breb-proxy\r\n".encode() for version in ("1.0", "1.1")}


Gate = Callable[[Exchange, Request, OutgoingBody | None], Awaitable[KnownAnswer | None]]
"""Waits until a request may go up; raises ProxyError if it may not.

Returns the answer to one that need not.
"""


class ForwarderOptions(NamedTuple):
    """The forwarder's part of the settings."""

    base: Url
    token_paths: frozenset[bytes]
    replay_limit: int  # bytes
    server_timing: bool


class Forwarder:
    """Forwards requests to the upstream, with the access token on them.

    A request that may change something passes ``gate`` before any byte of it goes out.
    """

    def __init__(
        self,
        pool: Pool,
        uploads: Uploads,
        keeper: TokenKeeper,
        options: ForwarderOptions,
        budget: Budget,
        gate: Gate | None = None,
    ) -> None:
        self._pool = pool
        self._budget = budget
        self._gate = gate
        self._uploads = uploads
        self._keeper = keeper
        base = options.base
        self._prefix = base.path.encode()
        self._line_end_and_host = f" HTTP/1.1\r\nHost: {base.authority}\r\n".encode()
        origin = f"{base.scheme}://{base.authority}".lower().encode()
        host = bracketed(base.host)
        explicit = f"{base.scheme}://{host}:{base.port}".lower().encode()
        spellings = (explicit, origin, explicit.partition(b":")[2], origin.partition(b":")[2])
        self._origins = tuple(dict.fromkeys(spellings))
        self._token_paths = options.token_paths
        self._replay_limit = options.replay_limit
        self._server_timing = options.server_timing

    async def forward(self, exchange: Exchange, request: Request, send: Send) -> None:
        """Forward one request and send the answer on."""
        body = OutgoingBody(exchange, request, self._keeps) if request.framing else None
        gate = self._gate
        if (
            gate is not None
            and may_change(request.method, request.path)
            and await _is_answered(gate, exchange, request, body, send)
        ):
            return
        if exchange.observer is not None:
            exchange.observer.enters("token")
        outgoing = OutgoingRequest(request, body)
        # A request to the token endpoint for a token has its own credentials; the API may accept
        # post as POST.
        if request.path not in self._token_paths or request.method.upper() != "POST":
            self._use(outgoing, self._keeper.usable() or await self._keeper.wait())
            exchange.token_ready = time.perf_counter()
        try:
            head = await self._exchange(outgoing, exchange)
            if head.status == 401 and outgoing.held is not None and _renews(exchange):
                head = await self._unauthorized(outgoing, exchange, head)
            if request.method != "GET" and request.method.upper() == "DELETE":  # or delete
                self._watch_revocation(request, head)
            await self._answer(outgoing, exchange, head, send)
        finally:
            if outgoing.held is not None:
                self._keeper.release(outgoing.held)
            if outgoing.pump is not None:
                await outgoing.stop()
            outgoing.leave()
            outgoing.give_up(self._pool)

    def _keeps(self) -> int:
        """Return how many bytes of a body are kept, so that it can be sent again."""
        return min(self._replay_limit, SIP) if self._budget.tight else self._replay_limit

    # -- the exchange with the upstream ----------------------------------------------------

    def _use(self, outgoing: OutgoingRequest, held: LeasedToken) -> None:
        """Send the request with ``held`` from now on."""
        if outgoing.held is not None:
            self._keeper.release(outgoing.held)
        held.users += 1
        outgoing.held = held

    async def _exchange(self, outgoing: OutgoingRequest, exchange: Exchange) -> ResponseHead:
        """Send the request, twice if `may_resend` allows it, and return the head of the answer."""
        pool, body, method = self._pool, outgoing.body, outgoing.request.method
        opening = b"" if body is None else body.opening()
        more = body is not None and body.more
        if more or outgoing.request.crowded:
            opening, more = await self._admitted(outgoing, opening)
        idempotent = method in IDEMPOTENT and not exchange.once
        wanted = wanted_for(idempotent=idempotent, whole=outgoing.whole)
        while True:
            connection = pool.take(wanted) or await self._acquire(outgoing, wanted)
            outgoing.connection = connection  # at once: any error from now on gives it back
            attempt = self._begin(outgoing, exchange, connection, opening, more=more)
            try:
                while connection.head is None:
                    await connection.arrival()
            except UpstreamError as error:
                attempt.sent = error.sent
                outgoing.tell_what_broke_first(error)
                if not may_resend(error, wanted, idempotent=idempotent, whole=outgoing.whole):
                    raise
                outgoing.give_up(pool)
                wanted, opening = NEW, b"" if body is None else body.opening()
                continue
            answer = connection.head
            attempt.answered, attempt.status = time.perf_counter(), answer.status
            if exchange.observer is not None:
                exchange.observer.answered(attempt, answer.fields)
            return answer

    async def _admitted(self, outgoing: OutgoingRequest, opening: bytes) -> tuple[bytes, bool]:
        """Wait until it may go out; meanwhile the token may end or be renewed.

        Return the part of the body that goes out with the head, and whether more is to come.
        """
        body = outgoing.body
        if body is not None and body.more:
            opening = await self._uploads.admit(body, opening)
        elif outgoing.place is None:
            outgoing.place = await self._uploads.place()
        if outgoing.held is not None and self._keeper.usable() is not outgoing.held:
            self._use(outgoing, self._keeper.usable() or await self._keeper.wait())
        return opening, body is not None and body.more

    async def _acquire(self, outgoing: OutgoingRequest, wanted: Wanted) -> Connection:
        """Wait for a connection; meanwhile the token may end or be renewed."""
        request = outgoing.request
        first = may_change(request.method, request.path)
        while True:
            connection = await self._pool.acquire(wanted, first=first)
            usable = self._keeper.usable()
            if outgoing.held is None or usable is outgoing.held:
                return connection
            if usable is not None:
                self._use(outgoing, usable)
                return connection
            self._pool.release(connection)
            self._use(outgoing, await self._keeper.wait())

    def _begin(
        self,
        outgoing: OutgoingRequest,
        exchange: Exchange,
        connection: Connection,
        opening: bytes,
        *,
        more: bool,
    ) -> Attempt:
        """Send the head, the ``opening`` of the body, and ``more`` of it as it comes.

        Strip first, inject last: a caller that sends "Connection: authorization" cannot take our
        credential off.
        """
        request, held = outgoing.request, outgoing.held
        request.go_up()
        token_id = None if held is None else held.token.token_id
        attempt = Attempt(token_id, time.perf_counter(), connection.reached)
        exchange.attempts += (attempt,)
        target = request.target if request.target == b"*" else self._prefix + request.target
        head = b"".join(
            (
                request.method.encode(),
                b" ",
                target,
                self._line_end_and_host,
                request.section.wire,
                b"Transfer-Encoding: chunked\r\n" if request.framing == CHUNKED else b"",
                _VIA[request.version],
                b"" if held is None else held.line,
                b"\r\n",
            )
        )
        if exchange.observer is not None:
            exchange.observer.sending(attempt, head)
        connection.begin(head + opening, head_only=request.method == "HEAD", complete=not more)
        if more:
            outgoing.start_pump()
        return attempt

    # -- 401 -------------------------------------------------------------------------------

    async def _unauthorized(
        self, outgoing: OutgoingRequest, exchange: Exchange, head: ResponseHead
    ) -> ResponseHead:
        """Send again as long as the policy gives a token for it; return the head to pass on."""
        policy, replays = self._keeper.unauthorized, 0
        while head.status == 401:
            held = cast("LeasedToken", outgoing.held)
            other = await policy.again(held, replays, whole=outgoing.whole)
            if other is None:
                exchange.note = policy.explained(held)
                return head
            self._use(outgoing, other)
            outgoing.give_up(self._pool)
            head, replays = await self._exchange(outgoing, exchange), replays + 1
        policy.cured(cast("LeasedToken", outgoing.held))
        return head

    def _watch_revocation(self, request: Request, head: ResponseHead) -> None:
        """If the caller has just revoked our own token, renew before the next request."""
        if 200 <= head.status < 300:
            plain = normpath(unquote_to_bytes(request.path))  # as the API may read it
            path, _, token_id = plain.rpartition(b"/")
            if b"/" + path.lstrip(b"/") in self._token_paths:
                self._keeper.revoked(token_id.decode("latin-1"))

    # -- the answer ------------------------------------------------------------------------

    async def _answer(
        self, outgoing: OutgoingRequest, exchange: Exchange, head: ResponseHead, send: Send
    ) -> None:
        connection = cast("Connection", outgoing.connection)
        exchange.status = head.status
        exchange.passed_on = True
        if len(exchange.attempts) > 1 and exchange.lost_before:
            exchange.note = phrase("lost-try")
        lines = self._response_lines(exchange, outgoing.request, head)
        if exchange.observer is not None:
            exchange.observer.answering(lines)
        await send(
            {
                "type": "http.response.start",
                "status": head.status,
                "headers": lines,
                "reason": head.reason,
                "framing": head.framing,  # our listener need not find it out again
            }
        )
        data = connection.take()
        # The head goes out when it comes, even if no part of the body has come.
        more = True
        while more:
            more = not connection.complete
            exchange.sent += len(data)
            if exchange.observer is not None:
                exchange.observer.passing(data)
            await send({"type": "http.response.body", "body": data, "more_body": more})
            if more:
                data = await connection.read()
        exchange.whole = True

    def _response_lines(
        self, exchange: Exchange, request: Request, head: ResponseHead
    ) -> Iterable[Line]:
        known = head.fields.known
        lines: Iterable[Line] = head.fields
        if b"location" in known or b"content-location" in known:
            lines = [self._relocated(request, line) for line in lines]
        if b"transfer-encoding" in known and head.status not in (204, 304):
            lines = [*lines, (b"Transfer-Encoding", b"chunked")]
        elif head.status == 204 and b"content-length" in known:
            # RFC 9110 section 8.6: no length beside these.
            lines = [line for line in lines if line[0].lower() != b"content-length"]
        if exchange.cors:
            lines = with_cors(lines, exchange.cors)
        return [*lines, _server_timing(exchange)] if self._server_timing else lines

    def _relocated(self, request: Request, line: Line) -> Line:
        if line[0].lower() not in _LOCATIONS:
            return line
        host = request.section.known.get(b"host")
        ours = request.scheme.encode() + b"://" + (host[0] if host else _own_authority(request))
        return line[0], relocated(line[1], self._origins, self._prefix, ours)


def _renews(exchange: Exchange) -> bool:
    """Report whether a 401 may be about the token."""
    return exchange.own is None or exchange.own.renews


async def _is_answered(
    gate: Gate, exchange: Exchange, request: Request, body: OutgoingBody | None, send: Send
) -> bool:
    """Wait at the gate; report whether the answer was known there, and give it."""
    known = await gate(exchange, request, body)
    if known is not None:
        await give(exchange, send, *known)
    return known is not None


def _own_authority(request: Request) -> bytes:
    """Return the address at which the caller reached us, for one without Host (HTTP/1.0)."""
    host, port = request.server or ("localhost", None)
    if port is None:
        return b"localhost"
    return f"{bracketed(host)}:{port}".encode()


def _server_timing(exchange: Exchange) -> Line:
    parts = []
    last, attempt = exchange.started, exchange.attempts[-1]
    for name, moment in (
        ("token", exchange.token_ready),
        ("connect", attempt.began),
        ("upstream", attempt.answered),
    ):
        if moment is not None:
            parts.append(f"{name};dur={(moment - last) * 1000:.2f}")
            last = moment
    parts.append(f"total;dur={(time.perf_counter() - exchange.started) * 1000:.2f}")
    return (b"Server-Timing", ", ".join(parts).encode())
