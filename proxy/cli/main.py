"""The command line: finds the command, loads no more than it needs, returns its exit code.

Modules are imported where they are used, so that probes start in a fraction of a second.
"""

import contextlib
import errno
import gc
import importlib
import io
import os
import signal
import sys
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any

from proxy import __version__
from proxy.terminal.arguments import (
    FAILED,
    INTERRUPTED,
    OK,
    USAGE,
    nearest,
    refuse_secrets,
    say,
)
from proxy.terminal.language import worded
from proxy.terminal.screen import is_terminal

if TYPE_CHECKING:
    from proxy.words import Phrase

# Windows calls it an invalid argument when the reader has left, a bad file when there was none.
_READER_GONE = (errno.EPIPE, *((errno.EINVAL, errno.EBADF) if sys.platform == "win32" else ()))
_UNWRITTEN = (*_READER_GONE, errno.ENOSPC, errno.EDQUOT, errno.EIO)
_BUILT = ("ssl", "sqlite3", "ctypes")  # a Python may have been built where their libraries were not
_OPTIONS = ("-h", "--help", "--version")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
            if sys.platform == "win32" and not is_terminal(stream):
                stream.reconfigure(encoding="utf-8")  # as log lines are
    arguments = list(sys.argv[1:] if argv is None else argv)
    # The simulator's secret is worth nothing, and has a flag of its own.
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
    except (ModuleNotFoundError, BaseExceptionGroup) as error:
        missing = _missing(error)
        if missing is None:
            raise
        say(missing)
        return FAILED
    finally:
        # Also when argparse ends with SystemExit: at the interpreter's end it would be too late
        # for an exit code of ours.
        sys.stdout.flush()


def _missing(error: BaseException) -> "Phrase | None":
    """Say which module is not there, if the error, or one in the group, tells of one of these."""
    if isinstance(error, BaseExceptionGroup):
        return next((found for each in error.exceptions if (found := _missing(each))), None)
    from proxy.words import phrase

    name = str(error.name).partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if name == "simulator":
        return phrase("usage.no-simulator")
    if name.lstrip("_") in _BUILT:
        return phrase("usage.python", python=sys.executable, module=name.lstrip("_"))
    return None


def _open_streams() -> None:
    """Open missing standard streams: else a socket gets their number, and our log lines."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)  # the lowest free number; Windows spares these
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def _lost(error: BaseException) -> OSError | None:
    """Return the error, perhaps inside a group, by which we know that output cannot be written."""
    if isinstance(error, BaseExceptionGroup):
        return next((lost for each in error.exceptions if (lost := _lost(each))), None)
    return error if isinstance(error, OSError) and error.errno in _UNWRITTEN else None


def _nowhere_to_write(error: OSError) -> int:
    """Report why output could not be written, unless its reader has left; drop what is left of it.

    Otherwise the interpreter would complain at its end.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if error.errno not in _READER_GONE:
        from proxy.words import phrase

        try:
            say(phrase("usage.output", why=str(error.strerror)))
        except OSError:
            os.dup2(1, 2)
    return FAILED


def _dispatch(arguments: list[str]) -> int:
    name = arguments[0] if arguments else ""
    if name in ("-h", "--help", "help"):
        return _help([word for word in arguments[1:] if word not in _OPTIONS], name != "help")
    if name == "--version":
        sys.stdout.write(f"breb-proxy {__version__}\n")
        return OK
    run = _COMMANDS.get(name)
    if run is not None:
        return run(arguments[1:])
    if name:
        known = [*_COMMANDS, "help", *_OPTIONS]
        from proxy.words import phrase

        wrong = phrase("usage.no-command", name=name, meant=nearest(name, known))
        say(phrase("usage.wrong", why=wrong, of=""))
    else:
        from proxy.cli.help import overview

        sys.stderr.write(overview())
    return USAGE


