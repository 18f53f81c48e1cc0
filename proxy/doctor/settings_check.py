"""The check of the settings: missing ones, the place that each comes from, and slips."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from proxy.counts import counted
from proxy.credentials import Credentials
from proxy.doctor.steps import Finding, Outcome, doubtful, failed, fine, suspect
from proxy.invocation import COMMAND
from proxy.settings import near_misses
from proxy.settings.git import exposed
from proxy.settings.model import SECRETS, Settings, load, shown
from proxy.settings.precedence import Found, full_name
from proxy.settings.problems import Problem, SettingsWrong
from proxy.settings.sources import EnvFile, Sources
from proxy.settings.suspicions import (
    empty_upstream,
    odd,
    passed_over,
    path_of_the_api,
    readable_by_others,
    repeated,
    shortened,
    unknown_names,
    unread,
)

_PAIR = ("client_id", "client_secret")
_LENGTHS = (8, 16, 32, 64)  # characters
_STAND_IN = "stand-in-for-a-missing-one"


@dataclass(frozen=True, slots=True)
class FoundSettings:
    """The settings as found; ``settings`` is None if nothing can be tried with them."""

    found: Found
    settings: Settings | None
    problems: tuple[Problem, ...]

    @property
    def exposed(self) -> str:
        """Advice about an env file that git could take into a commit; empty if all is well."""
        return exposed(self.sources.file.path)

    @property
    def sources(self) -> Sources:
        """The places that were searched."""
        return self.found.sources

    @property
    def origins(self) -> Mapping[str, str]:
        """The place that each given setting comes from, by the setting's name."""
        return self.found.origins

    @property
    def missing(self) -> list[str]:
        """The credentials that no source has."""
        return [full_name(name) for name in _PAIR if name not in self.origins]


def judged(found: Found) -> FoundSettings:
    """Judge the settings; the rest is examined even if credentials are missing."""
    stand_in = {name: _STAND_IN for name in _PAIR if name not in found.origins}
    try:
        settings = load(found.with_values(stand_in))
    except SettingsWrong as error:
        return FoundSettings(found, None, error.found)
    return FoundSettings(found, settings, ())


def whole(found: FoundSettings) -> Finding:
    """Judge the settings, and name the place that each given one comes from."""
    rows, facts = [_file(found.sources.file)], {}
    for name in Settings.model_fields:
        if name in found.origins:
            value = _value(found.settings, name)
            rows.append((full_name(name), f"{value}from {found.origins[name]}"))
            facts[full_name(name)] = _fact(found, name)
    if found.settings is None:
        advice = "\n".join(map(str, found.problems))
        return Finding(
            Outcome.FAILED,
            "some settings are wrong, so that nothing else is tried",
            advice,
            tuple(rows),
            facts,
        )
    if twice := path_of_the_api(found.settings):
        says, advice = twice
        return Finding(Outcome.FAILED, says, advice, tuple(rows), facts)
    doubts = _doubts(found.settings, found.sources)
    if doubts:
        says, advice = ("; ".join(doubts), "\n".join(doubts.values()))
        return Finding(Outcome.WARNING, says, advice, tuple(rows), facts, suspect=True)
    says = f"{len(rows) - 1} set, the others have their defaults"
    return Finding(Outcome.OK, says, "", tuple(rows), facts)


def _doubts(settings: Settings, sources: Sources) -> dict[str, str]:
    """Return probable mistakes, each with the advice about it."""
    doubts = {}
    if place := empty_upstream(settings, sources):
        doubts[f"BREB_BASE_URL is set but empty ({place})"] = (
            f"set it to the upstream, or remove it; requests go to {settings.base_url}"
        )
    return doubts


def _file(file: EnvFile) -> tuple[str, str]:
    there = file.path.is_file()
    return file.name, "read" if there else f"not found (looked in {_folder(file.path)})"


def _folder(file: Path) -> str:
    try:
        return str(file.absolute().parent)
    except OSError:
        return "the current folder, which has been removed"


def _value(settings: Settings | None, name: str) -> str:
    if settings is None:
        return ""
    value = getattr(settings, name)
    if name == "caller_key":
        names = ", ".join(dict.fromkeys(each.caller for each in value))
        return f"{len(value)} set{f' ({names})' if names else ''}, "
    if name in SECRETS:
        return f"set, {_length(value.get_secret_value())}, "
    login = name == "egress_proxy" and settings.egress_credentials
    return f"{_shown(value)}{' with user and password' if login else ''}, "


def _shown(value: object) -> str:
    return shown(tuple(map(str, value)) if isinstance(value, tuple) else value)


def _fact(found: FoundSettings, name: str) -> dict[str, str]:
    """Return, for a program, a setting's origin, and its value unless it is a secret."""
    fact = {"from": found.origins[name]}
    if found.settings is None:
        return fact
    value = getattr(found.settings, name)
    return fact | {"value": "set, never shown" if name in SECRETS else _shown(value)}


def _length(secret: str) -> str:
    """Word a secret's length roughly: enough to notice a cut one, too little to help a thief."""
    lower = 1
    for bound in _LENGTHS:
        if len(secret) < bound:
            return f"{lower} to {bound - 1} characters"
        lower = bound
    return f"{lower} characters or more"


def names(found: FoundSettings) -> Finding:
    """Look for settings that do not exist: in the environment, the file, the directory."""
    warnings = unknown_names(found.sources)
    if not warnings and (over := passed_over()):
        return fine(f"every other name is a setting; Kubernetes set {', '.join(over)}", over=over)
    if not warnings:
        return fine("every name that starts with BREB_ is a setting")
    says = counted(len(warnings), "unknown name")
    return suspect(says, "\n".join(warnings), unknown=warnings)


def file(found: FoundSettings) -> Finding | None:
    """Look for slips in the .env file itself; None if there is none."""
    env_file = found.sources.file
    path = env_file.path
    if not path.is_file():
        return None
    slips = [*unread(env_file), *shortened(env_file), *repeated(env_file)]
    doubts = [*slips]
    if readable_by_others(env_file):
        doubts.append(f"other users of this machine can read {path}: chmod 600 {path}")
    if doubts:
        find = suspect if slips else doubtful
        return find(f"{path}: warnings: {len(doubts)}", "\n".join(doubts))
    return fine("each setting is there once, and others cannot read its secrets")


def credentials(found: FoundSettings) -> Finding:
    """Judge whether both credentials are there and could be real."""
    if found.missing:
        verb = "is" if len(found.missing) == 1 else "are"
        return failed(f"{' and '.join(found.missing)} {verb} not set", _where_to_put(found))
    if wrong := [each for each in found.problems if not set(each.of).isdisjoint(_PAIR)]:
        return failed("; ".join(map(str, wrong)), "copy it from the dashboard: Platform > API keys")
    if found.settings is not None and (strange := odd(_pair(found.settings))):
        advice = "copy them again from the dashboard: Platform > API keys"
        return suspect("; ".join(strange), advice)
    if found.exposed:
        return doubtful("client id and client secret are set", found.exposed)
    return fine("client id and client secret are set")


def _pair(settings: Settings) -> Credentials:
    return Credentials(settings.client_id, settings.client_secret)


def _where_to_put(found: FoundSettings) -> str:
    near = {name: near_misses.missing(name, found.sources) for name in found.missing}
    hints = [f"{name} {what}" for name, what in near.items() if what]
    return "\n".join(hints) or (
        "copy them from the Passport dashboard (Platform > API keys) into the keychain"
        f" ({COMMAND} login), .env, the environment or a secrets directory; to try without"
        f" credentials: {COMMAND} demo"
    )
