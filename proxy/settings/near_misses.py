"""Guesses about a missing setting: a similar name, or a line without a value.

They tell only names, never a value.
"""

import contextlib
import os
from pathlib import Path

from proxy.errors import SettingsError
from proxy.settings.sources import ENVIRONMENT, PREFIX, EnvFile, Source, Sources
from proxy.words import Phrase, Said, phrase

_NEAR = 0.85  # of 1: BREB_CLIENTID and BRE_B_CLIENT_ID are, GOOGLE_CLIENT_ID is not
_ELSEWHERE = ("", "PASSPORT_")  # other programs' prefixes of the same name
_MISNAMED = (".env.txt", "env.txt", "env", ".env.env")  # editors and Explorer add such endings
_SOURCE = "CREDENTIALS_SOURCE"  # systemd copies it into CREDENTIALS_DIRECTORY
_CREDENTIALS = ("BREB_CLIENT_ID", "BREB_CLIENT_SECRET")
_UPSTREAM = ("BREB_BASE_URL", "BREB_TOKEN_URL", "BREB_ALLOW_PRODUCTION")


def missing(wanted: str, sources: Sources) -> Phrase | None:
    """Word the likely mistake behind ``wanted``, a setting without a value; or nothing."""
    for place in sources:
        where = _said(place)
        if wanted in place.names:
            return phrase("near.empty", place=where)
        near = next((written for name, written in place.names.items() if _near(name, wanted)), "")
        if near:
            return phrase("near.other-name", place=where, other=near, name=wanted)
    other = _misnamed(wanted, sources.file.path)
    return phrase("near.other-file", file=other) if other else None


def _misnamed(wanted: str, file: Path) -> str:
    """Return a file that has ``wanted`` and a name similar to .env; or nothing."""
    if file.name != ".env" or file.exists():
        return ""
    for other in map(EnvFile, map(file.with_name, _MISNAMED)):
        with contextlib.suppress(SettingsError):  # it need not be text
            if wanted in other.names:
                return other.name
    return ""


def put_into(wanted: str, sources: Sources) -> Phrase | None:
    """Name the file for ``wanted``, if a service manager gives us copies of it; or nothing.

    Our units name the folder. For a missing file they give an empty copy.
    """
    source, copies = os.environ.get(_SOURCE), os.environ.get("CREDENTIALS_DIRECTORY")
    if not source or not copies or sources.folder is None or sources.folder.name != copies:
        return None
    if (Path(copies) / wanted).is_file():
        return phrase("near.service-file", file=f"{source}/{wanted}")
    return None


def meant(sources: Sources) -> Said:
    """Return the place, if any, that shows that a user without credentials meant to serve.

    A user who wrote settings does not want a demo, in which all payments succeed.
    """
    for place in sources:
        if any(name in _UPSTREAM or _of_credentials(name) for name in place.names):
            return _said(place)
        ours = any(name.startswith(PREFIX) for name in place.names)
        if ours and place is not sources.environment:
            return place.name
    misnamed = (_misnamed(name, sources.file.path) for name in _CREDENTIALS)
    return next(filter(None, misnamed), "") or (sources.folder.name if sources.folder else "")


def _said(place: Source) -> Said:
    return phrase("place.the-environment") if place.name == ENVIRONMENT else place.name


def _of_credentials(name: str) -> bool:
    return any(_near(name, wanted) for wanted in _CREDENTIALS)


def _near(name: str, wanted: str) -> bool:
    plain = wanted.removeprefix(PREFIX)
    if name in [prefix + plain for prefix in _ELSEWHERE]:
        return True
    import difflib  # only where something may be mistyped

    matcher = difflib.SequenceMatcher(None, name, wanted)
    return matcher.real_quick_ratio() >= _NEAR and matcher.ratio() >= _NEAR
