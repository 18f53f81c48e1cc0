"""One setting as text, read as ``serve`` reads it, without loading all the others."""

import os
from collections.abc import Mapping
from pathlib import Path

from proxy.settings.dotenv import assignments


def setting(
    name: str,
    flag: str | None,
    env_file: str | None,
    secrets_dir: str | None,
    environment: Mapping[str, str] = os.environ,
) -> str | None:
    """Return a setting such as ``BREB_LEDGER``; first wins: flag, environment, file, secrets."""
    known = {key.upper(): value for key, value in environment.items()}
    file = Path(env_file or known.get("BREB_ENV_FILE") or ".env")
    folder = secrets_dir or known.get("BREB_SECRETS_DIR")
    found = flag or known.get(name) or assignments(file).get(name)
    if not found and folder:
        found = _read(Path(folder, name.lower())).strip()
    return found or None


def _read(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""
