"""The command line: finds the command, loads no more than it needs, returns its exit code.

Modules are imported where they are used, so that probes start in a fraction of a second.
"""

import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from proxy import __version__
from proxy.usage import (
    FAILED,
    INTERRUPTED,
    OK,
    TAKEN,
    USAGE,
    nearest,
    refuse_secrets,
    say,
)

if TYPE_CHECKING:
    import argparse

HELP = """\
usage: breb-proxy COMMAND [options]

A local reverse proxy that puts a fresh access token on every request to Passport's Bre-B API.

start:
  run        serve if there are credentials, demo if there are none
  serve      run the proxy
  demo       try it: simulator and proxy in one, no credentials needed
  sandbox    run the simulator of the Bre-B API alone

look after a running proxy (over its admin listener):
  wait       until it holds a usable token
  status     of the proxy and its token
  refresh    the token now
  quit       as SIGTERM does

find out why it does not work:
  check      settings, network, TLS, token, a request on the whole way

options:
  -h, --help   this; breb-proxy COMMAND --help tells more
  --version    the version

Settings come from flags, then the environment (BREB_NAME), then .env, then files of a secrets
directory, then defaults; config.example.env explains each. Secrets are never flags.

exit codes: 0 it worked, 1 it did not, 2 settings or usage, 3 an address is taken,
            4 no running proxy answers, 130 interrupted
"""
_SERVE_CODES = "0 ended by a signal or quit, 2 settings or usage, 3 an address is taken"
_NONE: frozenset[str] = frozenset()
_NOT_IN_DEMO = frozenset(("base_url", "token_url", "allow_production", "allow_insecure_upstream"))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    arguments = list(sys.argv[1:] if argv is None else argv)
    # The simulator's secret is worth nothing, and a flag of its own.
    refused = None if arguments[:1] == ["sandbox"] else refuse_secrets(arguments)
    if refused:
        say(refused)
        return USAGE
    try:
        code = _dispatch(arguments)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return OK if arguments[0] == "demo" else INTERRUPTED
    except BrokenPipeError:
        return _nobody_reads()
    except BaseExceptionGroup as group:
        if group.subgroup(BrokenPipeError) is None:
            raise
        return _nobody_reads()


def _nobody_reads() -> int:
    """Give standard output somewhere to go: else the interpreter would complain at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return FAILED


def _dispatch(arguments: list[str]) -> int:
    name = arguments[0] if arguments else ""
    if name in ("-h", "--help", "help"):
        sys.stdout.write(HELP)
        return OK
    if name == "--version":
        sys.stdout.write(f"breb-proxy {__version__}\n")
        return OK
    run = _COMMANDS.get(name)
    if run is not None:
        return run(arguments[1:])
    if name:
        say(f"no such command: {name}{nearest(name, _COMMANDS)}\ntry: breb-proxy --help")
    else:
        sys.stderr.write(HELP)
    return USAGE


def _lever(name: str) -> Callable[[list[str]], int]:
    def pull(arguments: list[str]) -> int:
        from proxy import levers

        return levers.main(name, arguments)

    return pull


def _sandbox(arguments: list[str]) -> int:
    from proxy.sandbox.__main__ import main as sandbox

    return sandbox(arguments)


def _serve(arguments: list[str]) -> int:
    from proxy.options import parser

    return _start(parser("serve", "Run the proxy.", _SERVE_CODES, apart=_NONE).read(arguments))


def _start(options: "argparse.Namespace") -> int:
    from proxy import logs, server, sockets
    from proxy.errors import SettingsError
    from proxy.options import chosen, slips, where
    from proxy.settings import load

    try:
        places = where(options)
        settings = load(chosen(options), **places)
    except SettingsError as error:
        return _settings_wrong(error.problems)
    as_json = logs.configure(settings.log_level, settings.log_format)
    for warning in slips(places):
        server.log.warning("%s", warning)
    try:
        callers = sockets.bind(settings.listen)
        admin = sockets.bind(settings.admin_listen)
    except sockets.AddressTaken as error:
        say(str(error))
        return TAKEN
    server.log.info(
        "forwarding http%s://%s to %s (%s); admin on http://%s",
        "s" if settings.tls_cert else "",
        settings.listen,
        settings.base_url,
        settings.base_url.environment,
        settings.admin_listen,
    )
    server.run(server.serve(settings, places, callers, admin, as_json=as_json))
    return OK


def _run(arguments: list[str]) -> int:
    """Serve with credentials, whole or half; without any, show what it does."""
    from proxy.errors import SettingsError
    from proxy.options import chosen, origins, parser, where

    about = "Run the proxy if there are credentials; else say so and run the demo."
    options = parser("run", about, _SERVE_CODES, apart=_NONE).read(arguments)
    try:
        found = origins({}, where(options)).keys() & {"client_id", "client_secret"}
    except SettingsError as error:
        return _settings_wrong(error.problems)
    if found:
        return _start(options)
    say("no BREB_CLIENT_ID and BREB_CLIENT_SECRET in the environment or .env: running the demo")
    given = {name: value for name, value in chosen(options).items() if name not in _NOT_IN_DEMO}
    return _show(given)


def _demo(arguments: list[str]) -> int:
    from proxy.options import chosen, parser

    about = (
        "Try it: a simulator of the Bre-B API and the proxy before it, over real HTTP.\nNo"
        " credentials are needed; the environment and .env are not read. Ctrl-C ends it."
    )
    return _show(chosen(parser("demo", about, _SERVE_CODES, apart=_NOT_IN_DEMO).read(arguments)))


def _show(given: dict[str, Any]) -> int:
    from proxy import demo
    from proxy.errors import SettingsError
    from proxy.sockets import AddressTaken

    try:
        demo.run(given)
    except SettingsError as error:
        return _settings_wrong(error.problems)
    except AddressTaken as error:
        say(str(error))
        return TAKEN
    return OK


def _check(arguments: list[str]) -> int:
    from proxy import doctor

    return doctor.main(arguments)


def _settings_wrong(problems: list[str]) -> int:
    say("\n".join(problems))
    return USAGE


_COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "run": _run,
    "serve": _serve,
    "demo": _demo,
    "sandbox": _sandbox,
    "wait": _lever("wait"),
    "status": _lever("status"),
    "refresh": _lever("refresh"),
    "quit": _lever("quit"),
    "check": _check,
}
