"""Where settings come from, and what in those places cannot be read."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic_settings import (
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
)

from proxy.errors import SettingsError
from proxy.settings.dotenv import refuse_foreign, text_of, unreadable
from proxy.settings.keychain import KeychainSource
from proxy.settings.model import PREFIX, Settings

KEYCHAIN = "keychain"


def sources(secrets_dir: Path | None, env_file: Path | None = Path(".env")) -> dict[str, Any]:
    """Return the constructor arguments that name where settings are read from.

    Raises SettingsError if ``secrets_dir`` is not a directory.
    """
    if secrets_dir is None:
        return {"_env_file": env_file}
    try:
        problem = "" if stat.S_ISDIR(secrets_dir.stat().st_mode) else "is not a directory"
    except FileNotFoundError:
        problem = "no such directory"
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    if problem:
        raise SettingsError([f"{PREFIX}SECRETS_DIR: {problem}: {secrets_dir}"])
    return {"_env_file": env_file, "_secrets_dir": secrets_dir}


def locate(env_file: str | None, secrets_dir: str | None) -> dict[str, Any]:
    """Return where settings are read from, see `sources`; raise SettingsError if they cannot be.

    Both are flags; what is None is asked of the environment.
    """
    # The last is systemd's, for the files of LoadCredential=.
    asked = (os.environ.get(name) for name in ("BREB_SECRETS_DIR", "CREDENTIALS_DIRECTORY"))
    folder = secrets_dir or next(filter(None, asked), None)
    file = env_file or os.environ.get("BREB_ENV_FILE")
    places = sources(Path(folder) if folder else None, Path(file or ".env"))
    problems = _passed_over(places["_env_file"], named=bool(file))
    if problems := [*problems, *_unreadable(places.get("_secrets_dir"))]:
        raise SettingsError(problems)
    return places


def _passed_over(file: Path, *, named: bool) -> list[str]:
    """Return a problem for each line of ours that dotenv would leave out: it may be a rule."""
    try:
        if not named:
            refuse_foreign(file)
        text = text_of(file, named=named)
    except SettingsError as error:
        return error.problems
    return [
        f"{file}: line {number} cannot be read; write NAME=value, and close all quotes"
        for number, words in unreadable(text)
        if PREFIX in words.upper()
    ]


def _unreadable(folder: Path | None) -> list[str]:
    """Return a problem for each secret file that pydantic would pass over, or fail at."""
    try:
        files = sorted(folder.iterdir()) if folder else []
    except OSError as error:
        return [f"{folder}: cannot be read ({error.strerror})"]
    names = {f"{PREFIX}{name}".lower() for name in Settings.model_fields}
    problems: list[str] = []
    for file in files:
        if file.name.lower() in names:
            try:
                text_of(file)
            except SettingsError as error:
                problems += error.problems
    return problems


def provenance(given: dict[str, Any], places: dict[str, Any]) -> dict[str, str]:
    """Return for each setting that is set where its value comes from; never the value.

    Raises SettingsError if a source cannot be read.
    """
    file, folder = places.get("_env_file"), places.get("_secrets_dir")
    read: list[tuple[str, Callable[[], PydanticBaseSettingsSource]]] = [
        ("environment", lambda: EnvSettingsSource(Settings)),
        (str(file), lambda: DotEnvSettingsSource(Settings, env_file=file)),
    ]
    if folder:
        read.append((str(folder), lambda: SecretsSettingsSource(Settings, secrets_dir=folder)))
    read.append((KEYCHAIN, lambda: KeychainSource(Settings)))
    found = dict.fromkeys(given, "flag")
    known = dict(given)
    for name, make in read:
        try:
            source = make()
            source._set_current_state(known)  # noqa: SLF001  as pydantic-settings itself does
            values = source()
        except (OSError, ValueError) as error:
            raise SettingsError([f"{name}: cannot be read ({error})"]) from None
        for setting in values.keys() & Settings.model_fields.keys():
            found.setdefault(setting, name)
            known.setdefault(setting, values[setting])
    return found
