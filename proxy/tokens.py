"""Access tokens and where they come from: the client credentials grant (RFC 6749 section 4.4).

The request is exactly the one that Passport documents: a POST with client_id, client_secret and
grant_type as JSON, plus Accept-Language. Redirects are never followed; a reply is read up to
`REPLY_LIMIT` bytes; nothing of it but well-formed values reaches a log or an error.
"""

import json
import logging
import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import httpx
from pydantic import SecretStr

from proxy.addresses import Origin
from proxy.clock import Clock
from proxy.errors import CredentialsRefused, TokenEndpointUnavailable, TokenError

log = logging.getLogger("proxy.tokens")

REPLY_LIMIT = 65_536
LIFETIME_LIMIT = 30 * 86_400.0
RETRY_AFTER_LIMIT = 300.0
_B64TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")  # RFC 6750 section 2.1
_TOKEN_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,128}")  # RFC 6749 section 3.3
# RFC 6749 section 5.2: the only words of an error reply that are repeated.
_ERROR_CODES = frozenset(
    (
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    )
)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token and the moments of its life (seconds of proxy.clock).

    ``expires_at`` is when the server stops taking it; ``lifetime`` what the server promised.
    """

    value: str = field(repr=False)
    issued_at: float
    expires_at: float
    token_id: str | None = None
    scopes: tuple[str, ...] = ()

    @property
    def lifetime(self) -> float:
        """Seconds from issue to expiry."""
        return self.expires_at - self.issued_at


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the client credentials grant asks for."""

    client_id: SecretStr
    client_secret: SecretStr


class TokenSource(Protocol):
    """Where the keeper gets its tokens."""

    async def fetch(self) -> AccessToken:
        """Return a new token; raise TokenError."""

    async def revoke(self, token: AccessToken, bearer: AccessToken) -> bool:
        """Revoke ``token`` with the authority of ``bearer``; report whether it is gone."""

    def changed(self) -> bool:
        """Report whether the credentials differ from those that were last used."""


