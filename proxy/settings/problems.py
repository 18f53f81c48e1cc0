"""Problems of settings: each is one line, and knows the settings that it is about."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from proxy.errors import SettingsError
from proxy.settings import near_misses
from proxy.settings.precedence import full_name
from proxy.settings.sources import Sources
from proxy.settings.types import Empty
from proxy.settings.wording import problem
from proxy.words import Phrase, Said, phrase


class Problem(NamedTuple):
    """An error ``of`` some settings; ``beside`` are others on which it depends."""

    of: tuple[str, ...]
    what: Said
    beside: tuple[str, ...] = ()

    @property
    def said(self) -> Phrase:
        """The line: the settings' names, and the error."""
        names: Said = full_name(self.of[0])
        for other in self.of[1:]:
            names = phrase("settings.and", one=names, other=full_name(other))
        return phrase("settings.wrong", names=names, what=self.what)

    def __str__(self) -> str:
        return str(self.said)

    def concerns(self, names: Iterable[str]) -> bool:
        """Report whether it is about one of these settings, or depends on one."""
        return not {*self.of, *self.beside}.isdisjoint(names)


class Disagreement(ValueError):
    """Settings that are right by themselves do not go together."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class SettingsWrong(SettingsError):
    """The settings cannot be used; ``found`` has the reasons."""

    def __init__(self, found: Iterable[Problem], hints: Iterable[Said] = ()) -> None:
        self.found = tuple({str(each): each for each in found}.values())
        super().__init__([each.said for each in self.found], hints)


def problems(
    error: ValidationError, fields: Mapping[str, FieldInfo], sources: Sources | None = None
) -> list[Problem]:
    """Return the validator's errors as problems.

    A missing setting is looked for in the ``sources``, under similar names.
    """
    found: list[Problem] = []
    for item in error.errors(include_url=False, include_input=False):
        cause = item.get("ctx", {}).get("error")
        if isinstance(cause, Disagreement):
            found += cause.problems
            continue
        name = str(item["loc"][0])
        what: Said = problem(item, fields[name])
        if sources and item["type"] == "missing":
            what = near_misses.missing(full_name(name), sources) or what
        elif sources and isinstance(cause, Empty):
            what = near_misses.put_into(full_name(name), sources) or what
        found.append(Problem((name,), what))
    return found
