"""Problems of settings: each is one line, and knows the settings that it is about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from proxy.errors import SettingsError
from proxy.settings import near_misses
from proxy.settings.precedence import full_name
from proxy.settings.sources import Sources
from proxy.settings.types import Empty
from proxy.settings.wording import problem


@dataclass(frozen=True, slots=True)
class Problem:
    """An error ``of`` some settings; ``beside`` are others on which it depends."""

    of: tuple[str, ...]
    what: str
    beside: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the line: the settings' names, and the error."""
        return f"{' and '.join(map(full_name, self.of))}: {self.what}"

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

    def __init__(self, found: Sequence[Problem], hint: str = "") -> None:
        self.found = tuple(dict.fromkeys(found))
        super().__init__(list(map(str, self.found)), hint)


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
        what = problem(item, fields[name])
        if sources and item["type"] == "missing":
            what = near_misses.missing(full_name(name), sources) or what
        elif sources and isinstance(cause, Empty):
            what = near_misses.put_into(full_name(name), sources) or what
        found.append(Problem((name,), what))
    return found
