"""A request must be the same whether its head has come before or not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.errors import RequestRefused
from proxy.http1.repeated_requests import RepeatedRequests
from proxy.http1.request import BodyPart, Request
from proxy.http1.request_parser import RequestParser
from tests.program.test_smuggling import ACCEPTED, BROKEN_BODIES, CHUNKED, NEXT, REFUSED
from tests.support.examples import examples

TIMES = 7  # a form is kept at the third time, a whole head at the fifth
SDK = (
    b"%b /v1/payments?x=%d HTTP/1.1\r\nHost: a\r\nUser-Agent: sdk/1\r\nX-Request-Id: %b\r\n"
    b"Content-Length: %d\r\n\r\n"
)


def told(event: Request | BodyPart | None) -> object:
    """Return all that an event says."""
    if not isinstance(event, Request):
        return event
    section = event.section
    judged = (section.lines, section.known, section.onward, section.wire)
    words = (event.method, event.target, event.path, event.version)
    return words, judged, event.framing, event.keep_alive, event.size


def read(data: bytes, heads: RepeatedRequests) -> list[object]:
    """Read a connection's bytes as the listener does; return the events, each with its end."""
    parser, seen, start = RequestParser(heads), list[object](), 0
    try:
        while start < len(data):
            before = start
            event, start = parser.feed(data, start)
            assert start > before
            seen.append((told(event), start))
            if isinstance(event, Request) and not event.keep_alive:
                break  # no more is read then
    except RequestRefused as refusal:
        seen.append((refusal.status, refusal.reason, str(refusal)))
    return seen


def same(streams: list[bytes]) -> None:
    """Check that streams are read alike, however often each has come before."""
    heads = RepeatedRequests()
    for _ in range(TIMES):
        for stream in streams:
            assert read(stream, heads) == read(stream, RepeatedRequests()), stream


STREAMS = {
    **{f"refused: {name}": data for name, data, _ in REFUSED if len(data) < 10_000},
    **{f"broken body: {name}": CHUNKED + data for name, data in BROKEN_BODIES},
    **{f"accepted: {name}": data for name, data, _ in ACCEPTED},
}


@pytest.mark.parametrize("stream", [pytest.param(data, id=name) for name, data in STREAMS.items()])
def test_what_could_be_read_in_two_ways_is_not(stream: bytes) -> None:
    same([stream + NEXT])


ASKED = (
    *(b"GET /x HTTP/1.1", b"POST /v1/payments?a=b HTTP/1.1", b"HEAD /x HTTP/1.1"),
    *(b'DELETE /%2e/"<>^`{|} HTTP/1.1', b"PUT / HTTP/1.1", b"PATCH //a?b?c HTTP/1.1"),
    *(b"GET /x#y HTTP/1.1", b"GET  /x HTTP/1.1", b"GET /x HTTP/1.0", b"get /x HTTP/1.1"),
    *(b"CONNECT /x HTTP/1.1", b"PRI /x HTTP/1.1", b"QUERY /x HTTP/1.1", b"GET /\xc3 HTTP/1.1"),
    *(b"GET http://a/ HTTP/1.1", b"\r\nGET / HTTP/1.1", b"GET / HTTP/1.1\r", b"GET /\t HTTP/1.1"),
    *(b"GET x HTTP/1.1", b"GET ?x HTTP/1.1", b"GET * HTTP/1.1", b"OPTIONS * HTTP/1.1"),
    *(
        b"GET /x HTTP/1.1 ",
        b"GET /x HTTP/2.0",
        b"GET /x http/1.1",
        b"GET /" + 3000 * b"a" + b" HTTP/1.1",
    ),
)
LINES = st.sampled_from(ASKED)
NAMES = st.sampled_from(
    (
        *(b"Host", b"Accept", b"X-Request-Id", b"x-request-id", b"traceparent", b"Cookie"),
        *(b"Content-Length", b"content-length", b"Content_Length", b"Transfer-Encoding"),
        *(b"Connection", b"Proxy-Connection", b"Upgrade", b"Expect", b"TE", b"Idempotency-Key"),
        *(b"Authorization", b"X-Proxy-Key", b"X-HTTP-Method", b"b3", b"X(", b"", b" X-Request-Id"),
    )
)
ODD = (
    *(b"0", b"3", b"03", b"+3", b"3 3", b"3, 3", b"18446744073709551617", b"123456789012345678"),
    *(b"9" * 19, b"0" * 30 + b"3"),
    *(b"a", b"abc-1", b"a b", b"a  b", b"a\tb", b"\xf3", b"", b"a\x00", b"a\nX: y", b"a\r\n b"),
    *(b"close", b"keep-alive", b"x-request-id", b"Keep-Alive, X-Request-Id", b"upgrade, close"),
    *(b"chunked", b"gzip, chunked", b"h2c", b"100-continue", b"a\rb", b"a\r\n\tb"),
)
VALUES = st.sampled_from(ODD)
BETWEEN = st.sampled_from((b": ", b": ", b": ", b":", b":  ", b":\t", b" : "))
AFTER = st.sampled_from((b"", b"", b"", b" ", b"\t"))
FIELD = st.builds(lambda *parts: b"".join(parts), NAMES, BETWEEN, VALUES, AFTER)
HEAD = st.builds(
    lambda line, fields: b"\r\n".join([line, *fields, b"", b""]),
    LINES,
    st.lists(FIELD, max_size=5),
)
BODY = st.sampled_from((b"", b"abc", b"3\r\nabc\r\n0\r\n\r\n"))
STREAM = st.lists(st.builds(lambda head, body: head + body, HEAD, BODY), min_size=1, max_size=3)


