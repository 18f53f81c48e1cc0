"""What an ``.env`` file says, read as ``serve`` reads it: by python-dotenv."""

import io
from pathlib import Path


def assignments(file: Path) -> dict[str, str]:
    """Return what ``file`` sets, names in capitals; empty if it cannot be read.

    Values stand with their references to the environment (``${NAME}``) resolved.
    """
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    # Imported only where there is a file: the commands that probes start should start fast.
    from dotenv import dotenv_values

    found = dotenv_values(stream=io.StringIO(text))
    return {name.upper(): value for name, value in found.items() if value is not None}
