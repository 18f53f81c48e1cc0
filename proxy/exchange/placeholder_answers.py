"""The local token endpoint's answers: the documented shapes, over placeholders.

Errors have both kinds of members: those by which clients read Passport's errors (message,
http_code, type, code), and those of RFC 6749 section 5.2 (error, error_description).
"""

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from proxy.http1.fields import Lines
from proxy.moments import stamp_millis
from proxy.passport.failures import failure
from proxy.passport.lists import PAGE_NUMBER, PAGE_SIZE, page_info
from proxy.token.placeholder import Placeholder
from proxy.token.source import AccessToken
from proxy.words import Phrase, Said, phrase

_PAGE, _LARGEST = 20, 100


@dataclass(frozen=True, slots=True)
class PlaceholderAnswer:
    """One answer of ours; ``note`` is for the log."""

    status: int
    content: Mapping[str, object] | None = field(default=None, repr=False)
    lines: tuple[tuple[bytes, bytes], ...] = ()
    note: Said = ""

    @property
    def body(self) -> bytes:
        """The body as bytes."""
        return b"" if self.content is None else json.dumps(self.content).encode() + b"\n"

    def fields(self) -> Lines:
        """Return the field lines; RFC 6749 section 5.1 forbids caches to store tokens."""
        kind = [(b"Content-Type", b"application/json")] if self.content is not None else []
        length = (b"Content-Length", b"%d" % len(self.body))
        kept = [(b"Cache-Control", b"no-store"), (b"Pragma", b"no-cache")]
        return [*kind, length, *kept, *self.lines]


def granted(placeholder: Placeholder, stands_for: AccessToken) -> PlaceholderAnswer:
    """Give a placeholder out, with its own facts in the members of a token."""
    token = {"access_token": placeholder.value, "token_type": "Bearer"}
    return PlaceholderAnswer(
        200, {**token, **_described(placeholder, stands_for)}, note=phrase("placeholder-given")
    )


def _described(placeholder: Placeholder, stands_for: AccessToken) -> dict[str, object]:
    return {
        "token_id": placeholder.token_id,
        "expires_in": placeholder.lifetime,
        "created_at": stamp_millis(placeholder.issued_at),
        "account_id": stands_for.account_id or str(uuid.UUID(int=0)),
        "scopes": list(stands_for.scopes),
        "roles": list(stands_for.roles) or ["entity.client_credentials"],
    }


def listed(
    placeholders: Sequence[Placeholder], stands_for: AccessToken, query: Mapping[str, str]
) -> PlaceholderAnswer:
    """Give a page of the list."""
    size = min(_number(query.get(PAGE_SIZE), _PAGE), _LARGEST)
    number = _number(query.get(PAGE_NUMBER), 1)
    some = placeholders[(number - 1) * size : number * size]
    info = page_info(stamp_millis(time.time()), number, size, len(placeholders))
    tokens = [_described(each, stands_for) for each in some]
    return PlaceholderAnswer(200, {"tokens": tokens, "pagination_info": info})


def _number(text: str | None, usual: int) -> int:
    return (
        int(text) if text and text.isascii() and text.isdigit() and 0 < int(text) < 10**6 else usual
    )


def shown(placeholder: Placeholder, stands_for: AccessToken) -> PlaceholderAnswer:
    """Give the facts about a placeholder, never itself."""
    return PlaceholderAnswer(200, _described(placeholder, stands_for))


def refused(
    status: int, error: str, why: Phrase, path: bytes, exchange_id: str, challenge: str = ""
) -> PlaceholderAnswer:
    """Refuse; ``error`` is a code of RFC 6749 or RFC 6750.

    It is in English: the API has no other language, and error_description no other letters.
    """
    message = str(why)
    url = path.decode("ascii", "replace")
    content = {
        **failure(status, error.upper(), message, resource="iam", url=url, trace_id=exchange_id),
        "error": error,
        "error_description": message,
    }
    details = message.replace("\\", "").replace('"', "'")
    ours = f'breb-proxy; error=http_request_denied; details="{details}"'.encode()
    lines = [(b"Proxy-Status", ours)]
    if challenge:
        lines.append((b"WWW-Authenticate", challenge.encode()))
    return PlaceholderAnswer(status, content, tuple(lines), why)
