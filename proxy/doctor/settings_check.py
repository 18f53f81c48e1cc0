"""The check of the settings: missing ones, the place that each comes from, and slips."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from proxy.credentials import Credentials
from proxy.doctor.steps import Finding, Outcome, doubtful, failed, fine, suspect
from proxy.settings import near_misses
from proxy.settings.git import exposed
from proxy.settings.model import SECRETS, Settings, load, shown
from proxy.settings.precedence import Found, full_name, named
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
    who_else_reads,
)
from proxy.words import Phrase, Said, phrase

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
    def exposed(self) -> Phrase | None:
        """Advice about an env file that git could take into a commit; None if all is well."""
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
    rows: list[tuple[Said, Said]] = [_file(found.sources.file)]
    facts = {}
    for name in Settings.model_fields:
        if name in found.origins:
            rows.append((full_name(name), _worded(found, name)))
            facts[full_name(name)] = _fact(found, name)
    if found.settings is None:
        says = phrase("check.wrong-settings")
        return Finding(Outcome.FAILED, says, _said(found.problems), rows, facts)
    if twice := path_of_the_api(found.settings):
        says, advice = twice
        return Finding(Outcome.FAILED, says, (advice,), rows, facts)
    if place := empty_upstream(found.settings, found.sources):
        says = phrase("check.empty-upstream", place=place)
        advice = phrase("check.set-upstream", url=str(found.settings.base_url))
        return Finding(Outcome.WARNING, says, (advice,), rows, facts, suspect=True)
    return Finding(Outcome.OK, phrase("check.so-many-set", count=len(rows) - 1), (), rows, facts)


def _said(problems: Iterable[Problem]) -> list[Phrase]:
    return [each.said for each in problems]


def _file(file: EnvFile) -> tuple[Said, Said]:
    if file.path.is_file():
        return file.name, phrase("check.read")
    return file.name, phrase("check.not-found", folder=_folder(file.path))


def _folder(file: Path) -> Said:
    try:
        return str(file.absolute().parent)
    except OSError:
        return phrase("check.no-folder")


def _worded(found: FoundSettings, name: str) -> Phrase:
    """Word a setting's value, if it may be shown, and its origin."""
    place = named(found.origins[name])
    if found.settings is None:
        return phrase("check.from", place=place)
    return phrase("check.value-from", value=_value(found.settings, name), place=place)


def _value(settings: Settings, name: str) -> Said:
    value = getattr(settings, name)
    if name == "caller_key":
        names = ", ".join(dict.fromkeys(each.caller for each in value))
        if not value:
            return phrase("check.no-keys")
        return phrase("check.keys", count=len(value), names=names)
    if name in SECRETS:
        return _length(value.get_secret_value())
    if name == "egress_proxy" and settings.egress_credentials:
        return phrase("check.with-login", value=_shown(value))
    return _shown(value)


def _shown(value: object) -> str:
    return shown(tuple(map(str, value)) if isinstance(value, tuple) else value)


def _fact(found: FoundSettings, name: str) -> dict[str, str]:
    """Return, for a program, a setting's origin, and its value unless it is a secret."""
    fact = {"from": found.origins[name]}
    if found.settings is None:
        return fact
    value = getattr(found.settings, name)
    return fact | {"value": "set, never shown" if name in SECRETS else _shown(value)}


def _length(secret: str) -> Phrase:
    """Word a secret's length roughly: enough to notice a cut one, too little to help a thief."""
    lower = 1
    for bound in _LENGTHS:
        if len(secret) < bound:
            return phrase("check.secret-up-to", least=lower, most=bound - 1)
        lower = bound
    return phrase("check.secret-from", least=lower)


def names(found: FoundSettings) -> Finding:
    """Look for settings that do not exist: in the environment, the file, the directory."""
    warnings = unknown_names(found.sources)
    if not warnings and (over := passed_over()):
        return fine(phrase("check.names-of-kubernetes", names=", ".join(over)), over=over)
    if not warnings:
        return fine(phrase("check.no-other-names"))
    says = phrase("check.unknown-names", count=len(warnings))
    if len(warnings) == 1:
        says = phrase("check.unknown-name")
    return suspect(says, *warnings, unknown=list(map(str, warnings)))


def file(found: FoundSettings) -> Finding | None:
    """Look for slips in the .env file itself; None if there is none."""
    env_file = found.sources.file
    path = env_file.path
    if not path.is_file():
        return None
    slips = [*unread(env_file), *shortened(env_file), *repeated(env_file)]
    doubts: list[Said] = [*slips]
    if readable_by_others(env_file):
        doubts.append(_others_can_read(path))
    if doubts:
        find = suspect if slips else doubtful
        return find(phrase("check.file-doubts", path=str(path), count=len(doubts)), *doubts)
    return fine(phrase("check.file-well"))


def _others_can_read(path: Path) -> Phrase:
    if sys.platform == "win32":
        who = ", ".join(who_else_reads(path))
        return phrase("check.these-can-read", path=str(path), who=who)
    return phrase("check.others-can-read", path=str(path))


def credentials(found: FoundSettings) -> Finding:
    """Judge whether both credentials are there and could be real."""
    if found.missing:
        return failed(_which(found.missing), *_where_to_put(found))
    if wrong := [each for each in found.problems if not set(each.of).isdisjoint(_PAIR)]:
        return failed(_together(_said(wrong)), phrase("check.copy-it"))
    if found.settings is not None and (strange := odd(_pair(found.settings))):
        return suspect(_together(strange), phrase("check.copy-them"))
    if found.exposed:
        return doubtful(phrase("check.credentials-set"), found.exposed)
    return fine(phrase("check.credentials-set"))


def _which(missing: list[str]) -> Phrase:
    if len(missing) == 1:
        return phrase("check.credential-missing", name=missing[0])
    return phrase("check.credentials-missing", name=missing[0], other=missing[1])


def _together(found: Iterable[Said]) -> Said:
    """Join the words about several things."""
    first, *rest = found
    return phrase("check.and-also", one=first, more=_together(rest)) if rest else first


def _pair(settings: Settings) -> Credentials:
    return Credentials(settings.client_id, settings.client_secret)


def _where_to_put(found: FoundSettings) -> list[Phrase]:
    near = {name: near_misses.missing(name, found.sources) for name in found.missing}
    hints = [phrase("check.hint", name=name, what=what) for name, what in near.items() if what]
    return hints or [phrase("check.where-to-put")]
