"""The command that starts this program here, as our messages tell people to type it.

``breb-proxy`` alone is right only where the shell finds it, and finds this one.
"""

import os
import re
import shlex
import sys
from pathlib import Path

NAME = "breb-proxy"
_FILE = f"{NAME}.exe" if sys.platform == "win32" else NAME


def command(program: str = sys.executable) -> str:
    """Return our command for a shell in the current folder; ``program`` is the interpreter."""
    if not program:  # embedded in another program
        return NAME
    ours = Path(program).with_name(_FILE)
    if not os.access(ours, os.X_OK):
        return f"{quoted(program)} -m proxy"
    if _same(ours, _on_path()):
        return NAME
    return quoted(str(_shortened(ours)))


def typed(text: str) -> str:
    """Return ``text`` with the commands in it as they are typed here; usage keeps our name."""
    return re.sub(rf"(?<!usage: )\b{NAME} (?=[a-zA-Z])", lambda _: f"{COMMAND} ", text)


def quoted(word: str) -> str:
    """Return ``word`` as it is typed.

    Windows has two shells, and the same form for both only where there is nothing to quote:
    PowerShell starts what stands in quotes only behind ``&``, which cmd does not know.
    """
    if sys.platform == "win32":
        return word if re.fullmatch(r"[\w.:\\/~+-]+", word) else f'"{word}"'
    return shlex.quote(word)


def _on_path() -> Path | None:
    found = (Path(folder, _FILE) for folder in os.get_exec_path())
    return next((path for path in found if os.access(path, os.X_OK)), None)


def _same(path: Path, other: Path | None) -> bool:
    return other is not None and path.samefile(other)  # pipx has a link to it on the PATH


def _shortened(path: Path) -> Path:
    try:
        here = Path.cwd()
    except OSError:  # it has been removed
        return path
    return path.relative_to(here) if path.is_relative_to(here) else path


def curl(host: str) -> str:
    """Return how curl is started to reach ``host``, which is this machine.

    It sends a request to 127.0.0.1, too, to the proxy that the environment names for all programs.
    """
    if not any(map(os.environ.get, ("http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"))):
        return "curl"
    listed = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    excepted = {name.strip() for name in listed.split(",")}
    return "curl" if excepted & {host, "*"} else "curl --noproxy '*'"


COMMAND = command()
