"""Access tokens and their source: the client credentials grant (RFC 6749 section 4.4).

The request is exactly the one that Passport documents: a POST with client_id, client_secret and
grant_type as JSON, plus Accept-Language. Redirects are never followed; a reply is read up to
`REPLY_LIMIT` bytes.
"""

import json
import logging
import time
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from proxy.addresses import Url
from proxy.clock import Clock
from proxy.credentials import Credentials
from proxy.errors import (
    FOLLOWS_FROM_BASE_URL,
    CredentialsRefused,
    TokenEndpointUnavailable,
    TokenError,
    TokenReplyUnusable,
    UpstreamError,
    beyond,
)
from proxy.http1.content_codings import CODINGS, decoded
from proxy.http1.fields import Lines
from proxy.passport.tokens import GET_TOKEN_SCOPE
from proxy.token.response import grant, lead, refusal
from proxy.upstream import Reply
from proxy.words import phrase

log = logging.getLogger("proxy.tokens")

REPLY_LIMIT = 65_536  # bytes
LIST_LIMIT = 4 * 1024 * 1024  # bytes: a page may have a hundred tokens with all their scopes
# Documented are 200, 404 and 409 (already revoked); 202 and 204 mean the same.
_GONE = frozenset((200, 202, 204, 404, 409))


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token and the moments of its life (seconds of proxy.clock).

    ``expires_at`` is the time when the server stops accepting it; ``lifetime`` is the server's
    promise (seconds).
    """

    value: str = field(repr=False)
    issued_at: float
    expires_at: float
    token_id: str | None = None
    scopes: tuple[str, ...] = ()
    account_id: str | None = None
    roles: tuple[str, ...] = ()
    others: bool = False
    """Whether another replica fetched it."""

    @property
    def lifetime(self) -> float:
        """Seconds from issue to expiry."""
        return self.expires_at - self.issued_at


class TokenSource(Protocol):
    """The source of the keeper's tokens."""

    async def fetch(self) -> AccessToken:
        """Return a new token; raise TokenError."""

    async def revoke(self, token: AccessToken, bearer: AccessToken) -> None:
        """Revoke ``token``, authorized by ``bearer``; raise TokenError if it may live on."""

    async def ended(self, token: AccessToken) -> bool:
        """Report whether the API states that ``token`` is dead; false if it cannot tell."""

    async def changed(self) -> bool:
        """Report whether the credentials differ from those that were last used."""


class Sender(Protocol):
    """Sends requests to the token endpoint's origin: see proxy.upstream.Client."""

    async def send(
        self, method: str, target: str, lines: Lines, body: bytes = b"", *, limit: int
    ) -> Reply:
        """Send one request, read its answer; raise UpstreamError."""


def _asking(credentials: Credentials) -> dict[str, str]:
    return {
        "client_id": credentials.client_id.get_secret_value(),
        "client_secret": credentials.client_secret.get_secret_value(),
        "grant_type": "client_credentials",
    }


