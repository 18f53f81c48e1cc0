"""What CONTRIBUTING.md says of the code is so."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST = 30  # lines of a function, without its parameters and its docstring
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def lines(function: Function) -> int:
    first, *rest = function.body
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    begin = rest[0] if documented and rest else first
    return (function.end_lineno or 0) - begin.lineno + 1


def test_functions_have_at_most_thirty_lines() -> None:
    assert f"functions of at most {LONGEST} lines" in (ROOT / "CONTRIBUTING.md").read_text()
    found = [
        f"{path.relative_to(ROOT)}: {function.name} has {lines(function)}"
        for path in sorted((ROOT / "proxy").rglob("*.py"))
        for function in functions(path)
        if lines(function) > LONGEST
    ]
    assert found == []


@pytest.mark.parametrize("name", ["tools.configuration", "tools.locks"])
def test_the_tools_that_are_named_exist(name: str) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    assert f"-m {name}" in text
    assert (ROOT / name.replace(".", "/")).with_suffix(".py").is_file()
