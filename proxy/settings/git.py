"""A check whether a file with secrets could be committed by mistake."""

import subprocess
from pathlib import Path

_LIMIT = 3.0  # seconds


def exposed(file: Path) -> str:
    """Return a warning if git could take ``file`` into a commit, with advice; else nothing.

    There is no warning if git is not installed, or the file does not exist.
    """
    if not file.is_file():
        return ""
    try:
        folder = file.absolute().parent
    except OSError:  # the current folder has been removed
        return ""
    if not any(_there(each / ".git") for each in (folder, *folder.parents)):
        return ""
    if _git(folder, "ls-files", "--error-unmatch", file.name) == 0:
        return (
            f"{file} is committed in git: remove it (git rm --cached {file.name}), add it to"
            " .gitignore, and get new credentials, because the old ones stay in git's history"
        )
    if _git(folder, "check-ignore", "--quiet", file.name) == 1:
        return f"{file} is not ignored by git: add {file.name} to .gitignore before you commit"
    return ""


def _there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder above that is closed to us
        return False


def _git(folder: Path, *arguments: str) -> int | None:
    """Run git; return its exit code, None if it cannot be run."""
    # A repository's configuration may name a program for git to run; this option names none.
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_LIMIT, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.returncode
