"""``service``: the proxy as a service of Windows; on Linux that is systemd's work."""

import argparse
import re
import sys
from collections.abc import Sequence

from proxy.terminal.arguments import USAGE, Parser, nearest, say
from proxy.terminal.language import worded
from proxy.words import phrase

VERBS = ("install", "uninstall", "start", "stop", "status")
_OF_WINDOWS = ("run",)  # started by its service manager
_OF_INSTALLER = ("after-install", "before-upgrade", "after-upgrade", "before-removal")
_ABOUT = (
    "Run the proxy as a service of Windows: install or uninstall it, start or stop it, show how it"
    " is. All but status is for administrators. Settings, ledger and log are in"
    r" C:\ProgramData\breb-proxy, and stay when the service is uninstalled."
)
_CODES = "0 success (status: it runs), 1 failure, 2 wrong settings or usage"


def main(arguments: Sequence[str]) -> int:
    """Run one of the service commands; return the exit code."""
    first = arguments[0] if arguments else ""
    verb = "" if first.startswith("-") else first
    parser = Parser("service", _ABOUT, _CODES)
    parser.usage = f"{parser.prog} {'|'.join(VERBS)} [options]"
    parser.add_argument(
        "--name",
        type=_name,
        help="one of several instances, such as sandbox: its service is breb-proxy-sandbox, its"
        r" folder C:\ProgramData\breb-proxy-sandbox",
    )
    options = parser.read(arguments[1:] if verb else arguments)
    if sys.platform == "win32":
        if verb in _OF_INSTALLER:
            from proxy.cli import windows_setup

            return windows_setup.run(verb)
        if verb in (*VERBS, *_OF_WINDOWS):
            from proxy.cli import windows_service

            return windows_service.run(verb, options.name or "")
        verbs = "|".join(VERBS)
        say(phrase("usage.service", verbs=verbs, meant=nearest(verb, VERBS)))
        return USAGE
    say(phrase("service.not-here"))
    return USAGE


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,40}", text):
        raise argparse.ArgumentTypeError(worded(phrase("usage.instance")))
    return text
