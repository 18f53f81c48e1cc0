"""The operator's admin commands on a running proxy: ``wait``, ``status``, ``refresh`` and ``quit``.

They speak to the admin listener with the standard library alone, since probes and scripts start
them often.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

from proxy.addresses import ListenAddress
from proxy.admin import secret as admin_secret
from proxy.admin.client import AdminReply, JsonObject, ask
from proxy.admin.connection import Unreached, answered, not_ours
from proxy.cli.shared import add_proxy, proxy_of
from proxy.cli.status_view import view
from proxy.errors import SettingsError
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
from proxy.words import Said, phrase
from proxy.words.durations import Span

if TYPE_CHECKING:
    from proxy.admin.documents import RefreshDocument, StatusDocument

_PAUSE = 0.1  # seconds
_PROBE_LIMIT = 3.0  # seconds: Windows takes 2 to say that nothing listens
_STEP_LIMIT = 5.0  # seconds: on a busy machine a proxy that works may need more than 2
_REFRESH_LIMIT = 90.0  # seconds: it waits for the token request, at most TOKEN_WAIT

AdminCommand = Callable[[ListenAddress, argparse.Namespace, Screen], int]


def main(name: str, arguments: Sequence[str]) -> int:
    """Run one admin command; return the exit code."""
    about, codes, run = _COMMANDS[name]
    parser = Parser(name, about, codes)
    if name == "wait":
        parser.add_argument(
            "--timeout",
            type=_seconds,
            default=30.0,
            metavar="SECONDS",
            help="seconds to wait; 0 asks once, as a probe does (default: 30)",
        )
    if name == "status":
        parser.add_argument("--json", action="store_true", help="print the whole state as JSON")
    add_proxy(parser)
    add_sources(parser)
    options = parser.read(arguments)
    try:
        where = proxy_of(options)
    except SettingsError as error:
        say_wrong(error)
        return USAGE
    try:
        return run(where, options, Screen(sys.stdout))
    except Unreached as error:
        say(error.what)
        return UNREACHED


def _seconds(text: str) -> float:
    value = float(text) if text.replace(".", "", 1).isdigit() else -1.0
    if not 0 <= value <= 86_400:
        raise argparse.ArgumentTypeError(worded(phrase("usage.seconds")))
    return value


def _wait(where: ListenAddress, options: argparse.Namespace, screen: Screen) -> int:
    """Ask until ready; a proxy that is not there yet is waited for as well."""
    started = time.monotonic()
    while True:
        left = options.timeout - (time.monotonic() - started)
        try:
            reply = ask(where, "GET", "/readyz?json", min(_PROBE_LIMIT, max(left, 1.0)))
            ready, why = _readiness(where, reply)
        except Unreached as error:
            ready, why = False, error.what
        if ready:
            took = Span(time.monotonic() - started)
            screen.line(worded(phrase("wait.ready", span=took)))
            return OK
        if time.monotonic() - started + _PAUSE > options.timeout:
            say(phrase("wait.not-ready", seconds=options.timeout))
            say(why)
            return FAILED
        time.sleep(_PAUSE)


def _readiness(where: ListenAddress, reply: AdminReply) -> tuple[bool, Said]:
    ready, reasons = (reply.document.get(name) for name in ("ready", "reasons"))
    if not isinstance(ready, bool) or not isinstance(reasons, list):
        raise not_ours(where, phrase("reach.unexpected"))
    said = reply.document.get("said")  # an older proxy has none
    told = [*filter(None, map(in_locale, said))] if isinstance(said, list) else []
    return ready, "\n".join(told or map(str, reasons))


def _status(where: ListenAddress, options: argparse.Namespace, screen: Screen) -> int:
    state = _document(where, "GET", "/status", _STEP_LIMIT)
    if options.json:
        screen.line(as_json(state, 2))
    else:
        screen.line(view(state, screen))
    return OK if state.get("ready") else FAILED


def _refresh(where: ListenAddress, options: argparse.Namespace, screen: Screen) -> int:
    del options
    came = _document(where, "POST", "/refresh", _REFRESH_LIMIT, (200, 503))
    state = cast("RefreshDocument", came)
    words = in_locale(state.get("said")) or str(state.get("words"))
    if state.get("renewed"):
        screen.line(worded(phrase("refresh.renewed", words=words)))
        return OK
    same = state.get("state") == "fresh"
    late = phrase("refresh.same") if same else phrase("refresh.under-way")
    works = state.get("usable_for")
    kept = phrase("refresh.still-works") if works else phrase("refresh.none")
    why = in_locale(state.get("failure")) or state.get("last_error") or late
    say(phrase("refresh.failed", why=why, kept=kept, words=words))
    return FAILED


def _quit(where: ListenAddress, options: argparse.Namespace, screen: Screen) -> int:
    del options
    state = cast("StatusDocument", _document(where, "GET", "/status", _STEP_LIMIT))
    _document(where, "POST", "/quit", _STEP_LIMIT, (202,))
    number = state.get("in_flight", 0)
    exchanges = phrase("exchanges.one")
    if number != 1:
        exchanges = phrase("exchanges.many", count=str(number))
    screen.line(worded(phrase("quit.begun", exchanges=exchanges)))
    return OK


def _console(where: ListenAddress, options: argparse.Namespace, screen: Screen) -> int:
    del options
    if where.path:
        _document(where, "GET", "/status", _STEP_LIMIT)  # it is breb-proxy
        say(phrase("console.of-socket", where=str(where)))
        return FAILED
    reply = _answer(where, "POST", "/console/api/link", _STEP_LIMIT)
    if reply.status == 404:
        say(phrase("console.off"))
        return FAILED
    link = reply.document.get("link")
    if reply.status != 200 or not isinstance(link, str):
        raise not_ours(where, answered(reply.status))
    screen.line(admin_secret.address(reply.at, link))
    return OK


def _document(
    where: ListenAddress, method: str, target: str, limit: float, expected: tuple[int, ...] = (200,)
) -> JsonObject:
    """Ask for a JSON object; raise Unreached if something else comes."""
    reply = _answer(where, method, target, limit)
    if reply.status not in expected or not reply.document:
        raise not_ours(where, answered(reply.status))
    return reply.document


def _answer(where: ListenAddress, method: str, target: str, limit: float) -> AdminReply:
    """Send a request that only our user may send; raise Unreached if it is refused."""
    reply = ask(where, method, target, limit)
    if reply.status in (403, 421):
        raise Unreached(phrase("reach.refused", where=str(where), why=reply.text.strip()))
    return reply


_CODES = "0 success, 1 failure, 2 wrong usage, 4 no proxy answers"
_COMMANDS: dict[str, tuple[str, str, AdminCommand]] = {
    "wait": (
        "Wait until a running proxy has a usable token. For start-up scripts and probes.",
        "0 ready, 1 not ready in time (standard error says why), 2 wrong usage",
        _wait,
    ),
    "status": (
        "Show the state of a running proxy and its token, but never the token itself.",
        "0 ready, 1 not ready, 2 wrong usage, 4 no proxy answers",
        _status,
    ),
    "console": (
        "Print the address that opens the console of a running proxy in a browser.",
        _CODES,
        _console,
    ),
    "refresh": ("Make a running proxy renew its token now.", _CODES, _refresh),
    "quit": ("End a running proxy as SIGTERM does. Exchanges under way may finish.", _CODES, _quit),
}
