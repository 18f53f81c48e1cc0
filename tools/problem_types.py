"""Writes the table of docs/problem-types.md from the code: ``python -m tools.problem_types``.

What the page keeps: see `tools.kept_table`.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from proxy import errors
from tools.kept_table import KeptTable

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "problem-types.md"
# What no caller meets by itself: these are the bases of what is met.
BASES = (errors.RequestRefused, errors.UpstreamError, errors.TokenError, errors.Repeated)
TABLE = KeptTable("type", "status")


@dataclass(frozen=True)
class ProblemType:
    """The end of a type's URN, and the statuses that it comes with."""

    name: str
    statuses: tuple[int, ...]


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def page(before: str) -> str:
    """Return the page with the table that the code makes of it."""
    return TABLE.page(before, {each.name: ", ".join(map(str, each.statuses)) for each in types()})


def types() -> list[ProblemType]:
    """Return all that a caller can meet, in the order of their names."""
    found: dict[str, set[int]] = defaultdict(set)
    for name, status in (*_classes(errors.ProxyError), *_refusals()):
        found[name].add(status)
    return [ProblemType(name, tuple(sorted(found[name]))) for name in sorted(found)]


def _classes(error: type[errors.ProxyError]) -> Iterator[tuple[str, int]]:
    if error not in BASES:
        yield error.reason or error.kind, error.status
    for each in error.__subclasses__():
        if each is not errors.SettingsError:  # it ends the program, at its start
            yield from _classes(each)


def _refusals() -> Iterator[tuple[str, int]]:
    """Find where requests are refused: status and reason are the first two arguments."""
    for file in sorted((ROOT / "proxy").rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if "RequestRefused" not in text:
            continue
        tree = ast.parse(text)
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and _name(call.func) == "RequestRefused":
                status, reason = call.args[:2]
                for word in _words(reason, tree):
                    yield word, ast.literal_eval(status)


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else ""


def _words(reason: ast.expr, tree: ast.Module) -> list[str]:
    """Return what a reason can be: the text that stands there, or those of its variable."""
    if isinstance(reason, ast.Constant):
        return [str(reason.value)]
    name = ast.unparse(reason)
    given = [
        each.value
        for each in ast.walk(tree)
        if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == name
    ]
    parts = [
        part
        for value in given
        if isinstance(value, ast.IfExp)
        for part in (value.body, value.orelse)
    ]
    return [str(ast.literal_eval(each)) for each in parts]


if __name__ == "__main__":
    main()
