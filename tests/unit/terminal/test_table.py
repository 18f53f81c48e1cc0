"""Tables: aligned, whatever is coloured in them, and harmless to a terminal."""

import io

import pytest

from proxy.terminal.screen import Screen
from proxy.terminal.table import Cell, lines
from tests.support.terminal import Terminal

HEAD = ("id", "amount", "")


def test_columns_are_as_wide_as_what_is_in_them() -> None:
    rows = [
        [Cell("a"), Cell("1000", right=True), Cell("x")],
        [Cell("long one"), Cell("1", right=True), Cell("")],
    ]
    assert lines(HEAD, rows, Screen(io.StringIO())) == [
        "id        amount",
        "a           1000  x",
        "long one       1",
    ]


@pytest.mark.needs("posix")
def test_colours_take_no_width() -> None:
    rows = [[Cell("a", ("red",)), Cell("1"), Cell("x")]]
    head, line = lines(HEAD, rows, Screen(Terminal(), {"TERM": "xterm"}))
    assert head == "\x1b[1mid\x1b[0m  \x1b[1mamount\x1b[0m"
    assert line == "\x1b[31ma \x1b[0m  1       x"


def test_no_cell_reaches_a_terminal_as_it_came() -> None:
    (_, line) = lines(("a",), [[Cell("\x1b[2J\n")]], Screen(io.StringIO()))
    assert line == "\ufffd[2J\ufffd"


def test_a_table_without_rows_is_its_head() -> None:
    assert lines(("a", "b"), [], Screen(io.StringIO())) == ["a  b"]
