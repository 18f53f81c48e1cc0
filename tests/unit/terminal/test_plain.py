"""What strangers chose never makes a terminal do anything."""

import json
import sys

import pytest

from proxy.terminal.plain import as_json, lines, plain, plainly


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("añ ✓ 10 €", "añ ✓ 10 €", id="people's"),
        pytest.param("a\x1b[31mb\u202e\n", "a\ufffd[31mb\ufffd\ufffd", id="a terminal's"),
        pytest.param("\x00\x07\x7f\x9b\u200f\u2066\ud800", "\ufffd" * 7, id="not to be seen"),
    ],
)
def test_what_is_not_printable_has_a_sign_in_its_place(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_no_character_of_control_or_direction_is_ever_printed() -> None:
    for code in range(sys.maxunicode + 1):
        assert plain(chr(code)).isprintable()


def test_of_several_lines_the_line_ends_stay() -> None:
    assert lines("a\n\x1bb\r\n") == "a\n\ufffdb\ufffd\n"
    assert lines("a b") == "a b"


def test_our_own_colours_stay_where_there_are_colours_and_no_other_sequence() -> None:
    text = "\x1b[1;32mready\x1b[0m \x1b[8mhidden \x1b]52;c;x\x07\x1b[2J"
    assert lines(text) == "\ufffd[1;32mready\ufffd[0m \ufffd[8mhidden \ufffd]52;c;x\ufffd\ufffd[2J"
    assert lines(text, coloured=True) == (
        "\x1b[1;32mready\x1b[0m \ufffd[8mhidden \ufffd]52;c;x\ufffd\ufffd[2J"
    )


def test_json_is_in_printable_ascii_and_says_the_same() -> None:
    document = {"a\x7f": ["\x1b\x9b\u202eñ\U0001f600", 1, None, True]}
    text = as_json(document)
    assert text.isascii()
    assert text.isprintable()
    assert json.loads(text) == document
    assert as_json({"a": 1}, 2) == '{\n  "a": 1\n}'


def test_every_text_of_a_document_is_made_plain() -> None:
    assert plainly({"a\n": [{"b": "\x1b"}, 1, None]}) == {"a\ufffd": [{"b": "\ufffd"}, 1, None]}
