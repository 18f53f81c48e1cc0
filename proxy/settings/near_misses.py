"""What was perhaps meant for a setting that is missing: a near name, or a line left empty.

Names alone are told, never a value.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from proxy.errors import SettingsError
from proxy.invocation import COMMAND
from proxy.settings.dotenv import names

PREFIX = "BREB_"
_NEAR = 0.85  # of 1: BREB_CLIENTID and BRE_B_CLIENT_ID are, GOOGLE_CLIENT_ID is not
_ELSEWHERE = ("", "PASSPORT_")  # what others put before the same name
_ENVIRONMENT = "the environment"
_MISNAMED = (".env.txt", "env.txt", "env", ".env.env")  # editors and Explorer add what they like
_SOURCE = "CREDENTIALS_SOURCE"  # of which CREDENTIALS_DIRECTORY, systemd's, has copies
_CREDENTIALS = ("BREB_CLIENT_ID", "BREB_CLIENT_SECRET")
_UPSTREAM = ("BREB_BASE_URL", "BREB_TOKEN_URL", "BREB_ALLOW_PRODUCTION")


def missing(wanted: str, places: dict[str, Any]) -> str:
    """Say what stands where ``wanted``, a setting without a value, was looked for; or nothing."""
    for place, found in _sources(places):
        if wanted in found:
            return f"is empty in {place}"
        near = next((written for name, written in found.items() if _near(name, wanted)), "")
        if near:
            return f"is not set, but {place} has {near}: rename it to {wanted}"
    other = _misnamed(wanted, places)
    return f"is not set, but {other} has it: rename that file to .env" if other else ""


def _misnamed(wanted: str, places: dict[str, Any]) -> str:
    """Return the file with ``wanted`` that is called a little otherwise than .env; or nothing."""
    file = Path(places.get("_env_file") or ".env")
    if file.name != ".env" or file.exists():
        return ""
    for other in (file.with_name(name) for name in _MISNAMED):
        with contextlib.suppress(OSError, ValueError, SettingsError):  # it need not be text
            if other.is_file() and wanted in {name.upper() for name in names(other)}:
                return str(other)
    return ""


def put_into(wanted: str, places: dict[str, Any]) -> str:
    """Say into which file ``wanted`` belongs, where a service manager hands us copies; or nothing.

    Our units name the folder. They give an empty copy of a file that is not there.
    """
    source, copies = os.environ.get(_SOURCE), os.environ.get("CREDENTIALS_DIRECTORY")
    if not source or not copies or str(places.get("_secrets_dir")) != copies:
        return ""
    if (Path(copies) / wanted).is_file():
        return (
            f"{source}/{wanted} is missing or empty; write the value into that file and restart"
            f" the service ({COMMAND} help service)"
        )
    return ""


def meant(places: dict[str, Any]) -> str:
    """Return the place, if any, by which somebody who gave no credentials meant to serve.

    Whoever wrote settings does not look for a demo, in which all payments go well.
    """
    for place, found in _sources(places):
        if any(name in _UPSTREAM or _of_credentials(name) for name in found):
            return place
        if place != _ENVIRONMENT and any(name.startswith(PREFIX) for name in found):
            return place
    misnamed = next(filter(None, (_misnamed(name, places) for name in _CREDENTIALS)), "")
    return misnamed or str(places.get("_secrets_dir") or "")


def _sources(places: dict[str, Any]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Give each place and the names in it, by their capitals, as they are written there."""
    yield _ENVIRONMENT, {name.upper(): name for name in os.environ}
    file = Path(places.get("_env_file") or ".env")
    yield str(file), {name.upper(): name for name in names(file)}
    if folder := places.get("_secrets_dir"):
        yield str(folder), {path.name.upper(): path.name for path in Path(folder).iterdir()}


def _of_credentials(name: str) -> bool:
    return any(_near(name, wanted) for wanted in _CREDENTIALS)


def _near(name: str, wanted: str) -> bool:
    plain = wanted.removeprefix(PREFIX)
    if name in [prefix + plain for prefix in _ELSEWHERE]:
        return True
    import difflib  # only where something may be mistyped

    matcher = difflib.SequenceMatcher(None, name, wanted)
    return matcher.real_quick_ratio() >= _NEAR and matcher.ratio() >= _NEAR
