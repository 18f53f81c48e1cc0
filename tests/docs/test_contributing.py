"""What CONTRIBUTING.md and docs/architecture.md say of the code is so."""

import ast
import re
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
    longer = {
        f"{path.relative_to(ROOT).as_posix()}: {function.name}"
        for path in (ROOT / "proxy").rglob("*.py")
        for function in functions(path)
        if lines(function) > LONGEST
    }
    assert longer == set()


@pytest.mark.parametrize("name", ["tools.configuration", "tools.locks"])
def test_the_tools_that_are_named_exist(name: str) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    assert f"-m {name}" in text
    assert (ROOT / name.replace(".", "/")).with_suffix(".py").is_file()


def test_what_is_to_be_opened_for_a_change_is_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    _, _, after = page.partition("| to change | open | its test |\n|---|---|---|\n")
    rows = after.partition("\n\n")[0].splitlines()
    assert len(rows) >= 20
    for row in rows:
        _, _, opened, tests, _ = re.split(r"(?<!\\)\|", row)
        for cell, folders in ((opened, ("proxy/", "simulator/")), (tests, ("tests/",))):
            paths = [path for path in re.findall(r"`([^`]+)`", cell) if "/" in path]
            assert any(path.startswith(folders) for path in paths), row
            for path in paths:
                assert path.startswith("/") or list(ROOT.glob(path)), f"{path} is not there"
