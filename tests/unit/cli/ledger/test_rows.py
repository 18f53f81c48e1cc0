"""Rows as people read them."""

import io
from pathlib import Path
from typing import Any

import pytest

from proxy.cli.ledger.rows import details, table
from proxy.ledger.reading import Query, reading
from proxy.ledger.verdict import conclude, settle
from proxy.terminal.screen import Screen
from tests.support.ledgers import filled
from tests.support.look_ups import looked_up
from tests.support.terminal import Terminal


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


@pytest.mark.needs("posix")
def test_on_a_terminal_what_is_in_doubt_is_red(entries: list[dict[str, Any]]) -> None:
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


def test_how_often_the_api_was_asked_and_that_it_disagrees_is_told(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    filled(path, "unknown", "unknown", "unknown")
    conclude(path, looked_up(1, "nothing-back-to"))
    settle(path, 2, kind="not-found", note="asked Passport", author="ana")
    conclude(path, looked_up(2, "settled"))
    conclude(path, looked_up(3, "settled"))
    with reading(path) as reader:
        third, second, first = reader.entries(Query())
    _, *lines = table([first, second, third], Screen(io.StringIO()))
    assert "unknown, asked 1 time " in lines[0]
    assert "unknown, not found, evidence disagrees" in lines[1]
    assert "unknown, settled by the proxy" in lines[2]
    told = dict(details(first))
    assert told["so far"].startswith("asked once until")
    assert "if a proxy runs" in told["asked next"]
    assert "contradicts the verdict" in dict(details(second))["disagreement"]
