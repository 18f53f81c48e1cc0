"""Rows as spreadsheets read them."""

import csv
import io
from typing import Any

import pytest

from proxy.cli.ledger.spreadsheet import COLUMNS, write_csv


def test_csv_has_all_columns_and_no_formulas(entries: list[dict[str, Any]]) -> None:
    stream = io.StringIO(newline="")
    write_csv(entries, stream)
    head, *rows = list(csv.reader(io.StringIO(stream.getvalue(), newline="")))
    assert tuple(head) == COLUMNS
    settled = dict(zip(head, rows[2], strict=True))
    assert settled["verdict_note"] == "'=SUM(A1)"
    assert (settled["amount"], settled["verdict"]) == ("1000", "made")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param("=1+1", "'=1+1", id="the whole"),
        pytest.param("x;=1+1;", "x;'=1+1;", id="after a semicolon"),
        pytest.param("x,@a|+b", "x,'@a|'+b", id="after other separators"),
        pytest.param('{"a": "=1"}', """{"a": "'=1"}""", id="in JSON"),
        pytest.param("a; -1+1", "a; '-1+1", id="after a blank"),
        pytest.param("x:=1+1", "x:'=1+1", id="after a colon"),
        pytest.param("x =1+1 -2", "x '=1+1 '-2", id="separated by blanks"),
        pytest.param("a - b = c", "a - b = c", id="a sign between blanks"),
        pytest.param("\uff1d1+1", "'\uff1d1+1", id="full width"),
        pytest.param("\n=1\t=2\r=3", "\ufffd=1\ufffd=2\ufffd=3", id="control characters"),
        pytest.param(
            "\x1b]52;c;x\x07 \x9b\x7f\u202e",
            "\ufffd]52;c;x\ufffd \ufffd\ufffd\ufffd",
            id="a terminal's",
        ),
        pytest.param("-1000.50", "-1000.50", id="an amount"),
        pytest.param("-1000.50;=1", "'-1000.50;'=1", id="an amount and more"),
        pytest.param("+57300;a", "'+57300;a", id="no amount"),
        pytest.param("a=b-c+d@e", "a=b-c+d@e", id="within a word"),
    ],
)
def test_no_cell_of_a_spreadsheet_begins_with_a_formula(
    entries: list[dict[str, Any]], value: str, written: str
) -> None:
    """Whichever sign separates its cells: in Colombia that is the semicolon."""
    stream = io.StringIO(newline="")
    write_csv([{**entries[0], "path": value}], stream)
    head, row = list(csv.reader(io.StringIO(stream.getvalue(), newline="")))
    assert dict(zip(head, row, strict=True))["path"] == written
