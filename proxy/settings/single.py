"""One setting as text, read as ``serve`` reads it, without loading all the others."""

import os
from collections.abc import Mapping
from pathlib import Path

from proxy.settings.dotenv import assigned, refuse_foreign, text_of


def setting(
    name: str,
    flag: str | None,
    env_file: str | None,
    secrets_dir: str | None,
    environment: Mapping[str, str] = os.environ,
) -> str | None:
    """Return a setting such as ``BREB_LEDGER``; first wins: flag, environment, file, secrets.

    Raises SettingsError if a file in which it may stand cannot be read: a default in its place
    might be another proxy, or no ledger.
    """
    known = {key.upper(): value for key, value in environment.items()}
    if found := flag or known.get(name):
        return found
    named = env_file or known.get("BREB_ENV_FILE")
    file = Path(named or ".env")
    if not named:
        refuse_foreign(file)
    text = text_of(file, named=bool(named))
    folder = secrets_dir or known.get("BREB_SECRETS_DIR")
    found = assigned(text).get(name) or (folder and text_of(Path(folder, name.lower())).strip())
    return found or None
