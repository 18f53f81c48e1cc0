"""``python -m proxy.sandbox``: the simulator alone, on uvicorn."""

import argparse
import asyncio
import contextlib
import logging
import re
import signal
import socket
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from pydantic import ValidationError

from proxy.sandbox.config import SandboxConfig

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

_ABOUT = """\
Serve a simulator of Passport's Bre-B API. It is made from the public documentation; it is
not the real thing and moves no money. State lives in memory and ends with the process.
"""
_MORE = """\
Look at http://127.0.0.1:9090/_sandbox for a page with every control.
Any request may carry a fault of its own, for instance
  X-Sandbox-Fault: status=503;times=2
docs/sandbox.md tells the switches, the guesses behind them, and the faults.
"""
_NAME = "python -m proxy.sandbox"
_GUESS = "Guess: "
_OLDER_FLAGS = {"control_hosts": ("--lever-hosts",)}
_GRACE = 2
_TAKEN = 3  # as the proxy's own exit code


class _Parser(argparse.ArgumentParser):
    def _print_message(self, message: str, file: Any = None) -> None:  # noqa: ANN401  argparse's
        """Write as argparse does, which however would not tell that it could not."""
        (file or sys.stdout).write(message)


def parser(name: str) -> argparse.ArgumentParser:
    """Make a flag of every setting."""
    made = _Parser(
        name,
        description=_ABOUT,
        epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="%(prog)s [options]",
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    made.add_argument("--host", default="127.0.0.1", help="Address to listen on.")
    made.add_argument("--port", type=_port, default=9090, help="Port to listen on; 0 picks one.")
    known = made.add_argument_group("what it does")
    guesses = made.add_argument_group("what the documentation leaves open or contradicts")
    for name, field in SandboxConfig.model_fields.items():
        group = guesses if (field.description or "").startswith(_GUESS) else known
        flags = [f"--{name.replace('_', '-')}", *_OLDER_FLAGS.get(name, ())]
        group.add_argument(*flags, dest=name, **_option(field))
    return made


def _option(field: "FieldInfo") -> dict[str, Any]:
    meaning = (field.description or "").removeprefix(_GUESS)
    default = "" if field.default in {None, ()} else f" [{field.default}]"
    described = (meaning[:1].upper() + meaning[1:] + default).replace("%", "%%")
    if field.annotation is bool:
        return {"action": argparse.BooleanOptionalAction, "help": described}
    if get_origin(field.annotation) is Literal:
        return {"choices": get_args(field.annotation), "type": _choice, "help": described}
    if tuple[str, ...] in {field.annotation, *get_args(field.annotation)}:
        return {"nargs": "+", "metavar": "TEXT", "help": described}
    return {"metavar": "VALUE", "help": described}


def _port(text: str) -> int:
    port = int(text) if re.fullmatch("[0-9]{1,5}", text) else -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: write a number from 0 to 65535")
    return port


def _choice(text: str) -> int | str:
    return int(text) if text.isdigit() else text


def read(argv: Sequence[str] | None, name: str = _NAME) -> tuple[str, int, SandboxConfig]:
    """Read the command line; leave with a message where a value does not fit."""
    made = parser(name)
    given = vars(made.parse_args(argv))
    host, port = given.pop("host"), given.pop("port")
    try:
        return host, port, SandboxConfig.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        made.error("; ".join(f"--{_flag(one['loc'])}: {_words(one['msg'])}" for one in found))


def _flag(location: tuple[int | str, ...]) -> str:
    return str(location[0]).replace("_", "-")


def _words(message: str) -> str:
    return message.removeprefix("Value error, ")


def announce(base_url: str, config: SandboxConfig) -> str:
    """Say where the simulator listens and who gets tokens from it."""
    return "\n".join(
        (
            "Bre-B simulator, made from public documentation; not the real thing",
            f"  API            {base_url}/v1/",
            f"  page           {base_url}/_sandbox",
            f"  OpenAPI        {base_url}/_sandbox/openapi.json",
            f"  client id      {config.client_id}",
            f"  client secret  {config.client_secret}",
        )
    )


def main(argv: Sequence[str] | None = None, name: str = _NAME) -> int:
    """Serve until interrupted, as the command of that name; return the exit code."""
    host, port, config = read(argv, name)
    try:
        listener = _listen(host, port)
    except OSError as error:
        sys.stderr.write(
            f"cannot listen on {host}:{port}: {error.strerror}; choose another --host or --port\n"
        )
        return _TAKEN
    shown = f"[{host}]" if ":" in host else host
    base_url = f"http://{shown}:{listener.getsockname()[1]}"
    sys.stdout.write(announce(base_url, config) + "\n")
    sys.stdout.flush()
    _serve(listener, config)
    return 0


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    return listener


def _serve(listener: socket.socket, config: SandboxConfig) -> None:
    import uvicorn  # not for --help

    from proxy.sandbox.app import create_app

    settings = uvicorn.Config(
        create_app(config),
        http="httptools",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
    )
    # who hangs when it ends is cut off: that is no failure to be explained with a traceback
    logging.getLogger("uvicorn.error").addFilter(lambda record: not _cut_off(record))
    # uvicorn raises the signal again once it has shut down: that is a clean end here
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(settings).run(sockets=[listener])
    signal.signal(signal.SIGTERM, before)


def _cut_off(record: logging.LogRecord) -> bool:
    return record.exc_info is not None and record.exc_info[0] is asyncio.CancelledError


if __name__ == "__main__":
    sys.exit(main())
