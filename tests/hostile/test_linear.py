"""What strangers send costs in proportion to its length, whatever it is.

Each input is made four times as long: the time may grow to eight times, not to sixteen.
"""

from collections.abc import Callable

import pytest

from proxy.journal.redaction import Redaction
from tests.support.growth import MOST, growth

Make = Callable[[int], str]
REDACTION = Redaction(("account_number", "email"))
SECRETS = ["0123456789abcdef" * 3]


def again(piece: str, before: str = "", after: str = "") -> Make:
    """Return what repeats ``piece`` up to a length."""
    return lambda size: before + piece * (size // len(piece)) + after


TEXTS = {
    "a token of plus signs": again("+", "Bearer ", '="'),
    "blanks after Bearer": again(" ", "Bearer "),
    "plus signs and blanks": again("+ ", "Bearer ", "x"),
    "Bearer again and again": again("Bearer "),
    "names of parts in one line": again("name=", "--"),
    "parts without an end": again('name="a"\r\n', "--\r\n"),
    "boundaries": again("--\n"),
    "parts": again('--b\r\nname="email"\r\n\r\nx\r\n'),
    "lines": again("a\n", "--\n"),
    "brackets": again("["),
    "closing brackets": again("}"),
    "commas": again(",", "{:"),
    "members": again('"email":1,', "{"),
    "names": again('"a":', "{"),
    "escaped quotes": again('\\"', '{"a":"'),
    "backslashes": again("\\", ':"'),
    "blanks": again(" ", "{:="),
    "scalars and blanks": again("a ", "{:=["),
    "pairs": again("email=a&"),
    "encoded pairs": again("a=%41%3D&"),
    "pairs in JSON": again('"a=%41&b=%42:",', "["),
    "JSON in JSON": again('\\"b\\":\\"c=%41\\",', '{"a":"', '"}'),
    "quotes in pairs": again('x="'),
    "semicolons": again(";a", "x="),
    "semicolons and equal signs": again(";a=", "x="),
    "number signs": again("#", "x="),
    "percent signs": again("%"),
    "encoded percent signs": again("%2525"),
    "layers of percent signs": again("25", "a=%"),
    "entities": again("&amp;"),
    "entities without an end": again("&aaaaaaaaaaaaaaaaaaaaaaaa"),
    "escapes of JSON": again("\\u0041", '"'),
    "elements": again("<email>x"),
    "elements with attributes": again("<a "),
    "CDATA": again("<![CDATA[", "<a>"),
    "elements with CDATA": again("<a><![CDATA["),
    "a secret, folded": again("0123456789abcdef\n", "", "=\n"),
    "the start of a secret": again("0123456789abcde"),
}


@pytest.mark.parametrize("make", TEXTS.values(), ids=TEXTS)
def test_masking_a_text_is_linear(make: Make) -> None:
    def mask(text: str) -> None:
        REDACTION.text(text, SECRETS, cut=True)

    assert growth(mask, make, 3000) < MOST
