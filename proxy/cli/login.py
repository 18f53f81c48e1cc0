"""``login`` and ``logout``: credentials into the keychain, once they are known to work.

Client id and secret come from the terminal, where they are not shown, or from standard input;
never from the command line, which other processes can read.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from proxy.credentials import Credentials, FixedCredentials
from proxy.errors import CredentialsRefused, SettingsError, TokenError
from proxy.server import errand
from proxy.server.outward import token_source
from proxy.settings import keychain
from proxy.settings.dotenv import rewrite, why_not
from proxy.settings.git import exposed
from proxy.settings.keychain import KeychainUnavailable, NoKeychain
from proxy.settings.model import Settings, find, load
from proxy.settings.precedence import KEYCHAIN, Found, full_name
from proxy.settings.sources import EnvFile, locate
from proxy.terminal import prompt
from proxy.terminal.arguments import FAILED, OK, USAGE, Parser, say, say_wrong
from proxy.terminal.language import worded
from proxy.terminal.screen import Screen, is_terminal
from proxy.terminal.setting_flags import chosen, parser
from proxy.token.kept import fetched, keeper_for, kept, left_alive
from proxy.token.source import AccessToken
from proxy.words import Phrase, phrase
from proxy.words.durations import Span

_PAIR = ("client_id", "client_secret")
_FILE = "env-file"
_STAND_IN = "x"  # while the real ones are not there yet
_CODES = "0 success, 1 failure, 2 wrong settings or usage"
_ABOUT = {
    "login": """\
Ask for the client id and client secret (Passport dashboard, Platform > API keys), test them, and
store them in the operating system's keychain: one pair for each base URL. Without a terminal they
are read from standard input: the client id on the first line and the secret on the second, or one
JSON object with client_id and client_secret. The token of the test is revoked.
""",
    "logout": """\
