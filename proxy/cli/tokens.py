"""``tokens``: lists the live tokens of this client, and revokes those that nobody needs.

A running proxy is asked, on its admin listener; without one a token is fetched for it, and revoked
at the end.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from proxy.addresses import ListenAddress
from proxy.admin import client as admin_client
from proxy.admin.client import JsonObject
from proxy.admin.connection import NotProven, Unreached
from proxy.cli.shared import add_proxy, proxy_of, sources_of
from proxy.errors import SettingsError, TokenError
from proxy.settings.sources import Sources
from proxy.terminal import prompt
from proxy.terminal.arguments import (
    FAILED,
    OK,
    UNREACHED,
    USAGE,
    Parser,
    add_sources,
    say,
    say_wrong,
)
from proxy.terminal.language import in_locale, worded
from proxy.terminal.plain import as_json
from proxy.terminal.screen import Screen
from proxy.terminal.table import Cell, lines
from proxy.token.ids import usable_id
from proxy.words import Phrase, Said, phrase
from proxy.words.durations import Span

if TYPE_CHECKING:
    from proxy.admin.documents import RevokedToken, TokenList, TokenRow
    from proxy.settings.credentials import CredentialsReader
    from proxy.token.source import AccessToken, PassportTokenSource, TokenSource

T = TypeVar("T")
Question = Callable[["PassportTokenSource", "AccessToken"], Awaitable[T]]

_ABOUT = """\
List the access tokens of this client that the API reports as valid, and mark this proxy's.
`tokens revoke ID...` revokes some. `tokens revoke --others` revokes all that have the same grant
and are not this proxy's: it says what would break, and asks first. Use it for the token of a proxy
that was killed. If no proxy runs here, this command fetches a token and revokes it at the end; of
replicas that share one, it uses theirs.
"""
_CODES = "0 success, 1 failure, 2 wrong settings or usage, 4 another program listens there"
_LIMIT = 35.0  # seconds
_OWN_GRANTS = ("client_credentials", "")
_HEADINGS = (
    phrase("tokens.id"),
    phrase("tokens.created"),
    phrase("tokens.ends-in"),
    phrase("tokens.scopes"),
    phrase("tokens.grant"),
    phrase("tokens.whose"),
)
_NOT_KNOWN = phrase("status.unknown")


class Way(Protocol):
    """A way to ask the API; ``ours`` names the owner of the token that asks."""

    ours: Phrase

    def listed(self) -> "TokenList":
        """Return the list as the admin listener words it; raise TokenError."""

    def revoke(self, ids: list[str]) -> "dict[str, RevokedToken]":
        """Revoke tokens; return the result for each, as the admin listener does."""


def main(arguments: Sequence[str]) -> int:
    """List or revoke; return the exit code."""
    reader = _reader()
    options = reader.read(arguments)
    if (options.action is None) == bool(options.ids or options.others):
        reader.error(phrase("usage.tokens"))
    if options.ids and options.others:
        reader.error(phrase("usage.ids-or-others"))
    if not all(map(usable_id, options.ids)):
        reader.error(phrase("usage.token-id"))
    screen = Screen(sys.stdout)
    try:
        way = _way(options)
        return _revoke(way, options, screen) if options.action else _list(way, options, screen)
    except SettingsError as error:
        say_wrong(error)
        return USAGE
    except Unreached as error:
        say(error.what)
        return UNREACHED
    except TokenError as error:
        say(error.detail)
        return FAILED


def _reader() -> Parser:
    reader = Parser("tokens", _ABOUT, _CODES)
    reader.usage = "breb-proxy tokens [revoke ID... | revoke --others] [options]"
    reader.add_argument("action", nargs="?", choices=("revoke",), help=argparse.SUPPRESS)
    reader.add_argument("ids", nargs="*", help=argparse.SUPPRESS)
    reader.add_argument("--json", action="store_true", help="print one JSON document")
    reader.add_argument(
        "--others", action="store_true", help="revoke all that are not this proxy's"
    )
    reader.add_argument("--yes", action="store_true", help="do not ask")
    add_proxy(reader)
    add_sources(reader)
    return reader


def _way(options: argparse.Namespace) -> Way:
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
        from proxy.server.build import token_source
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


# -- list --------------------------------------------------------------------------------------


def _list(way: Way, options: argparse.Namespace, screen: Screen) -> int:
    found = way.listed()
    if options.json:
        screen.line(as_json(found, 2))
        return OK
    _table(found["tokens"], way.ours, screen)
    others = [entry for entry in found["tokens"] if entry["whose"] == "other"]
    valid = _counted(len(found["tokens"]))
    told = phrase("tokens.valid", tokens=valid, others=str(len(others)))
    screen.line(f"\n{worded(told)}")
    _incomplete(found)
    return OK


def _incomplete(found: "TokenList") -> None:
    if not found["whole"]:
        say(phrase("tokens.not-whole"))


def _counted(count: int) -> Phrase:
    return phrase("tokens.one") if count == 1 else phrase("tokens.many", count=str(count))


def _table(tokens: "list[TokenRow]", ours: Phrase, screen: Screen) -> None:
    for line in lines([*map(worded, _HEADINGS)], [_row(entry, ours) for entry in tokens], screen):
        screen.line(line)


def _row(entry: "TokenRow", ours: Phrase) -> list[Cell]:
    left, scopes = entry["ends_in"], entry["scopes"]
    whose = {"own": ours, "own-before": phrase("tokens.until-now", whose=ours)}
    shades = ("green",) if entry["whose"] in whose else ()
    texts: tuple[Said, ...] = (
        str(entry["id"]),
        str(entry["created"] or "").replace("T", " ").removesuffix("Z") or _NOT_KNOWN,
        _NOT_KNOWN if left is None else _left(left),
        _NOT_KNOWN if scopes is None else str(scopes),
        str(entry["grant"] or "") or _NOT_KNOWN,
        whose.get(entry["whose"], phrase("tokens.anothers")),
    )
    return [Cell(worded(text), shades) for text in texts]


def _left(seconds: float) -> Phrase:
    return phrase("tokens.left", span=Span(seconds)) if seconds > 0 else phrase("tokens.now")


# -- revoke ------------------------------------------------------------------------------------


def _revoke(way: Way, options: argparse.Namespace, screen: Screen) -> int:
    ids = options.ids
    if options.others:
        chosen = _others(way, screen)
        if not chosen:
            screen.line(worded(phrase("tokens.nothing-to-revoke")))
            return OK
        question = phrase("tokens.revoke", tokens=_counted(len(chosen)))
        if not (options.yes or prompt.yes(worded(question))):
            say(phrase("tokens.none-revoked"))
            return FAILED
        ids = chosen
    outcomes = way.revoke(ids)
    if options.json:
        screen.line(as_json(outcomes, 2))
    else:
        said = [
            (token_id, in_locale(outcome.get("said")) or outcome["words"])  # older: words alone
            for token_id, outcome in outcomes.items()
        ]
        screen.line(screen.rows(said, indent=""))
    return OK if all(outcome["ended"] for outcome in outcomes.values()) else FAILED


def _others(way: Way, screen: Screen) -> list[str]:
    """Show the tokens to revoke and the consequences; return the ids."""
    found = way.listed()
    others = [entry for entry in found["tokens"] if entry["whose"] == "other"]
    ours = [entry for entry in others if entry["grant"] in _OWN_GRANTS]
    if ours:
        _table(ours, way.ours, screen)
        print(  # noqa: T201  beside the question, also where the list goes to a program
            worded(phrase("tokens.what-breaks")),
            file=sys.stderr,
        )
    if left := len(others) - len(ours):
        say(phrase("tokens.stay", tokens=_counted(left)))
    _incomplete(found)
    return [str(entry["id"]) for entry in ours]
