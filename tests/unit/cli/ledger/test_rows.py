"""Rows as people read them."""

import io
from pathlib import Path
from typing import Any

import pytest

from proxy.cli.ledger.rows import details, table
from proxy.ledger.reading import Query, reading
from proxy.ledger.verdict import settle
from proxy.terminal.screen import Screen
from tests.support.ledgers import filled


@pytest.fixture
def entries(tmp_path: Path) -> list[dict[str, Any]]:
    path = tmp_path / "ledger.db"
    filled(path, "answered", "unknown", "unknown", None)
    settle(path, 2, kind="made", note="=SUM(A1)", author="ana")
    with reading(path) as reader:
        return list(reader.entries(Query()))


def test_a_table_has_a_line_for_each_row(entries: list[dict[str, Any]]) -> None:
    head, *lines = table(entries, Screen(io.StringIO()))
    assert head.split() == [
        "row",
        "when",
        "(UTC)",
        "caller",
        "what",
        "amount",
        "outcome",
        "exchange",
    ]
    assert [line.split()[0] for line in lines] == ["#4", "#3", "#2", "#1"]
    assert "POST /v1/payments/breb" in lines[0]
    assert "unknown, made" in lines[2]
    assert "answered 200" in lines[3]
    assert "\x1b" not in "".join(lines)


def test_on_a_terminal_what_is_in_doubt_is_red(entries: list[dict[str, Any]]) -> None:
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

    lines = table(entries, Screen(Terminal(), {"TERM": "xterm"}))
    assert "\x1b[31mleft open" in lines[1]
    assert "\x1b[31munknown" in lines[2]
    assert "\x1b[31m" not in lines[3]


def test_all_of_a_row_is_told(entries: list[dict[str, Any]]) -> None:
    told = dict(details(entries[3]))
    assert told["resolution_id"] == "r-1"
    assert told["answer's id"] == "p-1"
    assert told["outcome"].startswith("answered: ")
    assert dict(details(entries[0]))["outcome"].startswith("left open: ")
    assert dict(details(entries[2]))["verdict"].startswith("made, by ana at ")