Delete the client id and client secret of the base URL from the keychain, or from the env file. A
running proxy keeps its token until it ends (breb-proxy quit).
""",
}


def main(name: str, arguments: Sequence[str]) -> int:
    """Run ``login`` or ``logout``; return the exit code."""
    reader = parser(name, _ABOUT[name], _CODES)
    _add(reader, name)
    options = reader.read(arguments)
    screen = Screen(sys.stdout)
    try:
        return _login(options, screen) if name == "login" else _logout(options, screen)
    except SettingsError as error:
        say_wrong(error)
        return USAGE
    except KeychainUnavailable as error:
        say(error.what)
        return FAILED


def _add(reader: Parser, name: str) -> None:
    group = reader.add_argument_group(f"this {name}")
    group.add_argument(
        "--store",
        choices=(KEYCHAIN, _FILE),
        help=f"where the pair is stored: {KEYCHAIN}, or {_FILE} (.env, mode 0600, in clear text)"
        f" [{KEYCHAIN}]",
    )
    if name == "login":
        group.add_argument("--untried", action="store_true", help="store the pair without a test")


# -- login -------------------------------------------------------------------------------------


def _login(options: argparse.Namespace, screen: Screen) -> int:
    found = _found(options)
    settings = load(found)
    if options.store != _FILE:
        options.store = _where(settings, _unusable())
    if options.store is None:
        return FAILED
    pair = prompt.credentials(_for_whom(settings))
    settings = load(found.with_values(dict(zip(_PAIR, pair, strict=True))))
    if not options.untried and not _accepted(settings, screen):
        return FAILED
    return _keep(options, settings, found, screen)


def _found(options: argparse.Namespace) -> Found:
    """Find all settings but the two credentials, without asking a person or the keychain."""
    sources = locate(options.env_file, options.secrets_dir)
    return find(chosen(options) | dict.fromkeys(_PAIR, _STAND_IN), sources)


def _unusable() -> Phrase | None:
    """Return the reason why there is no keychain, None if there is one."""
    try:
        keychain.name()
    except KeychainUnavailable as error:
        return error.what
    return None


def _where(settings: Settings, problem: Phrase | None) -> str | None:
    """Return the place for the pair; None if there is neither a keychain nor another place."""
    if problem is None:
        return KEYCHAIN
    say(problem)
    say(phrase("login.in-clear-text"))
    question = phrase("login.in-file-question", url=str(settings.base_url))
    if is_terminal(sys.stdin) and prompt.yes(worded(question)):
        return _FILE
    say(phrase("login.not-in-file"))
    return None


def _keep(options: argparse.Namespace, settings: Settings, found: Found, screen: Screen) -> int:
    store, pair = options.store, Credentials(settings.client_id, settings.client_secret)
    sources = found.sources.anew()
    if store == KEYCHAIN:
        try:
            keychain.keep(settings.base_url, pair)
            url = str(settings.base_url)
            _said(screen, phrase("login.in-keychain", name=keychain.name(), url=url))
        except KeychainUnavailable as error:
            store = _where(settings, error.what)
    if store is None or (store == _FILE and not _written(sources.file.path, pair, screen)):
        return FAILED
    _warn(find(chosen(options), sources), store, screen)
    return OK


def _for_whom(settings: Settings) -> str:
    url, environment = str(settings.base_url), settings.environment
    return worded(phrase("login.for", url=url, environment=environment))


def _accepted(settings: Settings, screen: Screen) -> bool:
    """Ask for a token with the pair; report the result, and whether to keep the pair."""
    outcome: list[AccessToken | TokenError] = []
    errand.run(_try(settings, outcome))
    came = outcome[0]
    if isinstance(came, AccessToken):
        _said(screen, phrase("login.accepted", url=str(settings.token_endpoint_url)))
        screen.line(screen.rows(_rows(settings, came)))
        return True
    say(came.detail)
    if isinstance(came, CredentialsRefused):
        say(phrase("login.refused"))
        return False
    if is_terminal(sys.stdin) and prompt.yes(worded(phrase("login.untried-question"))):
        return True
    say(phrase("login.not-tried"))
    return False


async def _try(settings: Settings, outcome: list[AccessToken | TokenError]) -> None:
    pair = Credentials(settings.client_id, settings.client_secret)
    source, pool = token_source(settings, FixedCredentials(pair))
    keeper = keeper_for(source, settings.token_timeout)
    try:
        async with kept(keeper):
            outcome.append(await fetched(keeper))
    finally:
        await pool.aclose()
        if words := left_alive(keeper):
            say(words)


def _rows(settings: Settings, token: AccessToken) -> list[tuple[str, str]]:
    lived = phrase("login.lived", span=Span(token.lifetime))
    few = ", ".join(token.scopes[:3]) + (", …" if token.scopes[3:] else "")
    scopes = f"{len(token.scopes)}: {few}" if token.scopes else worded(phrase("status.unknown"))
    return [
        (worded(phrase("status.environment")), settings.environment),
        (worded(phrase("login.tokens-live")), worded(lived)),
        (worded(phrase("status.scopes")), scopes),
    ]


def _written(file: Path, pair: Credentials, screen: Screen) -> bool:
    values = {full_name(name): getattr(pair, name).get_secret_value() for name in _PAIR}
    if not _rewritten(file, values):
        return False
    if not values.items() <= EnvFile(file).values.items():
        if _rewritten(file, dict.fromkeys(values)):
            say(phrase("login.unwritable-pair", file=str(file)))
        return False
    _said(screen, phrase("login.in-file", file=str(file.absolute())))
    return True


def _rewritten(file: Path, values: Mapping[str, str | None]) -> bool:
    """Change the file, or say why it cannot be."""
    try:
        rewrite(file, values)
    except OSError as error:
        why = why_not(file, error, replaced=True)
    except ValueError as error:
        why = str(error)
    else:
        return True
    say(phrase("login.cannot-write", file=str(file), why=why))
    return False


def _warn(found: Found, store: str, screen: Screen) -> None:
    """Warn of settings that keep the pair from being used, or from staying secret."""
    file, origins = found.sources.file, found.origins
    wins = {origins[name] for name in _PAIR if name in origins} - {KEYCHAIN, file.name}
    if store == KEYCHAIN and origins.get("client_secret") == file.name:
        wins.add(file.name)
    mark = screen.shade(screen.mark("!"), "yellow")
    if wins:
        told = phrase("login.others-win", names=", ".join(sorted(wins)))
        screen.line(f"{mark} {worded(told)}")
    if advice := exposed(file.path):
        screen.line(f"{mark} {worded(advice)}")


# -- logout ------------------------------------------------------------------------------------


def _logout(options: argparse.Namespace, screen: Screen) -> int:
    found = _found(options)
    settings = load(found)
    file, names = found.sources.file, [*map(full_name, _PAIR)]
    in_file = any(map(file.get, names))
    if options.store == _FILE:
        if in_file and not _rewritten(file.path, dict.fromkeys(names)):
            return FAILED
        name = file.name
        there = phrase("logout.removed", file=name)
        _said(screen, there if in_file else phrase("logout.not-in-file", file=name))
        return OK
    try:
        had = keychain.remove(settings.base_url)
    except NoKeychain as error:
        had = False
        if not in_file:
            raise
        say(error.what)
    url = str(settings.base_url)
    _said(
        screen, phrase("logout.deleted", url=url) if had else phrase("logout.not-stored", url=url)
    )
    if in_file:
        screen.line(worded(phrase("logout.also-in-file", file=file.name)))
    return OK


# -- talking -----------------------------------------------------------------------------------


def _said(screen: Screen, what: Phrase) -> None:
    screen.line(f"{screen.shade(screen.mark('✓'), 'green')} {worded(what)}")
