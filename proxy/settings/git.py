"""A check whether a file with secrets could be committed by mistake."""

import os
import subprocess
import sys
from pathlib import Path

from proxy.words import Phrase, phrase

_LIMIT = 3.0  # seconds


def exposed(file: Path) -> Phrase | None:
    """Return a warning if git could take ``file`` into a commit, with advice; else nothing.

    There is no warning if git is not installed, or the file does not exist.
    """
    if not file.is_file():
        return None
    try:
        folder = file.absolute().parent
    except OSError:  # the current folder has been removed
        return None
    if not any(_there(each / ".git") for each in (folder, *folder.parents)):
        return None
    if _git(folder, "ls-files", "--error-unmatch", file.name) == 0:
        return phrase("slip.committed", file=str(file), name=file.name)
    if _git(folder, "check-ignore", "--quiet", file.name) == 1:
        return phrase("slip.not-ignored", file=str(file), name=file.name)
    return None


def _there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder above that is closed to us
        return False


def _program() -> str:
    """Name git; on Windows by its path, since a program there would be looked for here first."""
    if sys.platform == "win32":
        places = (Path(each, "git.exe") for each in os.get_exec_path())
        found = (each for each in places if each.is_absolute() and each.is_file())
        return str(next(found, "no git"))
    return "git"


def _git(folder: Path, *arguments: str) -> int | None:
    """Run git; return its exit code, None if it cannot be run."""
    # A repository's configuration may name a program for git to run; this option names none.
    command = [_program(), "-c", "core.fsmonitor=false", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_LIMIT, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.returncode