class PassportTokenSource:
    """Fetch and revoke tokens at Passport's token endpoint, over any httpx transport."""

    def __init__(
        self,
        endpoint: Origin,
        transport: httpx.AsyncBaseTransport,
        read_credentials: Callable[[], Credentials],
        clock: Clock,
        *,
        accept_language: str = "en",
        default_lifetime: float = 3600,
    ) -> None:
        self._endpoint = str(endpoint)
        self._transport = transport
        self._read_credentials = read_credentials
        self._clock = clock
        self._accept_language = accept_language
        self._default_lifetime = default_lifetime
        self._last: Credentials | None = None
        self.skew: float | None = None
        """Seconds that the server's Date is ahead of our wall clock."""

    async def fetch(self) -> AccessToken:
        """Return a new token.

        Raises CredentialsRefused (400, 401, 403), CredentialsMissing from the reader, and
        TokenEndpointUnavailable for everything else, with the server's Retry-After if it sent one.
        """
        credentials = self._last = self._read_credentials()
        asked_at = self._clock()
        response, reply = await self._send(
            "POST",
            self._endpoint,
            {
                "client_id": credentials.client_id.get_secret_value(),
                "client_secret": credentials.client_secret.get_secret_value(),
                "grant_type": "client_credentials",
            },
        )
        if not response.is_success:
            raise _refusal(response, reply)
        return self._token(reply, asked_at)

    async def revoke(self, token: AccessToken, bearer: AccessToken) -> bool:
        """Revoke a token; 200, 204, 404 and 409 all mean that it is gone.

        Raises TokenEndpointUnavailable if the endpoint cannot be reached.
        """
        response, _ = await self._send(
            "DELETE",
            f"{self._endpoint}/{token.token_id}",
            {"token_id": token.token_id},
            {"Authorization": f"Bearer {bearer.value}"},
        )
        return response.status_code in (200, 202, 204, 404, 409)

    def changed(self) -> bool:
        """Report whether the credentials' source holds others than those that were last used."""
        try:
            return self._read_credentials() != self._last
        except TokenError:
            return False

    async def _send(
        self, method: str, url: str, body: dict[str, Any], extra: dict[str, str] | None = None
    ) -> tuple[httpx.Response, bytes]:
        headers = {
            "Content-Type": "application/json",
            "Accept-Language": self._accept_language,
            **(extra or {}),
        }
        request = httpx.Request(method, url, headers=headers, json=body)
        try:
            response = await self._transport.handle_async_request(request)
            try:
                reply = b""
                async for part in response.aiter_raw():
                    reply += part
                    if len(reply) > REPLY_LIMIT:
                        raise TokenEndpointUnavailable(
                            f"the token endpoint's reply exceeds {REPLY_LIMIT} bytes"
                        )
            finally:
                await response.aclose()
        except httpx.TransportError as error:
            raise TokenEndpointUnavailable(f"token endpoint: {error}") from error
        self._note_date(response)
        return response, reply

    def _note_date(self, response: httpx.Response) -> None:
        date = _http_date(response.headers.get("date", ""))
        if date is not None:
            self.skew = date - time.time()

    def _token(self, reply: bytes, asked_at: float) -> AccessToken:
        try:
            fields = json.loads(reply)
        except (ValueError, RecursionError):
            raise TokenEndpointUnavailable("the token endpoint's reply is not JSON") from None
        if not isinstance(fields, dict):
            raise TokenEndpointUnavailable("the token endpoint's reply is not a JSON object")
        value = fields.get("access_token")
        if not (isinstance(value, str) and len(value) <= 8192 and _B64TOKEN.fullmatch(value)):
            raise TokenEndpointUnavailable("the token endpoint's reply has no usable access_token")
        kind = fields.get("token_type", "Bearer")
        if not (isinstance(kind, str) and kind.lower() == "bearer"):
            raise TokenEndpointUnavailable("the token endpoint's token_type is not Bearer")
        lifetime = self._lifetime(fields.get("expires_in"))
        token_id = fields.get("token_id")
        return AccessToken(
            value=value,
            issued_at=asked_at,
            expires_at=asked_at + lifetime,
            token_id=token_id
            if isinstance(token_id, str) and _TOKEN_ID.fullmatch(token_id)
            else None,
            scopes=_scopes(fields),
        )

    def _lifetime(self, value: object) -> float:
        if value is None:
            log.warning(
                "the token endpoint named no expires_in; taking %g s (BREB_TOKEN_LIFETIME)",
                self._default_lifetime,
            )
            return self._default_lifetime
        try:
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                raise ValueError
            if isinstance(value, str) and not re.fullmatch(r"\s*\d{1,18}(\.\d{1,9})?\s*", value):
                raise ValueError
            seconds = float(value)
        except (ValueError, OverflowError):
            raise TokenEndpointUnavailable("the token endpoint's expires_in is no number") from None
        if math.isnan(seconds) or seconds < 1:
            raise TokenEndpointUnavailable("the token endpoint's expires_in is less than a second")
        return min(seconds, LIFETIME_LIMIT)


def _scopes(fields: dict[str, Any]) -> tuple[str, ...]:
    value = fields.get("scopes", fields.get("scope"))
    items = value.split(" ") if isinstance(value, str) else value
    if not isinstance(items, list):
        return ()
    return tuple(item for item in items[:256] if isinstance(item, str) and _SCOPE.fullmatch(item))


def _refusal(response: httpx.Response, reply: bytes) -> TokenError:
    status = response.status_code
    if status in (400, 401, 403):
        code = _error_code(reply)
        return CredentialsRefused(
            f"the token endpoint refused the credentials: {status}{f' {code}' if code else ''}"
        )
    if response.is_redirect or 300 <= status < 400:
        text = f"the token endpoint redirects ({status}), never followed: check BREB_TOKEN_URL"
    else:
        text = f"the token endpoint answered {status}"
    error = TokenEndpointUnavailable(text)
    error.retry_after = retry_after(response.headers)
    return error


def _error_code(reply: bytes) -> str:
    try:
        fields = json.loads(reply)
    except (ValueError, RecursionError):
        return ""
    code = fields.get("error") if isinstance(fields, dict) else None
    return code if isinstance(code, str) and code in _ERROR_CODES else ""


def retry_after(headers: httpx.Headers) -> float | None:
    """Return Retry-After in seconds (RFC 9110 section 10.2.3), at most `RETRY_AFTER_LIMIT`.

    The date form is measured against the reply's own Date, so that a wrong clock here does not
    matter; against our wall clock if it has none.
    """
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,18}", value):
        return min(float(value), RETRY_AFTER_LIMIT)
    date = _http_date(value)
    if date is None:
        return None
    now = _http_date(headers.get("date", ""))
    return min(max(date - (time.time() if now is None else now), 0.0), RETRY_AFTER_LIMIT)


def _http_date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
