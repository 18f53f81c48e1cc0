"""Placeholder tokens for applications that do OAuth themselves (BREB_TOKEN_ENDPOINT=local).

This step stands between the guard and the forwarder, only with that setting. POST to the token path
gives a placeholder. A request with a placeholder is judged as its caller's, and goes on with the
real token. One with a bearer token that is no live placeholder gets 401, as from the API, so that
the application asks for another. A request without a bearer token goes on as always, but never to
the real token endpoint.
"""

import hmac
import json
from collections.abc import Sequence
from urllib.parse import parse_qsl

from proxy.asgi import Send
from proxy.errors import RequestRefused
from proxy.exchange import placeholder_answers as answers
from proxy.exchange.body import received
from proxy.exchange.guard import Guard, body_too_large, refuse_ambiguous
from proxy.exchange.own_answer import date_line, give
from proxy.exchange.placeholder_answers import PlaceholderAnswer
from proxy.exchange.record import Exchange, Forward
from proxy.exchange.token_paths import TokenPaths
from proxy.exchange.token_request import LIMIT, BadTokenRequest, read
from proxy.http1.fields import Lines
from proxy.http1.request import Request
from proxy.token.ids import usable_id
from proxy.token.keeper import TokenKeeper
from proxy.token.placeholder import Placeholder, Placeholders
from proxy.words import Phrase, phrase

_INVALID = 'Bearer error="invalid_token"'
_BASIC = 'Basic realm="breb-proxy"'


class Refusing:
    """A guard that also refuses requests for tokens."""

    def __init__(self, guard: Guard, paths: TokenPaths) -> None:
        self._guard = guard
        self._paths = paths

    def judge(self, exchange: Exchange, request: Request) -> Lines | None:
        """Judge as the guard does, and refuse POST to the token path."""
        own = self._guard.judge(exchange, request)
        if own is None and self._paths.asks(request):
            raise RequestRefused(
                403,
                "token-endpoint",
                phrase("token-requests-refused"),
                phrase("step.no-authorization"),
            )
        refuse_ambiguous(request.path)
        return own


