"""The two ways to ask the API about tokens: through a running proxy, or by the command itself."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from proxy.addresses import ListenAddress
from proxy.admin import client as admin_client
from proxy.admin.client import JsonObject
from proxy.admin.connection import NotProven, Unreached
from proxy.cli.shared import proxy_of, sources_of
from proxy.errors import TokenError
from proxy.settings.sources import Sources
from proxy.terminal.arguments import say
from proxy.terminal.language import in_locale
from proxy.words import Phrase, phrase

if TYPE_CHECKING:
    from proxy.admin.documents import RevokedToken, TokenList
    from proxy.settings.credentials import CredentialsReader
    from proxy.token.source import AccessToken, PassportTokenSource, TokenSource

T = TypeVar("T")
Question = Callable[["PassportTokenSource", "AccessToken"], Awaitable[T]]

_LIMIT = 35.0  # seconds


class Way(Protocol):
    """A way to ask the API; ``ours`` names the owner of the token that asks."""

    ours: Phrase

    def listed(self) -> "TokenList":
        """Return the list as the admin listener words it; raise TokenError."""

    def revoke(self, ids: list[str]) -> "dict[str, RevokedToken]":
        """Revoke tokens; return the result for each, as the admin listener does."""


def way_of(options: argparse.Namespace) -> Way:
    """Return the way by the running proxy, if one runs; raise SettingsError, Unreached."""
    where = proxy_of(options)
    try:
        admin_client.ask(where, "GET", "/livez", 2.0)
    except NotProven:
        raise
    except Unreached:
        if options.admin_listen:  # the user named it
            raise
        return _Alone(sources_of(options))
    return _Beside(where)


class _Beside:
    """Asks a running proxy."""

    ours = phrase("tokens.of-proxy")

    def __init__(self, where: ListenAddress) -> None:
        self._where = where

    def listed(self) -> "TokenList":
        return cast("TokenList", self._asked("GET", "/tokens"))

    def revoke(self, ids: list[str]) -> "dict[str, RevokedToken]":
        came = self._asked("POST", "/tokens/revoke", {"ids": ids})
        return cast("dict[str, RevokedToken]", came["revoked"])

    def _asked(self, method: str, target: str, body: object = None) -> JsonObject:
        reply = admin_client.ask(self._where, method, target, _LIMIT, body)
        if reply.status in (401, 403, 421):
            why = reply.text.strip()
            raise Unreached(phrase("reach.refused", where=str(self._where), why=why))
        if reply.status == 502:
            said = in_locale(reply.document.get("said"))
            raise TokenError(said or str(reply.document.get("detail")))
        if reply.status != 200 or not reply.document:
            where, status = str(self._where), str(reply.status)
            raise Unreached(phrase("reach.no-command", where=where, status=status))
        return reply.document


class _Alone:
    """Asks the API itself, with a token of its own for each question, or that of all replicas."""

    ours = phrase("tokens.of-command")

    def __init__(self, sources: Sources) -> None:
        from proxy.settings.model import find, load

        self._sources = sources
        self._settings = load(find({}, sources))
        if self._settings.token_shared:
            self.ours = phrase("tokens.of-replicas")

    def listed(self) -> "TokenList":
        from proxy.admin.tokens import listing

        return self._run(lambda source, token: listing(source, token, 0.0, ()))

    def revoke(self, ids: list[str]) -> "dict[str, RevokedToken]":
        from proxy.admin.tokens import ended

        return self._run(lambda source, token: ended(source, token, ids))

    def _run(self, question: "Question[T]") -> T:
        from proxy.server import errand

        outcome: list[T | TokenError] = []
        errand.run(self._ask(question, outcome))
        if isinstance(outcome[0], TokenError):
            raise outcome[0]
        return outcome[0]

    async def _ask(self, question: "Question[T]", outcome: list[T | TokenError]) -> None:
        from proxy.server.outward import token_source
        from proxy.settings.credentials import CredentialsReader
        from proxy.token.kept import fetched, keeper_for, kept, left_alive

        read = CredentialsReader(self._sources, self._settings.base_url)
        source, pool = token_source(self._settings, read)
        async with AsyncExitStack() as ending:
            ending.push_async_callback(pool.aclose)
            shared = self._shared(source, read, ending)
            keeper = keeper_for(shared, self._settings.token_timeout)
            async with kept(keeper):
                outcome.append(await _answer(question, source, await fetched(keeper)))
        if words := left_alive(keeper):
            say(words)

    def _shared(
        self, source: "PassportTokenSource", read: "CredentialsReader", ending: AsyncExitStack
    ) -> "TokenSource":
        """Return what gives the token: a new one could end that of replicas that share theirs."""
        if not self._settings.token_shared:
            return source
        from proxy.clock import sleepless
        from proxy.server.sharing import shared_source

        shared = shared_source(self._settings, source, read, sleepless(), alone=False)
        ending.push_async_callback(shared.aclose)
        return shared


async def _answer(
    question: "Question[T]", source: "PassportTokenSource", token: "AccessToken | TokenError"
) -> T | TokenError:
    if isinstance(token, TokenError):
        return token
    try:
        async with asyncio.timeout(_LIMIT):
            return await question(source, token)
    except TokenError as error:
        return error
    except TimeoutError:
        return TokenError(phrase("api-silent", seconds=_LIMIT))
