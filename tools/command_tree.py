"""The commands with their options, as the program's own parsers have them.

Each command makes its parser when it runs. So it is run here, and ends where it would read its
arguments.
"""

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn
from unittest import mock

from proxy.cli import main as cli
from proxy.cli.completion import SHELLS
from proxy.cli.help import HELP, TOPICS
from proxy.cli.ledger.commands import _COMMANDS as LEDGER
from proxy.cli.service import VERBS
from proxy.settings.model import Settings

FILES = ("FILE", "DIR")
_LISTED = re.compile(r"^  ([a-z]+) {2,}(\S.*)$", re.MULTILINE)
_SETTING = "setting_"


class _Caught(BaseException):
    """Carries a parser out of the command that made it."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        super().__init__()
        self.parser = parser


@dataclass(frozen=True)
class Option:
    """One option: its names, what it takes, and what it does."""

    names: tuple[str, ...]
    takes: str
    """The word for its value; empty if it takes none."""
    choices: tuple[str, ...]
    optional: bool
    """Whether it may stand without its value."""
    about: str

    @property
    def short(self) -> str:
        """The first part of what it does, in a few words."""
        first = re.split(r"(?<=[^.])\. |; |: | \(| \[", self.about)[0].rstrip(".")
        return first if len(first) <= 90 else f"{first[:87].rpartition(' ')[0]} ..."


@dataclass(frozen=True)
class Command:
    """A command, or one below it such as ``ledger show``."""

    name: str
    about: str
    words: tuple[str, ...]
    """What may stand after its name."""
    options: tuple[Option, ...]
    parser: argparse.ArgumentParser | None

    @property
    def takes_file(self) -> bool:
        """Whether a file may stand after its name."""
        actions = self.parser._actions if self.parser else []  # noqa: SLF001
        return any(not each.option_strings and each.metavar in FILES for each in actions)


def commands() -> list[Command]:
    """Return all commands in the order of the program's help."""
    return [
        each for name, about in _LISTED.findall(HELP) for each in _with_those_below(name, about)
    ]


def _with_those_below(name: str, about: str) -> Iterator[Command]:
    below = {
        "help": ("topics", *TOPICS),
        "completion": SHELLS,
        "tokens": ("revoke",),
        "service": VERBS,
        "ledger": tuple(word for word in LEDGER if word),
    }.get(name, ())
    parser = None if name == "help" else caught(name)
    yield Command(name, about, below, options(parser), parser)
    if name == "ledger":
        for word in below:
            parser = caught(name, word)
            about = " ".join(str(parser.description).split()).partition(". ")[0].rstrip(".")
            yield Command(f"{name} {word}", about, (), options(parser), parser)


def caught(*words: str) -> argparse.ArgumentParser:
    """Return the parser of a command."""

    def catch(parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        raise _Caught(parser)

    with mock.patch.object(argparse.ArgumentParser, "parse_known_args", catch):
        try:
            cli.main(words)
        except _Caught as found:
            return found.parser
    raise LookupError(words)


def options(parser: argparse.ArgumentParser | None) -> tuple[Option, ...]:
    """Return the options of a parser; help has one alone."""
    if parser is None:
        return (Option(("-h", "--help"), "", (), False, "show this help message and exit"),)
    return tuple(_option(each) for each in parser._actions if each.option_strings)  # noqa: SLF001


def _option(action: argparse.Action) -> Option:
    takes = "" if action.nargs == 0 else str(action.metavar or action.dest.upper())
    choices = tuple(map(str, action.choices or ())) or _alternatives(takes)
    return Option(tuple(action.option_strings), takes, choices, action.nargs == "?", _about(action))


def _alternatives(takes: str) -> tuple[str, ...]:
    """Return the words that may stand there; a word in capitals stands for a value."""
    words = re.fullmatch(r"[a-z]+(\|[a-z]+)*", takes)
    return tuple(takes.split("|")) if words else ()


def _about(action: Any) -> str:  # noqa: ANN401  argparse's
    """Say what an option does, also where the command's own help leaves it out."""
    if action.help == argparse.SUPPRESS:
        return str(Settings.model_fields[action.dest.removeprefix(_SETTING)].description)
    return str(action.help).replace("%%", "%")
