"""Writes the scripts of ``breb-proxy completion``: ``python -m tools.completion``."""

from pathlib import Path

from proxy.cli import completion
from tools.completion import bash, fish, powershell, zsh
from tools.completion.shared import Completed

FOLDER = Path(completion.__file__).parent
WRITERS = {"bash": bash, "zsh": zsh, "fish": fish, "powershell": powershell}


def made() -> dict[Path, str]:
    """Return each script and what must be in it."""
    known = Completed()
    return {FOLDER / name: WRITERS[shell].script(known) for shell, name in completion.FILES.items()}


if __name__ == "__main__":
    for file, text in made().items():
        file.write_text(text, encoding="utf-8")
