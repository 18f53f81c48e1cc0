"""The simulator's command line: a flag for each setting, and errors in words."""

import argparse
import difflib
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, get_args, get_origin

from pydantic import ValidationError

from simulator.config import SandboxConfig
from simulator.said import said, translated
from simulator.words import words

if TYPE_CHECKING:
    # an argument group is private in argparse's stubs
    from argparse import _ArgumentGroup as Group

    from pydantic.fields import FieldInfo

_ABOUT = """\
Serve a simulator of Passport's Bre-B API. It is made from the public documentation; it is
not the real thing and moves no money. Its state is in memory and is lost when the process ends.
"""
_MORE = """\
Look at http://127.0.0.1:9090/_sandbox for a page with every control.
A request can ask for a fault, for example
  X-Sandbox-Fault: status=503;times=2
breb-proxy help sandbox explains the options, the guesses behind them, and the faults.
"""
_GUESS = "Guess: "
_OLDER_FLAGS = {"control_hosts": ("--lever-hosts",)}
_CREDENTIALS = {"client_id", "client_secret"}
_LISTEN = "127.0.0.1:9090"
Hint = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Start:
    """The choices of a command line: ``tls_ca`` is the file for a made authority's certificate."""

    host: str
    port: int
    config: SandboxConfig
    tls: bool = False
    tls_ca: Path = Path("breb-sandbox-ca.pem")
    tls_names: tuple[str, ...] = ()
    tls_cert: Path | None = None
    tls_key: Path | None = None
    data: Path | None = None


class Parser(argparse.ArgumentParser):
    """Names the option that was meant where one is unknown."""

    hint: Hint = staticmethod(lambda flag: "")

    def read(self, argv: Sequence[str] | None) -> dict[str, Any]:
        """Parse a command line, or end the process with exit code 2."""
        options, rest = self.parse_known_args(argv)
        unknown = [word.partition("=")[0] for word in rest if word.startswith("-")]
        if unknown:
            known = [name for action in self._actions for name in action.option_strings]
            near = difflib.get_close_matches(unknown[0], known, n=1)
            meant = self.hint(unknown[0]) or (
                said("; did you mean {word}?", word=near[0]) if near else ""
            )
            self.error(said("no such option: {option}{meant}", option=unknown[0], meant=meant))
        if rest:
            self.error(
                said("only options are allowed, and {word} is not an option", word=repr(rest[0]))
            )
        return vars(options)

    def _print_message(self, message: str, file: Any = None) -> None:  # noqa: ANN401  argparse's
        """Write as argparse does, which however would not tell that it could not."""
        (file or sys.stdout).write(message)

    def error(self, message: str) -> NoReturn:
        """Print the error and where to read more."""
        told = said(
            "usage: {prog} [options]\n{why}\ntry: {prog} --help", prog=self.prog, why=message
        )
        sys.stderr.write(f"{told}\n")
        sys.exit(2)


def parser(name: str) -> Parser:
    """Make a flag of every setting, and those for the address."""
    made = Parser(
        name,
        description=_ABOUT,
        epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="%(prog)s [options]",
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    made.add_argument(
        "--listen", metavar="HOST:PORT", type=_address, help=f"Where to serve [{_LISTEN}]."
    )
    made.add_argument("--host", help="Only the address [127.0.0.1].")
    made.add_argument("--port", type=_port, help="Only the port [9090]; 0 takes any free port.")
    made.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        help="Start with this data, in the form of /_sandbox/dump.",
    )
    tls = made.add_argument_group("TLS")
    tls.add_argument("--tls", action="store_true", help="Serve https with a new certificate.")
    tls.add_argument(
        "--tls-ca",
        type=Path,
        metavar="FILE",
        help="File for the certificate of its authority [breb-sandbox-ca.pem].",
    )
    tls.add_argument(
        "--tls-names", nargs="+", metavar="NAME", help="Its host names, besides the loopback names."
    )
    tls.add_argument("--tls-cert", type=Path, metavar="FILE", help="Your own certificate.")
    tls.add_argument("--tls-key", type=Path, metavar="FILE", help="Its key.")
    add_settings(made)
    return made


def add_settings(made: argparse.ArgumentParser, prefix: str = "") -> None:
    """Add a flag for every setting, in two groups.

    With a ``prefix`` before each name they stand beside another program's flags, which knows the
    simulator's credentials already.
    """
    known: Group = made.add_argument_group(f"what {'the simulator' if prefix else 'it'} does")
    guesses: Group = made.add_argument_group("what the documentation leaves open or contradicts")
    for name, field in SandboxConfig.model_fields.items():
        if prefix and name in _CREDENTIALS:
            continue
        group = guesses if (field.description or "").startswith(_GUESS) else known
        flags = [f"--{prefix}{name.replace('_', '-')}"]
        flags += [] if prefix else _OLDER_FLAGS.get(name, ())
        dest = f"{prefix}{name}".replace("-", "_")
        group.add_argument(*flags, dest=dest, default=argparse.SUPPRESS, **_option(field))


def _option(field: "FieldInfo") -> dict[str, Any]:
    meaning = (field.description or "").removeprefix(_GUESS)
    default = "" if field.default in {None, ()} else f" [{field.default}]"
    described = (meaning[:1].upper() + meaning[1:] + default).replace("%", "%%")
    if field.annotation is bool:
        return {"action": argparse.BooleanOptionalAction, "help": described}
    if get_origin(field.annotation) is Literal:
        return {"choices": get_args(field.annotation), "type": _choice, "help": described}
    if any(get_origin(kind) is tuple for kind in (field.annotation, *get_args(field.annotation))):
        return {"nargs": "+", "metavar": "TEXT", "help": described}
    return {"metavar": "VALUE", "help": described}


def _port(text: str) -> int:
    port = int(text) if re.fullmatch("[0-9]{1,5}", text) else -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(
            said("{text} is not a port: write a number from 0 to 65535", text=repr(text))
        )
    return port


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not colon or not bare or (":" in bare and bare == host):
        raise argparse.ArgumentTypeError(
            said(
                "{text} is not an address: write HOST:PORT, as {example}",
                text=repr(text),
                example=_LISTEN,
            )
        )
    return bare, _port(port)


def _choice(text: str) -> int | str:
    return int(text) if text.isdigit() else text


def read(argv: Sequence[str] | None, name: str, hint: Hint | None = None) -> Start:
    """Read the command line; leave with a message where a value does not fit."""
    made = parser(name)
    made.hint = hint or made.hint
    given = made.read(argv)
    if "listen" in given and {"host", "port"} & given.keys():
        made.error(said("--listen has both already: remove --host and --port"))
    host, port = given.pop("listen", ("127.0.0.1", 9090))
    if ("tls_cert" in given) != ("tls_key" in given):
        made.error(said("set both --tls-cert and --tls-key, or neither"))
    own = {key: given.pop(key) for key in (*Start.__annotations__,) if key in given}
    own["tls_names"] = tuple(own.get("tls_names", ()))
    try:
        config = settings(given)
    except ValueError as error:
        made.error(str(error))
    return Start(**{"host": host, "port": port, **own, "config": config})


def settings(given: dict[str, Any], prefix: str = "") -> SandboxConfig:
    """Make settings of flags' values; raise ValueError naming each flag that does not fit."""
    try:
        return SandboxConfig.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        texts = [f"--{prefix}{_flag(one['loc'])}: {translated(words(one))}" for one in found]
        raise ValueError("; ".join(texts)) from None


def _flag(location: tuple[int | str, ...]) -> str:
    return str(location[0]).replace("_", "-")
