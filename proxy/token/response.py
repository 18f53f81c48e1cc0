"""Reads a token endpoint's reply (RFC 6749 section 5), with pure functions over its bytes.

An error repeats nothing of a reply but well-formed words: no body, no token, no secret.
"""

import json
import math
import re
import time
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from proxy.errors import (
    CredentialsRefused,
    TokenEndpointUnavailable,
    TokenError,
    TokenReplyUnusable,
    TooManyTokenRequests,
)
from proxy.token.ids import usable_id
from proxy.upstream import Reply
from proxy.words import Said, phrase

LIFETIME_LIMIT = 30 * 86_400.0  # seconds
RETRY_AFTER_LIMIT = 300.0  # seconds
_CENTURY = 36_525 * 86_400.0  # seconds
_VALUE_LIMIT = 8192  # characters
_B64TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")  # RFC 6750 section 2.1
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,128}")  # RFC 6749 section 3.3
_DELAY = re.compile(r"[0-9]+")
_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
# 4xx that may pass without a change; any other means that this is no token endpoint.
_PASSING = (408, 425, 429)
# 5xx of servers that know no POST, or not this host: no token endpoint answers that.
_FOREIGN = (501, 505)
# RFC 6749 section 5.2: the only words of an error reply that are repeated.
_OF_CREDENTIALS = frozenset(("invalid_client", "invalid_grant", "unauthorized_client"))
_OF_REQUEST = frozenset(("invalid_request", "unsupported_grant_type", "invalid_scope"))
_HOST = re.compile(r"[a-z0-9.-]{1,253}")


@dataclass(frozen=True, slots=True)
class Grant:
    """A usable reply; ``lifetime`` (seconds) is None if it names none."""

    value: str = field(repr=False)
    lifetime: float | None
    token_id: str | None
    scopes: tuple[str, ...]
    account_id: str | None = None
    roles: tuple[str, ...] = ()


def grant(reply: bytes) -> Grant:
    """Read a successful reply; raise TokenReplyUnusable if it has no usable token."""
    try:
        fields = json.loads(reply)
    except (ValueError, RecursionError):
        raise TokenReplyUnusable(phrase("response-not-json")) from None
    if not isinstance(fields, dict):
        raise TokenReplyUnusable(phrase("response-no-object"))
    value = fields.get("access_token")
    if not (isinstance(value, str) and len(value) <= _VALUE_LIMIT and _B64TOKEN.fullmatch(value)):
        raise TokenReplyUnusable(phrase("response-no-token"))
    kind = fields.get("token_type")
    if kind is not None and not (isinstance(kind, str) and kind.lower() == "bearer"):
        raise TokenReplyUnusable(phrase("response-not-bearer"))
    return Grant(
        value,
        _lifetime(fields.get("expires_in")),
        _id(fields, "token_id"),
        _words(fields.get("scopes", fields.get("scope"))),
        _id(fields, "account_id"),
        _words(fields.get("roles")),
    )


def _lifetime(value: object) -> float | None:
    if value is None:
        return None
    text = value.strip() if isinstance(value, str) else ""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        if not (number or _SECONDS.fullmatch(text)):
            raise ValueError
        seconds = float(text or value)  # type: ignore[arg-type]  # a number by now
    except (ValueError, OverflowError):
        raise TokenReplyUnusable(phrase("expires-not-a-number")) from None
    if math.isnan(seconds) or seconds <= 0:
        raise TokenReplyUnusable(phrase("expires-not-positive"))
    return min(seconds, LIFETIME_LIMIT)


def _id(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and usable_id(value) else None


def _words(value: object) -> tuple[str, ...]:
    items = value.split(" ") if isinstance(value, str) else value
    if not isinstance(items, list):
        return ()
    return tuple(item for item in items[:256] if isinstance(item, str) and _SCOPE.fullmatch(item))


def refusal(reply: Reply) -> TokenError:
    """Word a reply that is no success."""
    error = _refused(reply) if reply.status in (400, 401, 403) else _answered(reply)
    error.retry_after = retry_after(reply)
    return error


def _refused(reply: Reply) -> CredentialsRefused:
    status, fields = reply.status, _fields(reply.body)
    code = fields.get("error") if fields else None
    known = isinstance(code, str) and code in _OF_CREDENTIALS | _OF_REQUEST
    named = f"{status} {code}" if known else f"{status}"
    answer = named if status == 401 else _doubted(named, reply, fields, code)
    return CredentialsRefused(phrase("credentials-refused", answer=answer))


def _doubted(named: str, reply: Reply, fields: dict[str, Any] | None, code: object) -> Said:
    """Word the signs that a 400 or 403 is not about the credentials."""
    if _web_page(reply):
        return phrase("refused-by-web-page", answer=named)
    if code in _OF_REQUEST:
        return phrase("refused-for-form", answer=named)
    if reply.body and fields is None:
        return phrase("refused-without-json", answer=named)
    return named


def _answered(reply: Reply) -> TokenError:
    status, whither = reply.status, _whither(reply)
    if status == 429:
        return TooManyTokenRequests(phrase("endpoint-too-many"))
    told = phrase("endpoint-answered", status=status)
    if 300 <= status < 400 and whither:
        told = phrase("endpoint-redirects-to", status=status, origin=whither)
    elif 300 <= status < 400:
        told = phrase("endpoint-redirects", status=status)
    elif status in _FOREIGN:
        told = phrase("endpoint-not-one", status=status)
    passing = (status >= 500 and status not in _FOREIGN) or status in _PASSING
    return (TokenEndpointUnavailable if passing else TokenReplyUnusable)(told)


def _whither(reply: Reply) -> str:
    """Return the target of a redirect, only its origin, which holds no secret."""
    try:
        url = urlsplit(reply.value(b"location"))
        port = f":{url.port}" if url.port else ""
    except ValueError:
        return ""
    if url.scheme not in ("http", "https") or not _HOST.fullmatch(url.hostname or ""):
        return ""
    return f"{url.scheme}://{url.hostname}{port}"


def _fields(body: bytes) -> dict[str, Any] | None:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _web_page(reply: Reply) -> bool:
    html = reply.value(b"content-type").strip().lower().startswith("text/html")
    return html or reply.body.lstrip()[:1] == b"<"


def retry_after(reply: Reply, most: float = RETRY_AFTER_LIMIT) -> float | None:
    """Return Retry-After in seconds (RFC 9110 section 10.2.3), at most ``most``.

    The date form is measured against the reply's own Date, so that a wrong clock here does not
    matter; against our wall clock if it has none.
    """
    value = reply.value(b"retry-after").strip()
    if _DELAY.fullmatch(value):
        return min(float(value), most)
    date = http_date(value)
    if date is None:
        return None
    now = http_date(reply.value(b"date"))
    return min(max(date - (time.time() if now is None else now), 0.0), most)


def lead(reply: Reply, asked: float) -> float | None:
    """Return the seconds, at least, that the server's Date is ahead of our wall clock.

    It was written after ``asked`` (Unix time), in whole seconds: that may explain a small
    difference. None without a Date, or if it is a century away: no clock is.
    """
    date = http_date(reply.value(b"date"))
    if date is None or abs(date - asked) > _CENTURY:
        return None
    return max(0.0, date - time.time()) + min(0.0, date + 1 - asked)


def http_date(text: str) -> float | None:
    """Return the Unix time of an HTTP date in any of its three forms (RFC 9110 section 5.6.7)."""
    try:
        date = parsedate_to_datetime(text)
        # asctime's form names no zone, but it is UTC, too.
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