@given(st.lists(STREAM.map(b"".join), min_size=1, max_size=4))
@settings(max_examples=examples(600), deadline=None)
def test_a_request_is_the_same_whether_its_head_has_come_before_or_not(
    streams: list[bytes],
) -> None:
    same(streams)


@given(st.lists(FIELD, max_size=2), NAMES, st.lists(VALUES, min_size=1, max_size=4), LINES)
@settings(max_examples=examples(600), deadline=None)
def test_nor_does_it_matter_which_values_came_before(
    fields: list[bytes], name: bytes, values: list[bytes], line: bytes
) -> None:
    heads, fixed = RepeatedRequests(), b"\r\n".join([b"Host: a", *fields, name + b": "])
    for number in range(TIMES):
        read(b"GET / HTTP/1.1\r\n%b%d\r\n\r\n12345678" % (fixed, number), heads)
    for value in values:
        stream = b"%b\r\n%b%b\r\n\r\nabc" % (line, fixed, value)
        assert read(stream, heads) == read(stream, RepeatedRequests())


@pytest.mark.parametrize("line", ASKED)
@pytest.mark.parametrize("connection", [b"keep-alive", b"close"])
def test_whatever_stands_before_known_lines(line: bytes, connection: bytes) -> None:
    heads, rest = RepeatedRequests(), b"\r\nHost: a\r\nConnection: %b\r\n\r\n" % connection
    for _ in range(TIMES):
        read(b"GET / HTTP/1.1" + rest, heads)
    stream = line + rest + NEXT
    assert read(stream, heads) == read(stream, RepeatedRequests())


DECIDING = (b"connection", b"proxy-connection", b"transfer-encoding", b"upgrade", b"x-http-method")
FREE = (b"Content-Length", b"Idempotency-Key", b"traceparent", b"Cookie", b"X-Request-Id", b"100%")


@pytest.mark.parametrize("name", [*FREE, *DECIDING, b"Authorization", b"X-Proxy-Key", b"Expect"])
def test_whatever_comes_in_the_place_of_a_value(name: bytes) -> None:
    heads = RepeatedRequests()
    for value in ODD:
        for usual in (b"5", b"6", b"7"):
            read(b"GET /a HTTP/1.1\r\nHost: a\r\n%b: %b\r\n\r\n12345" % (name, usual), heads)
        stream = b"POST /x HTTP/1.1\r\nHost: a\r\n%b: %b\r\n\r\nabc" % (name, value)
        assert read(stream, heads) == read(stream, RepeatedRequests())


@pytest.mark.parametrize("other", [*FREE, *DECIDING])
def test_another_field_in_the_place_of_an_open_line(other: bytes) -> None:
    heads, line = RepeatedRequests(), b"GET /a HTTP/1.1\r\nHost: a\r\n%b: %b\r\n\r\n"
    for value in (b"5", b"6", b"7", b"8"):
        read(line % (b"X-Trace", value), heads)
    for value in (b"1", b"close", b"100-continue"):
        stream = line % (other, value) + b"1"
        assert read(stream, heads) == read(stream, RepeatedRequests())


def test_forms_and_whole_heads_are_found() -> None:
    heads = RepeatedRequests()
    for number in range(TIMES):
        data = SDK % (b"POST", number, b"%d-a" % number, number)
        fields = data[data.index(b"\r\n") + 2 : -4]
        assert (heads.find(fields) is None) == (number < 3)
        read(data, heads)
    first, second, third = (heads.find(fields + b"1") for _ in range(3))
    assert first is not None
    assert first[1] == (TIMES - 1) * 10 + 1
    assert second is third, "it is kept whole when it comes twice in a row"
