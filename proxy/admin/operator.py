"""The name of the person who runs a command, as the command gives it; nobody checks it."""

import os
import sys
from urllib.parse import quote, unquote

from proxy.admin.secret import user
from proxy.terminal.plain import plain

FIELD = "X-Operator"
_LONGEST = 64  # characters


def field() -> dict[str, str]:
    """Return the field that gives this person's name to the proxy."""
    return {FIELD: quote(name(), safe=" ")}


def name() -> str:
    """Return this person's name: who called sudo, or else the user of this process."""
    if sys.platform == "win32":
        return os.environ.get("USERNAME", "")[:_LONGEST]
    return (os.environ.get("SUDO_USER") or user(os.getuid()))[:_LONGEST]


def given(value: str) -> str:
    """Return the name that a request gives in its field, cut short and printable."""
    return plain(unquote(value[: 12 * _LONGEST], errors="replace"))[:_LONGEST]
