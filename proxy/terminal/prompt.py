"""Questions of a command to a person; without a terminal, it reads standard input instead."""

import getpass
import json
import sys
from typing import Any

from proxy.errors import SettingsError
from proxy.terminal.screen import is_terminal
from proxy.words import phrase

_NAMES = ("client_id", "client_secret")
_LIMIT = 8192  # characters


def credentials(heading: str) -> tuple[str, str]:
    """Return client id and client secret; raise SettingsError if they are not given."""
    if not is_terminal(sys.stdin):
        return _read(sys.stdin.read(_LIMIT))
    _ask(f"{heading}\n")
    try:
        client_id = getpass.getpass("client id: ", stream=sys.stderr)
        return client_id, getpass.getpass("client secret: ", stream=sys.stderr)
    except EOFError:
        raise SettingsError([phrase("prompt.no-input")]) from None


def _read(text: str) -> tuple[str, str]:
    try:
        found: Any = json.loads(text) if text.lstrip().startswith("{") else None
        pair = text.split() if found is None else [str(found[name]) for name in _NAMES]
    except (ValueError, LookupError, TypeError):
        pair = []
    if len(pair) != len(_NAMES):
        raise SettingsError([phrase("prompt.forms")])
    return pair[0], pair[1]


def yes(question: str) -> bool:
    """Ask the person at the terminal; anything but a yes is a no."""
    _ask(f"{question} [y/N] ")
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        _ask("\n")
    return answer.strip().lower() in ("y", "yes", "s", "si", "sí")


def _ask(text: str) -> None:
    print(text, end="", file=sys.stderr, flush=True)  # noqa: T201  a command line asks
