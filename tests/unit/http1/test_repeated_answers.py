"""An answer must be the same whether its head has come before or not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.errors import ResponseInvalid
from proxy.http1.repeated_answers import RepeatedAnswers
from proxy.http1.response_parser import ResponseParser
from tests.support.examples import examples

TIMES = 7  # a form is kept at the third time, a whole head at the fifth


def read(data: bytes, heads: RepeatedAnswers | None, *, head_only: bool = False) -> object:
    """Read an answer and what comes after it; return all that it is taken for."""
    answer, failed = ResponseParser(head_only=head_only, heads=heads), ""
    try:
        answer.feed(data)
    except ResponseInvalid as error:
        failed = str(error)
    head, fields = answer.head, None if answer.head is None else answer.head.fields
    told = None if head is None else (head.status, head.reason, head.framing, head.lines)
    fields_told = None if fields is None else (fields.known, fields.wire, list(fields))
    state = answer.received, answer.complete, answer.until_end, answer.buffered
    # Of an answer that is not whole, nobody asks whether another may follow.
    return failed, told, fields_told, state, answer.complete and answer.keep_alive, answer.take()


STATUS = (
    *(b"HTTP/1.1 200 OK", b"HTTP/1.1 201 Created", b"HTTP/1.1 204 No Content"),
    *(b"HTTP/1.1 304 Not Modified", b"HTTP/1.1 100 Continue", b"HTTP/1.0 200 OK", b"HTTP/1.1 200"),
    *(b"HTTP/1.1 200 a: b", b"HTTP/1.1 200 O\tK", b"HTTP/1.1 200 O\x01K", b"HTTP/1.1  200 OK"),
    *(b"HTTP/1.1 101 Switching Protocols", b"HTTP/2 200 OK", b"http/1.1 200 OK", b"RTSP/1.0 200"),
)
NAMES = (
    *(b"Content-Length", b"content-length", b"Transfer-Encoding", b"Connection", b"Keep-Alive"),
    *(b"Upgrade", b"Location", b"Content-Location", b"Set-Cookie", b"Date", b"X-Request-Id"),
    *(b"Proxy-Connection", b"Trailer", b"X(", b"", b"100%"),
)
ODD = (
    *(
        b"0",
        b"3",
        b"03",
        b"+3",
        b"3, 3",
        b"3 3",
        b"9" * 19,
        b"0" * 30 + b"3",
        b"18446744073709551617",
    ),
    *(b"a", b"a b", b"a  b", b"a\tb", b"\xf3", b"", b"a\x00", b"a\nX: y", b"a\r\n b", b"a\rb"),
    *(b"close", b"keep-alive", b"x-request-id", b"chunked", b"gzip, chunked", b"%s", b"/x?a=%20"),
)
FIELD = st.builds(
    lambda *parts: b"".join(parts),
    st.sampled_from(NAMES),
    st.sampled_from((b": ", b": ", b": ", b":", b":  ", b":\t", b" : ")),
    st.sampled_from(ODD),
    st.sampled_from((b"", b"", b"", b" ")),
)
BODY = st.sampled_from((b"", b"abc", b"abcd", b"3\r\nabc\r\n0\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"))
ANSWER = st.builds(
    lambda status, fields, body: b"\r\n".join([status, *fields, b"", body]),
    st.sampled_from(STATUS),
    st.lists(FIELD, max_size=4),
    BODY,
)


@given(st.lists(ANSWER, min_size=1, max_size=4))
@settings(max_examples=examples(600), deadline=None)
def test_an_answer_is_the_same_whether_its_head_has_come_before_or_not(
    answers: list[bytes],
) -> None:
    heads = RepeatedAnswers()
    for number in range(TIMES):
        for answer in answers:
            head_only = bool(number % 2)
            new = read(answer, None, head_only=head_only)
            assert read(answer, heads, head_only=head_only) == new, answer


@pytest.mark.parametrize("status", STATUS)
@pytest.mark.parametrize("name", NAMES)
def test_whatever_comes_in_the_place_of_a_value(status: bytes, name: bytes) -> None:
    heads, usual, fixed = RepeatedAnswers(), b"HTTP/1.1 200 OK", b"Content-Length: 3"
    if status.endswith((b"No Content", b"Not Modified", b"Created")):
        usual = status
    if name.lower() == b"content-length":
        fixed = b"A: b"
    for value in ODD:
        for before in (b"5", b"6", b"0"):
            read(b"%b\r\n%b\r\nC: d\r\n%b: %b\r\n\r\n" % (usual, fixed, name, before), heads)
        answer = b"%b\r\n%b\r\nC: d\r\n%b: %b\r\n\r\nabc" % (status, fixed, name, value)
        assert read(answer, heads) == read(answer, None)
        assert read(answer, heads, head_only=True) == read(answer, None, head_only=True)


@given(st.lists(FIELD, max_size=2), st.sampled_from(NAMES), st.lists(st.sampled_from(ODD)))
@settings(max_examples=examples(600), deadline=None)
def test_nor_does_it_matter_which_values_came_before(
    fields: list[bytes], name: bytes, values: list[bytes]
) -> None:
    heads = RepeatedAnswers()
    fixed = b"\r\n".join([b"HTTP/1.1 200 OK", *fields, b"Content-Length: 3", name + b": "])
    for number in range(TIMES):
        read(b"%b%d\r\n\r\nabc" % (fixed, number), heads)
    for value in values:
        answer = b"%b%b\r\n\r\nabc" % (fixed, value)
        assert read(answer, heads) == read(answer, None)


ENDS = {
    "chunks": b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "the connection": b"Server: a\r\n\r\nabc",
    "close": b"Content-Length: 3\r\nConnection: close\r\n\r\nabc",
    "too many bytes": b"Content-Length: 3\r\n\r\nabcd",
    "too few": b"Content-Length: 4\r\n\r\nabc",
}


@pytest.mark.parametrize("end", [pytest.param(data, id=name) for name, data in ENDS.items()])
def test_the_end_of_a_body_is_found(end: bytes) -> None:
    heads, answer = RepeatedAnswers(), b"HTTP/1.1 200 OK\r\nA: b\r\n" + end
    for _ in range(TIMES):
        assert read(answer, heads) == read(answer, None)


def test_an_interim_answer_is_not_taken_for_the_one_after_it() -> None:
    heads, lines = RepeatedAnswers(), b"A: b\r\nContent-Length: 3\r\n\r\n"
    answer = b"HTTP/1.1 100 Continue\r\n%bHTTP/1.1 200 OK\r\n%babc" % (lines, lines)
    for _ in range(TIMES):
        assert read(answer, heads) == read(answer, None)


def test_forms_and_whole_heads_are_found() -> None:
    heads, head = (
        RepeatedAnswers(),
        b"HTTP/1.1 200 OK\r\nServer: a\r\nDate: b\r\nContent-Length: %d",
    )
    for number in range(TIMES):
        assert (heads.find(head % number) is None) == (number < 3)
        read(head % number + b"\r\n\r\n", heads)
    first, second, third = (heads.find(head % 12) for _ in range(3))
    assert first is not None
    assert (first.framing, first.lines[-1]) == (12, (b"Content-Length", b"12"))
    assert second is third