class LocalTokens:
    """Judges and answers requests with placeholders; guard and forwarder do the rest.

    ``door`` is a guard without keys and rules: for requests for a token, whose key is in the body,
    and for those that will hear that their placeholder has ended.
    """

    def __init__(
        self,
        guard: Guard,
        door: Guard,
        forward: Forward,
        keeper: TokenKeeper,
        keys: Sequence[tuple[str, bytes]],
        paths: TokenPaths,
    ) -> None:
        self._guard = guard
        self._door = door
        self._forward = forward
        self._keeper = keeper
        self._keys = keys
        self._paths = paths
        self._placeholders = Placeholders(dict(keys))

    def judge(self, exchange: Exchange, request: Request) -> Lines | None:
        """Judge a request in the name of the caller that its placeholder stands for."""
        own = self._judged(exchange, request)
        if self._paths.below(request.path) is None:
            refuse_ambiguous(request.path)
        return own

    def _judged(self, exchange: Exchange, request: Request) -> Lines | None:
        if self._paths.asks(request):
            return self._door.judge(exchange, request)
        bearer = _bearer(request)
        if bearer is None:
            own = self._guard.judge(exchange, request)
            if own is None and self._paths.below(request.path) is not None:
                raise RequestRefused(
                    403,
                    "token-endpoint",
                    phrase("real-tokens-refused"),
                    phrase("step.placeholder"),
                )
            return own
        placeholder = self._placeholders.live(bearer)
        if placeholder is None:
            return self._door.judge(exchange, request)
        return self._guard.judge(exchange, request, placeholder.caller)

    async def forward(self, exchange: Exchange, request: Request, send: Send) -> None:
        """Answer requests about placeholders, forward the rest."""
        if self._paths.asks(request):
            await _send(exchange, await self._grant(exchange, request), send)
            return
        bearer = _bearer(request)
        if bearer is None:
            await self._forward(exchange, request, send)
            return
        placeholder = self._placeholders.live(bearer)
        if placeholder is None or placeholder.caller != exchange.caller:
            why = phrase("placeholder-unknown")
            no = answers.refused(401, "invalid_token", why, request.path, exchange.id, _INVALID)
            await _send(exchange, no, send)
            return
        below = self._paths.below(request.path)
        if below is None:
            await self._forward(exchange, request, send)
        else:
            await _send(exchange, await self._own(exchange, request, placeholder, below), send)

    # -- asking for one --------------------------------------------------------------------

    async def _grant(self, exchange: Exchange, request: Request) -> PlaceholderAnswer:
        body = await _body(exchange, request)
        authorization = _values(request, b"authorization")[:1]
        kind = next((v for n, v in request.section.lines if n.lower() == b"content-type"), b"")
        try:
            asked = read(kind, b"".join(authorization), body)
        except BadTokenRequest as error:
            return answers.refused(400, error.error, error.why, request.path, exchange.id)
        caller = self._caller(asked.client_secrets)
        if caller is None:
            why = phrase("client-unknown")
            challenge = _BASIC if authorization else ""
            return answers.refused(401, "invalid_client", why, request.path, exchange.id, challenge)
        exchange.caller = caller
        request.peer.known = bool(self._keys)
        held = self._keeper.usable() or await self._keeper.wait()
        lifetime = max(1, round(held.token.lifetime))
        return answers.granted(self._placeholders.issue(caller, lifetime), held.token)

    def _caller(self, secrets: Sequence[str]) -> str | None:
        """Return the caller whose key is in ``secrets``; without caller keys, everybody is ""."""
        if not self._keys:
            return ""
        # All keys are compared, so that the duration tells nothing.
        found = [
            name
            for secret in secrets
            for name, key in self._keys
            if hmac.compare_digest(secret.encode("utf-8", "surrogatepass"), key)
        ]
        return found[0] if found else None

    # -- looking after them ----------------------------------------------------------------

    async def _own(
        self, exchange: Exchange, request: Request, placeholder: Placeholder, token_id: str
    ) -> PlaceholderAnswer:
        """List, show or revoke a caller's own placeholders, never a real token."""
        body = await _body(exchange, request)
        held = self._keeper.usable() or await self._keeper.wait()
        own = self._placeholders.of(placeholder.caller)
        if request.method not in (("GET", "DELETE") if token_id else ("GET",)):
            return self._no(405, phrase("path-without-method"), exchange, request)
        if not token_id:
            query = dict(parse_qsl(request.target.partition(b"?")[2].decode("latin-1")))
            return answers.listed(own, held.token, query)
        if not usable_id(token_id) or _other_id(body, token_id):
            return self._no(400, phrase("field-invalid", name="token_id"), exchange, request)
        found = next((each for each in own if each.token_id == token_id.lower()), None)
        if found is None:
            return self._no(404, phrase("no-such-token"), exchange, request)
        if request.method == "GET":
            return answers.shown(found, held.token)
        self._placeholders.revoke(found)
        return PlaceholderAnswer(200, note=phrase("placeholder-revoked"))

    @staticmethod
    def _no(status: int, why: Phrase, exchange: Exchange, request: Request) -> PlaceholderAnswer:
        return answers.refused(status, "invalid_request", why, request.path, exchange.id)


def _values(request: Request, name: bytes) -> list[bytes]:
    return request.section.known.get(name, [])


def _bearer(request: Request) -> str | None:
    """Return the bearer token that came with a request, None if there is none."""
    values = _values(request, b"authorization")
    scheme, _, token = values[0].strip().partition(b" ") if values else (b"", b"", b"")
    return token.strip().decode("latin-1") if scheme.lower() == b"bearer" else None


def _other_id(body: bytes, token_id: str) -> bool:
    """Report whether a body names another token than the path; it may name none."""
    if not body.strip():
        return False
    try:
        return str(json.loads(body)["token_id"]).lower() != token_id.lower()
    except (ValueError, TypeError, LookupError, RecursionError):
        return True


async def _body(exchange: Exchange, request: Request) -> bytes:
    """Read a short body."""
    content, last = b"", request.framing == 0
    while not last:
        part, last = received(exchange, await request.body.next())
        content += part
        if len(content) > LIMIT:
            raise body_too_large(LIMIT, phrase("step.credentials-alone"))
    return content


async def _send(exchange: Exchange, answer: PlaceholderAnswer, send: Send) -> None:
    exchange.note = answer.note
    await give(exchange, send, answer.status, [date_line(), *answer.fields()], answer.body)
