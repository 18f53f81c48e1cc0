"""An application's request to the token endpoint, in the forms that OAuth clients use.

Documented is a JSON object with client_id, client_secret and grant_type. Libraries send a form
instead (RFC 6749 section 4.4.2), with the credentials in it or in HTTP Basic (section 2.3.1); all
of these are read, in any mixture that does not contradict itself.
"""

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from proxy.words import Phrase, phrase

LIMIT = 16_384  # bytes
_GRANT = "client_credentials"


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """The credentials that an application brought.

    ``client_secrets`` are the possible readings of its secret: in HTTP Basic, clients should encode
    it as in forms, and many do not.
    """

    client_id: str
    client_secrets: tuple[str, ...] = field(repr=False)


class BadTokenRequest(Exception):
    """The request is not one for a token; ``error`` is a code of RFC 6749 section 5.2."""

    def __init__(self, why: Phrase, error: str = "invalid_request") -> None:
        super().__init__(why)
        self.why = why
        self.error = error


def read(content_type: bytes, authorization: bytes, body: bytes) -> TokenRequest:
    """Read a token request; raise BadTokenRequest, which repeats nothing of the request."""
    members = _form(body) if b"x-www-form-urlencoded" in content_type.lower() else _object(body)
    grant = members.get("grant_type")
    if grant is None:
        raise BadTokenRequest(phrase("field-required", name="grant_type"))
    if grant != _GRANT:
        raise BadTokenRequest(phrase("grant-type", grant=_GRANT), "unsupported_grant_type")
    user, password = _basic(authorization)
    client_id = _one("client_id", members, user)
    secret = _one("client_secret", members, password)
    decoded = unquote_plus(secret) if password else secret
    return TokenRequest(client_id, tuple(dict.fromkeys((secret, decoded))))


def _one(name: str, members: dict[str, str], from_basic: str) -> str:
    given = {value for value in (members.get(name), from_basic) if value}
    if not given:
        raise BadTokenRequest(phrase("field-required", name=name))
    if len(given) > 1:
        raise BadTokenRequest(phrase("field-twice", name=name))
    return given.pop()


def _object(body: bytes) -> dict[str, str]:
    try:
        members: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise BadTokenRequest(phrase("not-json")) from None
    if not isinstance(members, dict):
        raise BadTokenRequest(phrase("no-json-object"))
    for name in ("client_id", "client_secret", "grant_type"):
        if not isinstance(members.get(name, ""), str):
            raise BadTokenRequest(phrase("field-no-string", name=name))
    return {name: value for name, value in members.items() if isinstance(value, str)}


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise BadTokenRequest(phrase("not-a-form")) from None
    if len(dict(pairs)) < len(pairs):  # RFC 6749 section 3.2
        raise BadTokenRequest(phrase("parameter-twice"))
    return dict(pairs)


def _basic(authorization: bytes) -> tuple[str, str]:
    """Return id and secret of HTTP Basic, both empty if there is none."""
    scheme, _, encoded = authorization.strip().partition(b" ")
    if scheme.lower() != b"basic":
        return "", ""
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        colon = ""
    if not colon:
        raise BadTokenRequest(phrase("not-basic"))
    return user, password
