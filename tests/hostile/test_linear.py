"""What strangers send costs in proportion to its length, whatever it is.

Each input is made four times as long: the time may grow to eight times, not to sixteen.
"""

from collections.abc import Callable

import pytest

from proxy.errors import RequestRefused
from proxy.http1.request_parser import RequestParser
from proxy.ledger.document import Document
from proxy.ledger.payment import Picker
from proxy.rules import Rule
from tests.hostile.passes import PASSES, REDACTION, SECRETS
from tests.support.growth import MOST, growth

Make = Callable[[int], str]


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


PERIODIC = again("0", "", "x")
ELSEWHERE = {
    "masking a target": [again("+", "x?Bearer+", '="'), again("name=", "?--")],
    "masking a field": [again("+", "Bearer ", '="'), again("name=", "--")],
    "masking a member": [again("name=", "--"), again("=")],
    "looking for a secret": [PERIODIC, again("0 "), again("%30"), again("0=\n")],
    "keeping a body": [again("+", "Bearer ", '="'), again("\x00")],
    "keeping an exchange": [again("a=%41;"), again("Cookie: a=12345678;\n"), again("\n")],
    "picking for the ledger": [
        again('"id":1,', "{", '"a":1}'),
        again("[", '{"id":'),
        again('{"id":', "", ""),
        lambda size: '{"' + "n" * size + '":{' + '"k":1,' * (size // 6) + '"z":1}}',
    ],
    "picking of an answer": [again('"id":1,', "{", '"a":1}'), again("[", '{"id":')],
    "listing the ledger": [again(";="), again("\x1b")],
    "looking up": [
        *(again("/keys/"), again("1"), again("1", "1e"), again("0", "2026.000000")),
        *(again("{},", '{"payments": [', "{}]}"), again("[],", '{"payments": [', "1]}")),
    ],
    "reading requests": [again("\r\n"), again(" "), again("a "), again("A: b\r\n"), again(":")],
    "reading answers": [again("HTTP/1.1 100 C\r\n\r\n"), again("A: b\r\n"), again("0\r\n")],
    "reading token replies": [again("1"), again(" "), again("["), again("a "), again("=", "a")],
    "reading token requests": [again("a&"), again("%41"), again("=", "a"), again("[")],
    "judging": [again("/x", "", "/z"), again("/."), again("%"), again("a.", "", "!")],
    "logging": [again("\x1b"), again("\\")],
    "showing": [again("["), again('"error":'), again(","), again("\U0001f600")],
    "what an answer says": [again("["), again('{"error":')],
    "comparing heads": [again("a\n"), again("Connection: a,\n")],
    "archiving": [again("&"), again("a\n")],
    "copying": [again("'"), again("\\"), again("\x00"), again("%41"), again("a\n")],
    "finding": [again("a"), again("a" * 98 + "b")],
    "the simulator": [again(";"), again("0", "1."), again("0002AA"), again("..")],
    "settings": [again("A=' \n"), again('A="\\\n'), again("A ="), again("A=1 #\n")],
}


@pytest.mark.parametrize(
    ("name", "make"),
    [(name, make) for name, makes in ELSEWHERE.items() for make in makes],
    ids=[f"{name}-{number}" for name, makes in ELSEWHERE.items() for number in range(len(makes))],
)
def test_every_pass_over_foreign_bytes_is_linear(name: str, make: Make) -> None:
    assert growth(PASSES[name], make, 2000) < MOST


def test_every_pass_has_its_hostile_inputs() -> None:
    assert set(ELSEWHERE) | {"masking a body"} == set(PASSES)


def test_empty_lines_before_a_request_cost_one_pass_over_them() -> None:
    """A quarter of a megabyte of them, without a key, took five seconds: so many are refused."""
    with pytest.raises(RequestRefused, match="larger than"):
        RequestParser().feed(b"\r\n" * 20_000, 0)
    fed = 0
    parser = RequestParser()
    data = b"\r\n" * 1_900 + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    at, request = 0, None
    while request is None:
        request, at = parser.feed(data, at)
        fed += 1
    assert (fed, at) == (1, len(data))


def test_a_rule_with_stars_means_what_it_meant() -> None:
    rule = Rule.parse("GET /a*b*/c*d")
    assert rule.matches("GET", b"/aXbYb/cdZd")
    assert rule.matches("GET", b"/ab/cd")
    assert not rule.matches("GET", b"/ab/cdZ")
    assert not rule.matches("GET", b"/a/c/bd")


def test_the_ledger_looks_at_so_many_members_and_no_more() -> None:
    masked = 0

    def mask(_: str, value: str) -> str:
        nonlocal masked
        masked += 1
        return value

    body = b'{"a":[' + b",".join(b'{"k":{"id":%d}}' % n for n in range(20_000)) + b"]}"
    Picker((), mask, str.upper).payment(Document(body))
    assert masked <= 32
