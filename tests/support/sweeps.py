"""What `make test` leaves to `make check` and CI: rows that another row stands for, and slow tests.

A sweep looks at the same thing in each language, width or client. Where somebody waits, one row
stands for all. Who names tests gets them whole, and so does CI.
"""

import os
from typing import Any

import pytest

LEFT_OUT = ("slow", "thorough")


def further(*rows: Any) -> list[Any]:
    """Return rows for ``parametrize`` that the rows before them stand for."""
    return [_further(row) for row in rows]


def _further(row: Any) -> Any:
    if hasattr(row, "marks"):  # what pytest.param gave
        return pytest.param(*row.values, id=row.id, marks=[*row.marks, pytest.mark.thorough])
    values = row if isinstance(row, tuple) else (row,)
    return pytest.param(*values, marks=pytest.mark.thorough)


class Rest:
    """A plug-in that leaves them out, and says at the end how many they are."""

    def __init__(self, config: pytest.Config) -> None:
        named = config.args_source is not pytest.Config.ArgsSource.TESTPATHS
        self._whole = named or config.getoption("thorough") or bool(os.environ.get("CI"))
        self._count = 0

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        if self._whole:
            return
        rest = [item for item in items if any(map(item.get_closest_marker, LEFT_OUT))]
        left_out = set(rest)
        items[:] = [item for item in items if item not in left_out]
        self._count = len(rest)
        config.hook.pytest_deselected(items=rest)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if (output := getattr(session.config, "workeroutput", None)) is not None:
            output["left out"] = self._count

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self._count = getattr(node, "workeroutput", {}).get("left out", self._count)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._count:
            terminalreporter.write_line(
                f"left to make check: {self._count} tests that are slow, or that another one of"
                " these stands for"
            )
