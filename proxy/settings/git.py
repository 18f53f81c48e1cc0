"""Whether a file with secrets could be committed by mistake."""

import subprocess
from pathlib import Path

_LIMIT = 3.0


def exposed(file: Path) -> str:
    """Return why git could take ``file`` into a commit, and what to do; empty if it could not.

    Nothing is said where git is not installed, or the file is not there.
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
    # A repository may name programs that git would run; this one names ours: none.
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_LIMIT, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.returncode