def _help(words: list[str], of_command: bool) -> int:
    """Help with a topic or a command; ``of_command`` says which of them a name of both means."""
    from proxy.cli import help as helping

    if words == ["all"]:
        return _COMMANDS["serve"](["--help", "all"])
    if words and words[0] in _COMMANDS and (of_command or not helping.known(words[0])):
        return _COMMANDS[words[0]]([*words[1:], "--help"])
    return helping.main(words)


def _admin_command(name: str) -> Callable[[list[str]], int]:
    def run(arguments: list[str]) -> int:
        # These commands leave nothing half done. An exception could interrupt half-made objects,
        # which complain when they are dropped: http.client's responses do.
        with _handled({signal.SIGINT: _ending(INTERRUPTED)}):
            from proxy.cli import operate

            return operate.main(name, arguments)

    return run


def _ended_at_once() -> contextlib.AbstractContextManager[None]:
    """Let Ctrl-C end us while modules are loaded: in the middle of one, an exception complains.

    With ``nohup``, or in the background, it stays ignored.
    """
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    return _handled({signal.SIGINT: _ending(INTERRUPTED)} if ours else {})


def _sandbox(arguments: list[str]) -> int:
    from proxy.cli import simulators_words
    from proxy.terminal.argparse_words import in_the_readers_language
    from simulator.__main__ import main as sandbox

    simulators_words.in_the_readers_language()
    with in_the_readers_language():
        return sandbox(arguments, "breb-proxy sandbox", _whose)


def _whose(flag: str) -> str:
    """Name the command that takes an option unknown to the simulator."""
    from proxy.settings.model import flags

    known = [f"--{one.name.replace('_', '-')}" for one in flags()]
    if flag not in known:
        return ""
    from proxy.words import phrase

    return worded(phrase("usage.of-serve", option=flag))


def _start(name: str) -> Callable[[list[str]], int]:
    def begin(arguments: list[str]) -> int:
        # Imported modules stay. Collecting garbage among them again and again, while they grow, is
        # a tenth of a start; the server turns the collector on.
        gc.disable()
        try:
            with _signals_at_start():
                from proxy.cli import serve

                return serve.main(name, arguments)
        finally:
            gc.enable()

    return begin


def _signals_at_start() -> contextlib.AbstractContextManager[None]:
    """Handle signals before anything has begun; the server has signal handlers of its own.

    Process 1 of a container would not hear SIGTERM at all until then, and SIGHUP would end us.
    """
    actions: dict[int, Any] = {signal.SIGTERM: _ending(OK), signal.SIGINT: _ending(OK)}
    if hasattr(signal, "SIGHUP"):
        actions[signal.SIGHUP] = signal.SIG_IGN
    return _handled(actions)


@contextlib.contextmanager
def _handled(actions: dict[int, Any]) -> Generator[None, None, None]:
    before: dict[int, Any] = {}
    with contextlib.suppress(ValueError):  # in another thread, signals are not ours
        before = {number: signal.signal(number, action) for number, action in actions.items()}
    try:
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)


def _ending(code: int) -> Callable[..., None]:
    """Return a handler that ends us at once, and raises no exception in the middle of work."""
    return lambda *_: os._exit(code)


def _command(module: str, *before: str) -> Callable[[list[str]], int]:
    """Return the command in a module of this folder; ``before`` goes before its arguments."""

    def run(arguments: list[str]) -> int:
        with _ended_at_once():
            main: Callable[..., int] = importlib.import_module(f"proxy.cli.{module}").main
        return main(*before, arguments)

    return run


_COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "run": _start("run"),
    "serve": _start("serve"),
    "demo": _start("demo"),
    "tour": _command("tour"),
    "sandbox": _sandbox,
    "wait": _admin_command("wait"),
    "status": _admin_command("status"),
    "console": _admin_command("console"),
    "refresh": _admin_command("refresh"),
    "quit": _admin_command("quit"),
    "check": _command("check"),
    "tokens": _command("tokens"),
    "login": _command("login", "login"),
    "logout": _command("login", "logout"),
    "ledger": _command("ledger.commands"),
    "service": _command("service"),
    "completion": _command("completion"),
}
