"""What was perhaps meant for a setting that is missing: a near name, or a line left empty.

Names alone are told, never a value.
"""

import contextlib
import os
from pathlib import Path

from proxy.errors import SettingsError
from proxy.invocation import COMMAND
from proxy.settings.sources import ENVIRONMENT, PREFIX, EnvFile, Source, Sources

_NEAR = 0.85  # of 1: BREB_CLIENTID and BRE_B_CLIENT_ID are, GOOGLE_CLIENT_ID is not
_ELSEWHERE = ("", "PASSPORT_")  # what others put before the same name
_MISNAMED = (".env.txt", "env.txt", "env", ".env.env")  # editors and Explorer add what they like
_SOURCE = "CREDENTIALS_SOURCE"  # of which CREDENTIALS_DIRECTORY, systemd's, has copies
_CREDENTIALS = ("BREB_CLIENT_ID", "BREB_CLIENT_SECRET")
_UPSTREAM = ("BREB_BASE_URL", "BREB_TOKEN_URL", "BREB_ALLOW_PRODUCTION")


def missing(wanted: str, sources: Sources) -> str:
    """Say what stands where ``wanted``, a setting without a value, was looked for; or nothing."""
    for place in sources:
        where = _said(place)
        if wanted in place.names:
            return f"is empty in {where}"
        near = next((written for name, written in place.names.items() if _near(name, wanted)), "")
        if near:
            return f"is not set, but {where} has {near}: rename it to {wanted}"
    other = _misnamed(wanted, sources.file.path)
    return f"is not set, but {other} has it: rename that file to .env" if other else ""


def _misnamed(wanted: str, file: Path) -> str:
    """Return the file with ``wanted`` that is called a little otherwise than .env; or nothing."""
    if file.name != ".env" or file.exists():
        return ""
    for other in map(EnvFile, map(file.with_name, _MISNAMED)):
        with contextlib.suppress(SettingsError):  # it need not be text
            if wanted in other.names:
                return other.name
    return ""


def put_into(wanted: str, sources: Sources) -> str:
    """Say into which file ``wanted`` belongs, where a service manager hands us copies; or nothing.

    Our units name the folder. They give an empty copy of a file that is not there.
    """
    source, copies = os.environ.get(_SOURCE), os.environ.get("CREDENTIALS_DIRECTORY")
    if not source or not copies or sources.folder is None or sources.folder.name != copies:
        return ""
    if (Path(copies) / wanted).is_file():
        return (
            f"{source}/{wanted} is missing or empty; write the value into that file and restart"
            f" the service ({COMMAND} help service)"
        )
    return ""


def meant(sources: Sources) -> str:
    """Return the place, if any, by which somebody who gave no credentials meant to serve.

    Whoever wrote settings does not look for a demo, in which all payments go well.
    """
    for place in sources:
        if any(name in _UPSTREAM or _of_credentials(name) for name in place.names):
            return _said(place)
        ours = any(name.startswith(PREFIX) for name in place.names)
        if ours and place is not sources.environment:
            return place.name
    misnamed = (_misnamed(name, sources.file.path) for name in _CREDENTIALS)
    return next(filter(None, misnamed), "") or (sources.folder.name if sources.folder else "")


def _said(place: Source) -> str:
    return f"the {place.name}" if place.name == ENVIRONMENT else place.name


def _of_credentials(name: str) -> bool:
    return any(_near(name, wanted) for wanted in _CREDENTIALS)


def _near(name: str, wanted: str) -> bool:
    plain = wanted.removeprefix(PREFIX)
    if name in [prefix + plain for prefix in _ELSEWHERE]:
        return True
    import difflib  # only where something may be mistyped

    matcher = difflib.SequenceMatcher(None, name, wanted)
    return matcher.real_quick_ratio() >= _NEAR and matcher.ratio() >= _NEAR
