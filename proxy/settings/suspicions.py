"""Usable settings that are perhaps mistakes: a line for each, never a value of a secret."""

import contextlib
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from proxy.credentials import Credentials
from proxy.passport.paths import before_the_api
from proxy.settings.dotenv import unresolved
from proxy.settings.model import SECRETS, Settings
from proxy.settings.precedence import full_name, named
from proxy.settings.sources import PREFIX, EnvFile, Sources
from proxy.words import Phrase, Said, phrase

# Kubernetes makes these of a Service called breb or breb-something.
_OF_SERVICES = re.compile(
    r"BREB_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)$"
)
_PORT = re.compile(r"BREB_(\w+_)?PORT$")
_BASE_URL = "BREB_BASE_URL"
_INSTEAD = {"PORT": "LISTEN", "HOST": "LISTEN", "URL": "BASE_URL"}  # names that others have
_PAIR = ("BREB_CLIENT_ID", "BREB_CLIENT_SECRET")
_DUMMIES = ("changeme", "your", "example", "<", "xxx", "todo", "...")
_OTHERS = 0o044  # what lets the group, and everybody, read


def unknown_names(sources: Sources) -> list[Phrase]:
    """Return a warning for each unknown name in the sources, with the most similar setting."""
    outside = sources.environment
    return [
        each
        for place in sources
        for each in _unknown(
            (
                name
                for name in place.names
                if place is not outside or not injected(name, outside.get(name) or "")
            ),
            named(place.name),
        )
    ]


def injected(name: str, value: str) -> bool:
    """Report whether Kubernetes, and no person, set this variable of the environment."""
    upper = name.upper()
    # A person who writes BREB_PORT means a number, and should hear that it does nothing.
    return bool(_OF_SERVICES.match(upper) or (_PORT.match(upper) and "://" in value))


def passed_over() -> list[str]:
    """Return the variables with our prefix that are Kubernetes' own."""
    return sorted(name for name, value in os.environ.items() if injected(name, value))


def _unknown(found: Iterable[str], place: Said) -> Iterator[Phrase]:
    known = {name.upper() for name in (*Settings.model_fields, "secrets_dir", "env_file")}
    for name in sorted(key.upper() for key in found if key.upper().startswith(PREFIX)):
        own = name.removeprefix(PREFIX)
        if own in known:
            continue
        near = [_INSTEAD[own]] if own in _INSTEAD else _nearest(own, known)
        if near:
            yield phrase("slip.unknown-near", name=name, near=f"{PREFIX}{near[0]}", place=place)
        else:
            yield phrase("slip.unknown", name=name, place=place)


def _nearest(own: str, known: Iterable[str]) -> list[str]:
    import difflib  # only where something is mistyped

    return difflib.get_close_matches(own, known, n=1)


def empty_upstream(settings: Settings, sources: Sources) -> Said:
    """Return the place that sets BASE_URL to nothing, so that requests go to the default."""
    if settings.base_url != Settings.model_fields["base_url"].default:
        return ""
    naming = (place for place in sources if _BASE_URL in place.names)
    return next((named(place.name) for place in naming if not place.get(_BASE_URL)), "")


def path_of_the_api(settings: Settings) -> tuple[Phrase, Phrase] | None:
    """Word the mistake of an upstream that ends in a path of the API, and the right value."""
    base = settings.base_url
    before = before_the_api(base.path)
    if before is None:
        return None
    ends = base.path.removeprefix(before)
    right = f"{base.origin}{before}"
    return phrase("slip.path-of-api", path=ends), phrase("slip.without-path", url=right)


def repeated(file: EnvFile) -> list[Phrase]:
    """Return a warning for each setting that ``file`` sets more than once: the last one counts."""
    counts = Counter(name.upper() for name in file.lines if name.upper().startswith(PREFIX))
    return [
        phrase("slip.repeated", name=name, count=count, file=file.name)
        for name, count in counts.items()
        if count > 1
    ]


def unread(file: EnvFile) -> list[Phrase]:
    """Return a warning for each ignored line of ``file``. An ignored line of ours is an error."""
    return [said for _, said in file.passed_over]


def shortened(file: EnvFile) -> list[Phrase]:
    """Return a warning for each value in ``file`` that python-dotenv shortens."""
    ours = (name.upper() for name in unresolved(file.text) if name.upper().startswith(PREFIX))
    return [phrase("slip.shortened", name=name, file=file.name) for name in dict.fromkeys(ours)]


def of_refused(credentials: Credentials, sources: Sources) -> list[Phrase]:
    """Return probable reasons why the credentials are refused."""
    file = sources.file
    slips = [each for each in (*shortened(file), *repeated(file)) if each.values["name"] in _PAIR]
    return [*odd(credentials), *slips]


def odd(credentials: Credentials) -> list[Phrase]:
    """Return, for each of the two, the marks by which it cannot be a real one."""
    pair = (credentials.client_id, credentials.client_secret)
    doubts = (
        (name, _odd(value.get_secret_value())) for name, value in zip(_PAIR, pair, strict=True)
    )
    return [phrase("slip.credential", name=name, what=doubt) for name, doubt in doubts if doubt]


def _odd(value: str) -> Phrase | None:
    if value.lower().startswith(_DUMMIES):
        return phrase("slip.example")
    if value.upper().startswith(_PAIR):
        return phrase("slip.name-in-value")
    if any(c.isspace() for c in value) or {value[:1], value[-1:]} & set("\"'"):
        return phrase("slip.blanks")
    return None if value.isascii() else phrase("slip.not-ascii")


def readable_by_others(file: EnvFile) -> bool:
    """Report whether ``file`` holds a secret, and others on this machine may read it."""
    kept = any(file.get(full_name(name)) for name in SECRETS)
    if sys.platform == "win32":
        return kept and bool(who_else_reads(file.path))
    return kept and bool(file.path.stat().st_mode & _OTHERS)


def who_else_reads(file: Path) -> list[str]:
    """Return the names of others that Windows lets read ``file``."""
    if sys.platform == "win32":
        from proxy.windows import acl

        with contextlib.suppress(OSError):
            return acl.others(file)
    return []
