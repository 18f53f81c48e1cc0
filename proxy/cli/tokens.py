"""``tokens``: lists the live tokens of this client, and revokes those that nobody needs.

A running proxy is asked, on its admin listener; without one a token is fetched for it, and revoked
at the end.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from proxy.admin.connection import Unreached
from proxy.cli.shared import add_proxy
from proxy.cli.token_ways import Way, way_of
from proxy.errors import SettingsError, TokenError
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
    from proxy.admin.documents import TokenList, TokenRow

_ABOUT = """\
List the access tokens of this client that the API reports as valid, and mark this proxy's.
`tokens revoke ID...` revokes some. `tokens revoke --others` revokes all that have the same grant
and are not this proxy's: it says what would break, and asks first. Use it for the token of a proxy
that was killed. If no proxy runs here, this command fetches a token and revokes it at the end; of
replicas that share one, it uses theirs.
"""
_CODES = "0 success, 1 failure, 2 wrong settings or usage, 4 another program listens there"
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
        way = way_of(options)
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