class PassportTokenSource:
    """Fetch and revoke tokens at Passport's token endpoint."""

    def __init__(
        self,
        endpoint: Url,
        sender: Sender,
        read_credentials: Callable[[], Awaitable[Credentials]],
        clock: Clock,
        *,
        accept_language: str,
        default_lifetime: float,
        from_base_url: bool = False,
        suspect: Callable[[Credentials], str] = lambda _: "",
    ) -> None:
        self._endpoint = endpoint
        self._sender = sender
        self._read_credentials = read_credentials
        self._clock = clock
        self._accept_language = accept_language
        self._default_lifetime = default_lifetime
        self._from_base_url = from_base_url
        self._suspect = suspect
        self._last: Credentials | None = None
        self.answered = False
        """Whether the server has ever answered."""
        self.skew: float | None = None
        """Seconds, at least, that the server's Date is ahead of our wall clock."""

    async def fetch(self) -> AccessToken:
        """Return a new token.

        Raises CredentialsRefused, CredentialsMissing from the reader, and TokenEndpointUnavailable
        for everything else, with the server's Retry-After if it sent one.
        """
        try:
            return await self._fetch()
        except TokenReplyUnusable as error:
            if self._from_base_url and error.next_step == TokenReplyUnusable.next_step:
                error.next_step = FOLLOWS_FROM_BASE_URL
            raise

    async def _fetch(self) -> AccessToken:
        # The old pair is forgotten first: if the reader fails, the next pair counts as a change.
        self._last = None
        credentials = self._last = await self._read_credentials()
        # The lifetime counts from a moment between here and the reply: the earliest is safe.
        asked_at = self._clock()
        reply = await self._send("POST", self._endpoint.below(), _asking(credentials))
        if not 200 <= reply.status < 300:
            error = refusal(reply)
            if isinstance(error, CredentialsRefused):
                error.suspicion = self._suspect(credentials)
            raise error
        granted = grant(reply.body)
        return AccessToken(
            granted.value,
            asked_at,
            asked_at + (granted.lifetime or self._assumed_lifetime()),
            granted.token_id,
            granted.scopes,
            granted.account_id,
            granted.roles,
        )

    def _assumed_lifetime(self) -> float:
        log.warning(
            "the token endpoint sent no expires_in; the proxy assumes a lifetime of %g s"
            " (BREB_TOKEN_LIFETIME)",
            self._default_lifetime,
        )
        return self._default_lifetime

    async def revoke(self, token: AccessToken, bearer: AccessToken) -> None:
        """Revoke a token; 200, 204, 404 and 409 all mean that it is gone.

        Raises TokenEndpointUnavailable for any other answer, or none.
        """
        status = await self.revoke_by_id(str(token.token_id), bearer)
        if status not in _GONE:
            raise TokenEndpointUnavailable(phrase("endpoint-answered", status=status))

    async def revoke_by_id(self, token_id: str, bearer: AccessToken) -> int:
        """Ask for a revocation; return the status of the answer."""
        target, body = self._endpoint.below(f"/{token_id}"), {"token_id": token_id}
        reply = await self._send("DELETE", target, body, _bearer(bearer))
        return reply.status

    async def listed(self, query: str, bearer: AccessToken) -> tuple[int, bytes]:
        """Get a page of the list of tokens: status and body."""
        target = self._endpoint.below(query=query.removeprefix("?"))
        reply = await self._send("GET", target, None, _bearer(bearer), LIST_LIMIT)
        return reply.status, reply.body

    async def ended(self, token: AccessToken) -> bool:
        """Ask for a token's own entry, authorized by itself: 401 and 404 mean that it is dead.

        That holds only for a token with the scope for it: a missing scope is answered 401, too.
        Raises TokenEndpointUnavailable without an answer.
        """
        if token.token_id is None or GET_TOKEN_SCOPE not in token.scopes:
            return False
        target = self._endpoint.below(f"/{token.token_id}")
        reply = await self._send("GET", target, None, _bearer(token))
        return reply.status in (401, 404)

    async def changed(self) -> bool:
        """Report whether the credentials' source has a pair other than the one last used."""
        try:
            return await self._read_credentials() != self._last
        except TokenError:
            return False

    async def _send(
        self,
        method: str,
        target: str,
        document: dict[str, str] | None,
        extra: Lines | None = None,
        limit: int = REPLY_LIMIT,
    ) -> Reply:
        lines = [(b"Accept-Language", self._accept_language.encode()), *(extra or [])]
        body = b""
        if document is not None:
            lines.append((b"Content-Type", b"application/json"))
            body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        asked = time.time()
        try:
            reply = await self._sender.send(method, target, lines, body, limit=limit)
        except UpstreamError as error:
            raise beyond(error) from error
        self.answered = True
        if len(reply.body) > limit:
            raise _too_long(limit)
        ahead = lead(reply, asked)
        self.skew = self.skew if ahead is None else ahead
        coding = reply.value(b"content-encoding").strip().lower()
        return replace(reply, body=_decoded(reply.body, coding, limit))


def _bearer(token: AccessToken) -> Lines:
    return [(b"Authorization", b"Bearer " + token.value.encode())]


def _decoded(reply: bytes, coding: str, limit: int) -> bytes:
    """Decode a reply: without Accept-Encoding any coding may come (RFC 9110 section 12.5.3)."""
    if coding not in CODINGS:
        return reply
    try:
        plain, _ = decoded(reply, coding, limit + 1)
    except zlib.error:
        return reply  # the field names a coding that the body does not have; the parser judges it
    if len(plain) > limit:
        raise _too_long(limit)
    return plain


def _too_long(limit: int) -> TokenEndpointUnavailable:
    return TokenEndpointUnavailable(phrase("response-too-long", bytes=limit))
