"""The table of problem types is the code's, and each type keeps its place in it."""

import re

from proxy import __version__
from tools import problem_types
from tools.kept_table import ROW

PAGE = problem_types.PAGE.read_text(encoding="utf-8")


def test_the_table_is_the_one_that_the_code_makes() -> None:
    """Run python -m tools.problem_types; then write what a new type means."""
    assert problem_types.page(PAGE) == PAGE


def test_every_type_has_a_meaning_and_none_is_gone() -> None:
    rows = ROW.findall(PAGE)
    assert len(rows) > 40
    assert [name for name, _, meaning in rows if not meaning] == []
    assert ", gone |" not in PAGE


def test_no_type_is_older_than_the_promise_or_newer_than_the_program() -> None:
    newest = [int(part) for part in __version__.split(".")[:2]]
    for name, since, _ in ROW.findall(PAGE):
        assert [1, 0] <= [int(part) for part in since.split(".")] <= newest, name


def test_a_type_that_the_code_has_no_more_is_marked_and_not_dropped() -> None:
    old = "| `old-reason` | 400 | 1.0 | What it meant. |\n"
    made = problem_types.page(
        PAGE.replace(problem_types.TABLE.head, problem_types.TABLE.head + old)
    )
    assert "| `old-reason` | - | 1.0, gone | What it meant. |\n" in made


def test_a_new_type_waits_for_its_meaning() -> None:
    without = re.sub(r"\| `rule` .*\n", "", PAGE)
    version = __version__.rpartition(".")[0]
    assert f"| `rule` | 403 | {version} |  |\n" in problem_types.page(without)
