"""Listing and revoking tokens, for our user alone: ``/tokens``, ``/tokens/revoke``."""

import asyncio
import json
import time
from collections.abc import Container, Sequence
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from proxy.admin.answers import body, no
from proxy.admin.audit import deed
from proxy.errors import TokenError
from proxy.moments import stamp_seconds
from proxy.passport.tokens import REVOKE_TOKEN_SCOPE
from proxy.token.ids import usable_id
from proxy.token.inventory import ListedToken, inventory, tells_remaining
from proxy.token.keeper import TokenKeeper
from proxy.token.source import AccessToken, PassportTokenSource
from proxy.words import Phrase, both, phrase

if TYPE_CHECKING:
    from proxy.admin.documents import RevokedToken, TokenList, TokenRow

LIMIT = 30.0  # seconds
_MOST = 1000  # ids
_SIZE = 65_536  # bytes


class TokenRoutes:
    """Lists and revokes tokens, by requests that carry the token held."""

    def __init__(self, keeper: TokenKeeper, source: PassportTokenSource) -> None:
        self._keeper = keeper
        self._source = source

    def routes(self) -> list[Route]:
        """Return the routes for the admin app."""
        return [
            Route("/tokens", self.tokens),
            Route("/tokens/revoke", self.revoke, methods=["POST"]),
        ]

    async def tokens(self, request: Request) -> Response:
        """Give the API's list, and mark the tokens of this proxy."""
        del request
        try:
            async with asyncio.timeout(LIMIT):
                held = self._keeper.usable() or await self._keeper.wait()
                age = self._keeper.age(held)
                found = await listing(self._source, held.token, age, self._keeper.issued)
        except TokenError as error:
            return no(error.detail, 502)
        except TimeoutError:
            return no(phrase("list-late", seconds=LIMIT), 502)
        return JSONResponse(found)

    async def revoke(self, request: Request) -> Response:
        """Revoke the tokens with the given ids; answer with the result for each."""
        ids = _ids(await body(request, _SIZE) or b"")
        if ids is None:
            return no(phrase("send.ids"), 400)
        facts = deed(request).facts
        facts["tokens"], facts["token_id"] = len(ids), ids[0]
        try:
            async with asyncio.timeout(LIMIT):
                held = self._keeper.usable() or await self._keeper.wait()
                outcomes = await ended(self._source, held.token, ids)
        except TokenError as error:
            return no(error.detail, 502)
        except TimeoutError:
            return no(phrase("revocation-late", seconds=LIMIT), 502)
        # If the API refused or did not answer, the token may still work: the keeper keeps it.
        facts["ended"] = sum(outcome["ended"] for outcome in outcomes.values())
        for token_id in ids:
            if outcomes[token_id]["ended"]:
                self._keeper.revoked(token_id)
        return JSONResponse({"revoked": outcomes})


async def listing(
    source: PassportTokenSource, own: AccessToken, age: float, issued: Container[str]
) -> "TokenList":
    """Return the list as a document; ``issued`` are the ids of the tokens that we fetched before.

    Each is ``own``, ``own-before`` or ``other``.
    """
    tokens, whole = await inventory(source.listed, own)
    now = time.time() + (source.skew or 0.0)
    remaining = tells_remaining(tokens, own, age)

    def whose(token_id: str) -> str:
        before = "own-before" if token_id in issued else "other"
        return "own" if token_id == own.token_id else before

    entries = [_shown(each, whose(each.token_id), now, remaining=remaining) for each in tokens]
    return {"tokens": entries, "whole": whole, "own": own.token_id}


def _shown(token: ListedToken, whose: str, now: float, *, remaining: bool) -> "TokenRow":
    ends = token.ends_at(now, remaining=remaining)
    return {
        "id": token.token_id,
        "created": _worded(token.created_at),
        "ends": _worded(ends),
        "ends_in": None if ends is None else round(ends - now),
        "scopes": token.scopes,
        "grant": token.grant,
        "whose": whose,
    }


def _worded(moment: float | None) -> str | None:
    return None if moment is None else stamp_seconds(moment)


async def ended(
    source: PassportTokenSource, bearer: AccessToken, ids: Sequence[str]
) -> "dict[str, RevokedToken]":
    """Revoke tokens, our own last; return the result for each, as a code and in words.

    ``ended`` says that it is not valid any more.
    """
    outcomes: dict[str, RevokedToken] = {}
    for token_id in sorted(ids, key=lambda each: each == bearer.token_id):
        try:
            what = _outcome(await source.revoke_by_id(token_id, bearer))
        except TokenError as error:
            what = phrase("revocation.not-known", why=error.detail)
        code = what.code.removeprefix("revocation.")
        ended = code in ("revoked", "gone")
        outcomes[token_id] = {"code": code, "ended": ended, "words": str(what), "said": both(what)}
    return outcomes


def _outcome(status: int) -> Phrase:
    if 200 <= status < 300:
        return phrase("revocation.revoked")
    if status in (404, 409):
        return phrase("revocation.gone")
    if status in (401, 403):
        return phrase("revocation.refused", status=status, scope=REVOKE_TOKEN_SCOPE)
    return phrase("revocation.failed", status=status)


def _ids(content: bytes) -> list[str] | None:
    try:
        ids = json.loads(content)["ids"]
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    if not isinstance(ids, list) or not 0 < len(ids) <= _MOST:
        return None
    return ids if all(isinstance(each, str) and usable_id(each) for each in ids) else None
