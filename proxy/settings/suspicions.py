"""What is usable, and yet perhaps not what was meant: a line each, never a value of a secret."""

import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from proxy.passport.paths import before_the_api
from proxy.settings.credentials import Credentials
from proxy.settings.dotenv import assignments, names, stray_lines, unresolved
from proxy.settings.model import PREFIX, SECRETS, Settings

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


def unknown_names(places: dict[str, Any]) -> list[str]:
    """Return a warning for each name in the sources that no setting has, with the nearest one."""
    file, folder = Path(places["_env_file"]), places.get("_secrets_dir")
    outside = [name for name, value in os.environ.items() if not injected(name, value)]
    warnings = [f"{line} (environment)" for line in _unknown(outside)]
    if file.is_file():
        warnings += [f"{line} ({file})" for line in _unknown(assignments(file))]
    if folder:
        found = [path.name for path in Path(folder).iterdir()]
        warnings += [f"{line} ({folder})" for line in _unknown(found)]
    return warnings


def injected(name: str, value: str) -> bool:
    """Report whether Kubernetes, and not a person, set this variable of the environment."""
    upper = name.upper()
    # A person who writes BREB_PORT means a number, and should hear that it does nothing.
    return bool(_OF_SERVICES.match(upper) or (_PORT.match(upper) and "://" in value))


def passed_over() -> list[str]:
    """Return the variables with our prefix that are Kubernetes' own."""
    return sorted(name for name, value in os.environ.items() if injected(name, value))


def _unknown(found: Iterable[str]) -> list[str]:
    known = {name.upper() for name in (*Settings.model_fields, "secrets_dir", "env_file")}
    warnings = []
    for name in sorted(key.upper() for key in found if key.upper().startswith(PREFIX)):
        own = name.removeprefix(PREFIX)
        if own in known:
            continue
        near = [_INSTEAD[own]] if own in _INSTEAD else _nearest(own, known)
        hint = f"; did you mean {PREFIX}{near[0]}?" if near else ""
        warnings.append(f"{name}: no such setting{hint}")
    return warnings


def _nearest(own: str, known: Iterable[str]) -> list[str]:
    import difflib  # only where something is mistyped

    return difflib.get_close_matches(own, known, n=1)


def empty_upstream(settings: Settings, places: dict[str, Any]) -> str:
    """Return where BASE_URL stands without a value, so that requests go where nobody said."""
    if settings.base_url != Settings.model_fields["base_url"].default:
        return ""
    file, folder = Path(places["_env_file"]), places.get("_secrets_dir")
    outside = {name.upper(): value for name, value in os.environ.items()}
    if outside.get(_BASE_URL) == "":
        return "environment"
    if assignments(file).get(_BASE_URL) == "":
        return str(file)
    return str(folder) if folder and _empty(Path(folder)) else ""


def _empty(folder: Path) -> bool:
    files = (file for file in folder.iterdir() if file.name.upper() == _BASE_URL)
    return any(not file.read_text(errors="replace").strip() for file in files)


def path_of_the_api(settings: Settings) -> tuple[str, str] | None:
    """Return what is wrong with an upstream that ends in a path of the API, and what to write."""
    base = settings.base_url
    before = before_the_api(base.path)
    if before is None:
        return None
    ends = base.path.removeprefix(before)
    return (
        f"BREB_BASE_URL ends in a path of the API: {ends}",
        f"the paths of requests begin with /v1 already; write {_BASE_URL}={base.origin}{before}",
    )


def repeated(file: Path) -> list[str]:
    """Return a warning for each setting that ``file`` sets more than once: the last one counts."""
    counts = Counter(name.upper() for name in names(file) if name.upper().startswith(PREFIX))
    return [
        f"{name}: set {count} times in {file}; the last one is used"
        for name, count in counts.items()
        if count > 1
    ]


def unread(file: Path) -> list[str]:
    """Return a warning for each line of ``file`` that is passed over. One of ours is an error."""
    return [
        f"{file}: line {number} cannot be read; write NAME=value, and close all quotes"
        for number in stray_lines(file)
    ]


def shortened(file: Path) -> list[str]:
    """Return a warning for each setting of ``file`` of which python-dotenv cuts something out."""
    ours = (name.upper() for name in unresolved(file) if name.upper().startswith(PREFIX))
    return [
        f"{name}: its value in {file} contains ${{...}}, which stands for a variable that is not"
        " set, and is removed, even in quotes; if it belongs to the value, set"
        f" {name} in the environment or in a secrets directory instead"
        for name in dict.fromkeys(ours)
    ]


def of_refused(credentials: Credentials, places: dict[str, Any]) -> list[str]:
    """Return what may be the reason why the credentials are refused."""
    file = Path(places.get("_env_file") or os.devnull)
    slips = [line for line in (*shortened(file), *repeated(file)) if line.startswith(_PAIR)]
    return [*odd(credentials), *slips]


def odd(credentials: Credentials) -> list[str]:
    """Return for each of the two what it has that a real one has not."""
    pair = (credentials.client_id, credentials.client_secret)
    doubts = (
        (name, _odd(value.get_secret_value())) for name, value in zip(_PAIR, pair, strict=True)
    )
    return [f"{name} {doubt}" for name, doubt in doubts if doubt]


def _odd(value: str) -> str:
    if value.lower().startswith(_DUMMIES):
        return "looks like an example"
    if value.upper().startswith(_PAIR):
        return "begins with a setting's name; write only the value"
    if any(c.isspace() for c in value) or {value[:1], value[-1:]} & set("\"'"):
        return "contains spaces or quotes"
    if not value.isascii():
        return "contains characters that are not ASCII, such as the quotes of a text editor"
    return ""


def readable_by_others(file: Path) -> bool:
    """Report whether ``file`` holds a secret, and others on this machine may read it."""
    secret = {PREFIX + name.upper() for name in SECRETS}
    kept = any(value and name in secret for name, value in assignments(file).items())
    return kept and os.name == "posix" and bool(file.stat().st_mode & _OTHERS)
