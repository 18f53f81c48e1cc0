"""The API's list of live tokens, page after page, with its ambiguity resolved.

It is not documented whether expires_in in the list is a token's whole life or the rest of it. The
entry of our own token tells, when it is old enough; until then we assume the whole life.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from proxy.errors import TokenEndpointUnavailable, TokenError
from proxy.moments import moment
from proxy.passport.lists import following
from proxy.passport.tokens import LIST_TOKENS_SCOPE
from proxy.token.ids import usable_id
from proxy.token.source import AccessToken
from proxy.words import Phrase, phrase

PAGES = 100  # pages
_GRANTS = {"entity.client_credentials": "client_credentials"}
_GRANT_FLOW = "GRANT_FLOW_"
_TELLING = 60.0  # seconds of age from which total and rest are told apart

Ask = Callable[[str, AccessToken], Awaitable[tuple[int, bytes]]]
"""Gets the list for a query, authorized by a token: status and body."""


class ListRefused(TokenError):
    """The API does not give the list to this token."""


@dataclass(frozen=True, slots=True)
class ListedToken:
    """An entry of the list; ``created_at`` is Unix time, ``expires_in`` (seconds) as listed.

    ``grant`` is its OAuth grant, empty if that is not known.
    """

    token_id: str
    created_at: float | None
    expires_in: float | None
    scopes: int | None
    grant: str

    def ends_at(self, now: float, *, remaining: bool) -> float | None:
        """Return its end (Unix time), if that is known."""
        start = now if remaining else self.created_at
        return None if start is None or self.expires_in is None else start + self.expires_in


async def inventory(ask: Ask, bearer: AccessToken) -> tuple[list[ListedToken], bool]:
    """Return the tokens that are alive, and whether these are all; raise TokenError."""
    found: dict[str, ListedToken] = {}
    query: dict[str, str] = {}
    for number in range(1, PAGES + 1):
        status, body = await ask(f"?{urlencode(query)}" if query else "", bearer)
        if status == 404:  # "none exist for the entity"
            return list(found.values()), True
        if status in (401, 403):
            raise ListRefused(_refused(status, bearer))
        if status != 200:
            raise TokenEndpointUnavailable(phrase("list-answered", status=status))
        tokens, info = read_page(body)
        new = {token.token_id: token for token in tokens if token.token_id not in found}
        found |= new
        if number >= int(info.get("total_pages") or 1):
            return list(found.values()), True
        if not new:
            break
        query = following(number + 1, info)
    return list(found.values()), False


def _refused(status: int, bearer: AccessToken) -> Phrase:
    if bearer.scopes and LIST_TOKENS_SCOPE not in bearer.scopes:
        return phrase("list-needs-scope", status=status, scope=LIST_TOKENS_SCOPE)
    return phrase("list-refused", status=status, scope=LIST_TOKENS_SCOPE)


def read_page(body: bytes) -> tuple[list[ListedToken], dict[str, Any]]:
    """Read a page: its entries and its pagination_info; raise TokenEndpointUnavailable."""
    try:
        document: Any = json.loads(body)
        entries, info = document["tokens"], document.get("pagination_info") or {}
        int(info.get("total_pages") or 1)
        return [_entry(entry) for entry in entries if _named(entry)], info
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        raise TokenEndpointUnavailable(phrase("list-undocumented")) from None


def _named(entry: Any) -> bool:  # noqa: ANN401  whatever stands in the list
    token_id = entry.get("token_id")
    return isinstance(token_id, str) and usable_id(token_id)


def _entry(entry: dict[str, Any]) -> ListedToken:
    lifetime, scopes = entry.get("expires_in"), entry.get("scopes")
    return ListedToken(
        entry["token_id"],
        _moment(entry.get("created_at")),
        float(lifetime) if isinstance(lifetime, int | float) else None,
        len(scopes) if isinstance(scopes, list) else None,
        _grant(entry),
    )


def _grant(entry: dict[str, Any]) -> str:
    flow = entry.get("grant_flow")
    if isinstance(flow, str) and flow.startswith(_GRANT_FLOW):
        return flow.removeprefix(_GRANT_FLOW).lower()
    roles = entry.get("roles")
    known = (_GRANTS.get(role) for role in roles if isinstance(role, str)) if roles else ()
    return next(filter(None, known), "")


def _moment(text: object) -> float | None:
    read = moment(str(text))
    return None if read is None else read.timestamp()


def tells_remaining(tokens: list[ListedToken], own: AccessToken, age: float) -> bool:
    """Report whether the list has the rest of each life, judged by the entry of our own token."""
    told = next((each.expires_in for each in tokens if each.token_id == own.token_id), None)
    if told is None or age < min(_TELLING, own.lifetime / 10):
        return False
    return abs(told - (own.lifetime - age)) < abs(told - own.lifetime)
