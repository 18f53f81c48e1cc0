"""The settings: whether they are whole, where each comes from, what looks like a slip."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proxy.doctor.steps import Finding, Outcome, doubtful, failed, fine
from proxy.errors import SettingsError
from proxy.settings.dotenv import assignments
from proxy.settings.git import exposed
from proxy.settings.model import PREFIX, SECRETS, Settings, load, shown
from proxy.settings.sources import duplicated_prefix, unknown_names

_PAIR = ("client_id", "client_secret")
_LENGTHS = (8, 16, 32, 64)
_USUAL = ("CLIENT_ID", "CLIENT_SECRET", "PASSPORT_CLIENT_ID", "PASSPORT_CLIENT_SECRET")
_DUMMIES = ("changeme", "your", "example", "<", "xxx", "todo", "...")
_STAND_IN = "stand-in-for-a-missing-one"


@dataclass(frozen=True, slots=True)
class Papers:
    """The settings as found; ``settings`` is None if nothing can be tried with them."""

    given: dict[str, Any]
    places: dict[str, Any]
    origins: dict[str, str]
    settings: Settings | None
    problems: tuple[str, ...]

    @property
    def exposed(self) -> str:
        """What to do about an env file that git could take into a commit; empty if all is well."""
        return exposed(Path(self.places["_env_file"] or ".env"))

    @property
    def missing(self) -> list[str]:
        """The credentials that no source has."""
        return [PREFIX + name.upper() for name in _PAIR if name not in self.origins]


def gather(given: dict[str, Any], places: dict[str, Any], origins: dict[str, str]) -> Papers:
    """Read the settings; missing credentials do not keep the rest from being examined."""
    stand_in = {name: _STAND_IN for name in _PAIR if name not in origins}
    try:
        settings = load(given | stand_in, **places)
    except SettingsError as error:
        return Papers(given, places, origins, None, tuple(error.problems))
    return Papers(given, places, origins, settings, ())


def whole(papers: Papers) -> Finding:
    """Judge the settings, and tell where each that is set comes from."""
    rows, facts = [_file(papers.places)], {}
    for name in Settings.model_fields:
        if name in papers.origins:
            value = _value(papers.settings, name)
            rows.append((PREFIX + name.upper(), f"{value}from {papers.origins[name]}"))
            facts[PREFIX + name.upper()] = {"from": papers.origins[name]}
    if papers.settings is None:
        advice = "\n".join(papers.problems)
        return Finding(
            Outcome.FAILED,
            "some cannot be used, so nothing else is tried",
            advice,
            tuple(rows),
            facts,
        )
    advice = duplicated_prefix(papers.settings)
    if advice:
        return Finding(Outcome.WARNING, "BREB_BASE_URL ends in /v1", advice, tuple(rows), facts)
    says = f"{len(rows) - 1} set, the others have their defaults"
    return Finding(Outcome.OK, says, "", tuple(rows), facts)


def _file(places: dict[str, Any]) -> tuple[str, str]:
    file = Path(places["_env_file"] or ".env")
    return str(
        file
    ), "read" if file.is_file() else f"not there (looked in {file.absolute().parent})"


def _value(settings: Settings | None, name: str) -> str:
    if settings is None:
        return ""
    value = getattr(settings, name)
    if name == "caller_key":
        names = ", ".join(dict.fromkeys(each.caller for each in value))
        return f"{len(value)} set{f' ({names})' if names else ''}, "
    if name in SECRETS:
        return f"set, {_length(value.get_secret_value())}, "
    items = tuple(str(item) for item in value) if isinstance(value, tuple) else value
    return f"{shown(items)}, "


def _length(secret: str) -> str:
    """Word about how long a secret is: enough to see a cut one, too little to help a thief."""
    lower = 1
    for bound in _LENGTHS:
        if len(secret) < bound:
            return f"{lower} to {bound - 1} characters"
        lower = bound
    return f"{lower} characters or more"


def names(papers: Papers) -> Finding:
    """Look for settings that do not exist: in the environment, the file, the directory."""
    warnings = unknown_names(papers.places)
    if not warnings:
        return fine("every name that starts with BREB_ is a setting")
    says = f"{len(warnings)} name{'s' if warnings[1:] else ''} that no setting has"
    return doubtful(says, "\n".join(warnings), unknown=warnings)


def credentials(papers: Papers) -> Finding:
    """Judge whether both credentials are there and could be real."""
    if papers.missing:
        verb = "is" if len(papers.missing) == 1 else "are"
        return failed(f"{' and '.join(papers.missing)} {verb} not set", _where_to_put(papers))
    if papers.settings is not None and (odd := _odd(papers.settings)):
        return doubtful(odd, "copy them again from the dashboard: Platform > API keys")
    if papers.exposed:
        return doubtful("client id and client secret are set", papers.exposed)
    return fine("client id and client secret are set")


def _where_to_put(papers: Papers) -> str:
    sources: list[str] = [name for name in _USUAL if name in os.environ]
    file = Path(papers.places["_env_file"] or ".env")
    sources += [name for name in assignments(file) if name in _USUAL]
    folder = papers.places.get("_secrets_dir")
    if folder:
        sources += [path.name for path in Path(folder).iterdir() if path.name.upper() in _USUAL]
    if sources:
        return f"found {', '.join(sources)}: the names must start with {PREFIX}"
    return (
        "take them from the Passport dashboard (Platform > API keys) and put them into the keychain"
        " (breb-proxy login), .env, the environment or a secrets directory; to try without:"
        " breb-proxy demo"
    )


def _odd(found: Settings) -> str:
    for name, secret in (("CLIENT_ID", found.client_id), ("CLIENT_SECRET", found.client_secret)):
        value = secret.get_secret_value()
        if value.lower().startswith(_DUMMIES):
            return f"{PREFIX}{name} looks like an example"
        if value != value.strip() or value[0] in "\"'" or any(c.isspace() for c in value):
            return f"{PREFIX}{name} has blanks or quotes in it"
    return ""
