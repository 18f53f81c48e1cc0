"""The command line: finds the command, loads no more than it needs, returns its exit code.

Modules are imported where they are used, so that probes start in a fraction of a second.
"""

import contextlib
import errno
import gc
import io
import os
import signal
import sys
from collections.abc import Callable, Generator, Sequence
from typing import Any

from proxy import __version__
from proxy.invocation import COMMAND
from proxy.terminal.arguments import (
    FAILED,
    INTERRUPTED,
    OK,
    USAGE,
    nearest,
    refuse_secrets,
    say,
)

_UNWRITTEN = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO)
HELP = """\
usage: breb-proxy COMMAND [options]

A local reverse proxy that puts a fresh access token on every request to Passport's Bre-B API.

start:
  run        serve if there are credentials, demo if there are none
  serve      run the proxy
  demo       try it: simulator and proxy together, no credentials needed
  tour       print shell commands for a payment through the demo, step by step
  sandbox    run only the simulator of the Bre-B API

control a running proxy (over its admin listener):
  wait       wait until it has a usable token
  status     show the state of the proxy and its token
  console    print the address that opens the console in a browser
  refresh    renew the token now
  quit       end the proxy, as SIGTERM does

credentials and tokens:
  tokens     list the valid tokens, and mark this proxy's; revoke some
  login      test credentials, and store them in the system's keychain
  logout     delete them there

find out whether a payment was made (BREB_LEDGER):
  ledger     requests that may have changed something: list, show, look-up, settle, backup

find out why it does not work:
  check      check settings, network, TLS, token and one request end to end

options:
  -h, --help   show this help; for one command: breb-proxy COMMAND --help
  --version    show the version

Settings come from flags, then the environment (BREB_NAME), then .env, then files of a secrets
directory, then the keychain (credentials only), then defaults; config.example.env explains each.
Secrets have no flag.

exit codes: 0 success, 1 failure, 2 wrong settings or usage, 3 an address is in use,
            4 no proxy answers, 130 interrupted
"""

_WITHOUT_SIMULATOR = (
    "the production image does not have the simulator; build the image of the target sandbox:"
    " docker build --target sandbox -t breb-simulator ."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    _open_streams()
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
        return _run(arguments)
    except KeyboardInterrupt:
        return OK if arguments[:1] == ["demo"] else INTERRUPTED
    except (OSError, BaseExceptionGroup) as error:
        lost = _lost(error)
        if lost is None:
            raise
        return _nowhere_to_write(lost)


def _run(arguments: list[str]) -> int:
    try:
        return _dispatch(arguments)
    except ModuleNotFoundError as missing:
        if not str(missing.name).startswith("proxy.sandbox"):
            raise
        say(_WITHOUT_SIMULATOR)
        return FAILED
    finally:
        # Also when argparse ends with SystemExit: at the interpreter's end it would be too late
        # for an exit code of ours.
        sys.stdout.flush()


def _open_streams() -> None:
    """Open what we were started without: else a socket gets its number, and our log lines."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def _lost(error: BaseException) -> OSError | None:
    """Return the error, perhaps of a group, that says that what we print goes nowhere."""
    if isinstance(error, BaseExceptionGroup):
        return next((lost for each in error.exceptions if (lost := _lost(each))), None)
    return error if isinstance(error, OSError) and error.errno in _UNWRITTEN else None


def _nowhere_to_write(error: OSError) -> int:
    """Say so, unless the reader has left; what is still to be written goes to nobody.

    Else the interpreter would complain at its end.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if error.errno != errno.EPIPE:
        try:
            say(f"cannot write to standard output: {error.strerror}")
        except OSError:
            os.dup2(1, 2)
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
        say(f"no such command: {name}{nearest(name, _COMMANDS)}\ntry: {COMMAND} --help")
    else:
        sys.stderr.write(HELP)
    return USAGE


def _admin_command(name: str) -> Callable[[list[str]], int]:
    def run(arguments: list[str]) -> int:
        # They leave nothing half done. What an exception interrupts is half made, and complains of
        # it when it is thrown away: http.client's responses do.
        with _handled({signal.SIGINT: _ending(INTERRUPTED)}):
            from proxy.cli import operate

            return operate.main(name, arguments)

    return run


def _sandbox(arguments: list[str]) -> int:
    from proxy.sandbox.__main__ import main as sandbox

    return sandbox(arguments, "breb-proxy sandbox", _whose)


def _whose(flag: str) -> str:
    """Say which command takes an option that the simulator does not know."""
    from proxy.settings.model import flags

    known = [f"--{one.name.replace('_', '-')}" for one in flags()]
    return f"; {flag} is an option of breb-proxy serve" if flag in known else ""


def _start(name: str) -> Callable[[list[str]], int]:
    def begin(arguments: list[str]) -> int:
        # What is imported stays. To look for garbage in it again and again, while it grows, is a
        # tenth of a start; the server turns the collector on.
        gc.disable()
        try:
            with _signals_at_start():
                from proxy.cli import serve

                return serve.main(name, arguments)
        finally:
            gc.enable()

    return begin


def _signals_at_start() -> contextlib.AbstractContextManager[None]:
    """End well if told to while nothing has begun; the server has signal handlers of its own.

    Process 1 of a container would not hear SIGTERM at all until then, and SIGHUP would end us.
    """
    actions: dict[int, Any] = {signal.SIGTERM: _ending(OK), signal.SIGINT: _ending(OK)}
    if hasattr(signal, "SIGHUP"):
        actions[signal.SIGHUP] = signal.SIG_IGN
    return _handled(actions)


@contextlib.contextmanager
def _handled(actions: dict[int, Any]) -> Generator[None, None, None]:
    before: dict[int, Any] = {}
    with contextlib.suppress(ValueError):  # called in another thread: signals are not ours
        before = {number: signal.signal(number, action) for number, action in actions.items()}
    try:
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)


def _ending(code: int) -> Callable[..., None]:
    """Return what ends us at once, and not as an exception inside of whatever is under way."""
    return lambda *_: os._exit(code)


def _credentials(name: str) -> Callable[[list[str]], int]:
    def log_in_or_out(arguments: list[str]) -> int:
        from proxy.cli import login

        return login.main(name, arguments)

    return log_in_or_out


def _tokens(arguments: list[str]) -> int:
    from proxy.cli import tokens

    return tokens.main(arguments)


def _tour(arguments: list[str]) -> int:
    from proxy.cli import tour

    return tour.main(arguments)


def _check(arguments: list[str]) -> int:
    from proxy import doctor

    return doctor.main(arguments)


def _ledger(arguments: list[str]) -> int:
    from proxy.cli import ledger

    return ledger.main(arguments)


_COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "run": _start("run"),
    "serve": _start("serve"),
    "demo": _start("demo"),
    "tour": _tour,
    "sandbox": _sandbox,
    "wait": _admin_command("wait"),
    "status": _admin_command("status"),
    "console": _admin_command("console"),
    "refresh": _admin_command("refresh"),
    "quit": _admin_command("quit"),
    "check": _check,
    "tokens": _tokens,
    "login": _credentials("login"),
    "logout": _credentials("logout"),
    "ledger": _ledger,
}
