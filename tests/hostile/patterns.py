"""Every regular expression of the program, and how it is used: by importing and reading it."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

import proxy
import simulator

_ANCHORED = {"match", "fullmatch"}
_ANYWHERE = {"search", "split", "findall", "finditer", "sub", "subn"}
# Put together from what is known where they are used alone.
IN_PLACE = {
    "proxy.rules": "a rule of the settings: `proxy.rules.Rule` is one of the passes",
    "proxy.settings.model": "names of settings",
    "proxy.cli.ledger.listing": "its table",
}


@dataclass(frozen=True, slots=True)
class Used:
    """A pattern, and whether it is looked for anywhere, or at a text's start alone."""

    pattern: re.Pattern[str] | re.Pattern[bytes]
    anywhere: bool

    def run(self, text: str) -> None:
        """Use it on a text, as the program does."""
        # A pattern of str is given str, one of bytes bytes.
        value = text.encode("latin-1", "replace")
        given = text if isinstance(self.pattern.pattern, str) else value
        if self.anywhere:
            for _ in self.pattern.finditer(given):  # type: ignore[arg-type]
                pass
        else:
            self.pattern.match(given)  # type: ignore[arg-type]
            self.pattern.fullmatch(given)  # type: ignore[arg-type]


@cache
def patterns() -> dict[str, Used]:
    """Return them by the place where they stand."""
    found: dict[str, Used] = {}
    for module in _modules():
        text = Path(str(module.__file__)).read_text()
        for name, value in vars(module).items():
            for number, pattern in enumerate(_within(value)):
                used = set(re.findall(rf"\b{name}\.(\w+)\(", text))
                anywhere = not used or bool(used & _ANYWHERE)
                place = f"{module.__name__}.{name}" + (f"[{number}]" if number else "")
                found[place] = Used(pattern, anywhere)
        if "re." in text:
            found |= dict(_called(module, text))
    return {place: used for used, place in {used: place for place, used in found.items()}.items()}


def _modules() -> Iterator[ModuleType]:
    for package in (proxy, simulator):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not info.name.endswith("__main__") and ".windows" not in info.name:
                yield importlib.import_module(info.name)


def _within(value: object) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _within(each)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _within(each)


def _called(module: ModuleType, text: str) -> Iterator[tuple[str, Used]]:
    """Yield what is given to the functions of ``re`` in place, and has no name in the module."""
    tree = ast.parse(text)
    kept = (statement for statement in tree.body if isinstance(statement, ast.Assign))
    named = {id(node) for statement in kept for node in ast.walk(statement)}
    for node in ast.walk(tree):
        if id(node) in named:
            continue
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        owner, function = node.func.value, node.func.attr
        if not (isinstance(owner, ast.Name) and owner.id == "re"):
            continue
        if function not in _ANCHORED | _ANYWHERE:
            continue
        place = f"{module.__name__}:{node.lineno}"
        try:
            expression = ast.Expression(node.args[0])
            value = eval(compile(expression, place, "eval"), vars(module))  # noqa: S307  our own
        except NameError:
            if module.__name__ not in IN_PLACE:
                raise
            continue
        yield place, Used(re.compile(value), function in _ANYWHERE)
