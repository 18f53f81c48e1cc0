import random

import pytest

from proxy.errors import ResponseInvalid
from proxy.http1.answer_fields import AnswerFields
from proxy.http1.fields import HOP_BY_HOP, Lines, nominated, serialised
from proxy.http1.response_parser import ResponseParser

_NAMES = (
    *(b"Content-Length-X", b"Xlocation", b"Date", b"Set-Cookie", b"TE-x", b"X-Connection", b"Te"),
    *(b"Content-Location", b"LOCATION", b"content-length", b"Connection", b"keep-alive"),
    *(b"Transfer-Encoding", b"Trailer", b"Upgrade", b"Proxy-Authenticate", b"proxy-connection"),
)
_VALUES = (b"", b"1", b"a: b", b"close", b"Keep-Alive", b"date, x-connection", b"\x80\xff", b"a\tb")


def head(lines: Lines) -> bytes:
    return b"HTTP/1.1 200 OK\r\n" + serialised(lines) + b"\r\n"


def feed(data: bytes, size: int) -> None:
    answer = ResponseParser(head_only=False)
    for start in range(0, len(data), size):
        answer.feed(data[start : start + size])


def test_what_came_is_passed_on_byte_for_byte_without_this_hops_own() -> None:
    fields = AnswerFields(
        b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nA:b \r\nKEEP-ALIVE: timeout=5\r\n"
        b"content-length:\t5\t\r\nDate:  now\r\nTE: x\r\n\r\n"
    )
    assert fields.wire == b"A:b \r\ncontent-length:\t5\t\r\nDate:  now\r\n"
    assert list(fields) == [(b"A", b"b"), (b"content-length", b"5"), (b"Date", b"now")]
    assert fields.known[b"content-length"] == [b"5"]
    assert fields.lines[:2] == [(b"Connection", b"keep-alive"), (b"A", b"b")]


@pytest.mark.parametrize("lines", [[], [(b"Connection", b"close")]], ids=["none", "none left"])
def test_there_may_be_no_line(lines: Lines) -> None:
    fields = AnswerFields(head(lines))
    assert (fields.wire, list(fields), fields.lines) == (b"", [], lines)


def test_a_field_that_connection_names_goes_no_further() -> None:
    fields = AnswerFields(
        b"HTTP/1.1 200 OK\r\nX-Hop: 1\r\nConnection: close, x-hop\r\nB:c\r\nx-HOP: 2\r\n\r\n"
    )
    assert fields.wire == b"B: c\r\n"


@pytest.mark.parametrize("seed", range(200))
def test_the_bytes_say_what_the_lines_say(seed: int) -> None:
    chance = random.Random(seed)
    lines = [
        (chance.choice(_NAMES), chance.choice(_VALUES).strip()) for _ in range(chance.randrange(9))
    ]
    fields = AnswerFields(head(lines))
    known: dict[bytes, list[bytes]] = {}
    for name, value in lines:
        known.setdefault(name.lower(), []).append(value)
    stopped = HOP_BY_HOP | nominated(known.get(b"connection", ()))
    deciding = HOP_BY_HOP | {b"content-length", b"content-location", b"location"}
    onward = [line for line in lines if line[0].lower() not in stopped]
    assert fields.lines == lines
    assert list(fields) == onward
    assert fields.wire == serialised(onward)
    assert fields.known == {name: each for name, each in known.items() if name in deciding}


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(b"A: b\r\n Connection: x\r\n", id="folded"),
        pytest.param(b"A:\r\n\tb\r\n", id="folded after nothing"),
        pytest.param(b" A: b\r\n", id="folded first line"),
        pytest.param(b"A: b\nConnection: x\r\n", id="bare LF"),
        pytest.param(b"A: b\rConnection: x\r\n", id="bare CR"),
        pytest.param(b"A: b\r\r\n", id="CR before the end"),
        pytest.param(b"Connection : x\r\n", id="blank before the colon"),
        pytest.param(b"A\r\n", id="no colon"),
        pytest.param(b": x\r\n", id="no name"),
        pytest.param(b"A: \x00\r\n", id="NUL"),
    ],
)
@pytest.mark.parametrize("whole", [True, False], ids=["in one piece", "byte by byte"])
def test_no_line_of_another_form_gets_this_far(lines: bytes, *, whole: bool) -> None:
    """The bytes are passed on: each line that a caller could read otherwise must be refused."""
    data = b"HTTP/1.1 200 OK\r\n" + lines + b"Content-Length: 0\r\n\r\n"
    with pytest.raises(ResponseInvalid):
        feed(data, len(data) if whole else 1)
