"""Where a read of the socket ends must make no difference to what a request is taken for."""

import pytest

from proxy.errors import RequestRefused
from proxy.http1.request import Request
from proxy.http1.request_parser import RequestParser
from tests.program.test_smuggling import ACCEPTED, BROKEN_BODIES, CHUNKED, NEXT, REFUSED

STREAMS = {
    **{f"refused: {name}": data for name, data, _ in REFUSED},
    **{f"broken body: {name}": CHUNKED + data for name, data in BROKEN_BODIES},
    **{f"accepted: {name}": data for name, data, _ in ACCEPTED},
}


def read(data: bytes, size: int) -> tuple[list[tuple[str, bytes]], list[bytes], int]:
    """Return (method and target of each head, the whole bodies, status of the refusal or 0)."""
    seen: list[tuple[str, bytes]] = []
    whole: list[bytes] = []
    body = b""
    parser = RequestParser()
    try:
        for begin in range(0, len(data), size):
            piece = data[begin : begin + size]
            start = 0
            while start < len(piece):
                event, start = parser.feed(piece, start)
                if isinstance(event, Request):
                    seen.append((event.method, event.target))
                    body = b""
                    if not event.framing:
                        whole.append(b"")
                elif event is not None:
                    body += event.data
                    if event.last:
                        whole.append(body)
    except RequestRefused as error:
        return seen, whole, error.status
    return seen, whole, 0


@pytest.mark.parametrize("stream", [pytest.param(data, id=name) for name, data in STREAMS.items()])
def test_the_size_of_a_read_changes_nothing(stream: bytes) -> None:
    data = stream + NEXT
    sizes = (1, 2, 3, 5, 7, 64) if len(data) < 20_000 else (4_096, 65_536)
    *at_once, status = read(data, len(data))
    for size in sizes:
        *in_pieces, other = read(data, size)
        assert in_pieces == at_once, size
        # An unknown word in the first packet is 400, whether it is a method, or a version, or none.
        assert other in (status, 400 if status else 0), size


def test_a_space_in_the_target_is_called_one() -> None:
    with pytest.raises(RequestRefused, match="contains a space; write it as %20"):
        RequestParser().feed(b"GET /v1/keys?name=Juan Perez HTTP/1.1\r\nHost: x\r\n\r\n", 0)


@pytest.mark.parametrize("body", [pytest.param(data, id=name) for name, data in BROKEN_BODIES])
def test_a_malformed_body_in_one_read_is_never_handed_on_as_whole(body: bytes) -> None:
    _, whole, status = read(CHUNKED + body, len(CHUNKED + body))
    assert (whole, status) == ([], 400)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"GET /ab0\r\nHost:localhost\r\n\r\n", id="like-the-end-of-one"),
        pytest.param(b"GET /1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", id="in-pieces"),
        pytest.param(b"GET /a\r\nX:b HTTP/1.1\r\nHost: localhost\r\n\r\n", id="in-a-header"),
    ],
)
def test_a_request_line_without_a_version_is_refused_wherever_the_reads_end(head: bytes) -> None:
    for cut in range(len(head)):
        with pytest.raises(RequestRefused, match="the request line must be"):
            feed_all(RequestParser(), (head[:cut], head[cut:]))


def feed_all(parser: RequestParser, parts: tuple[bytes, ...]) -> None:
    for data in parts:
        start = 0
        while start < len(data):
            _, start = parser.feed(data, start)


@pytest.mark.parametrize("lines", [2_000, 2_001])
@pytest.mark.parametrize("end", [b"\r\n", b""], ids=["whole", "unfinished"])
def test_more_lines_than_there_may_be_are_refused_before_they_are_read(
    lines: int, end: bytes
) -> None:
    parser = RequestParser()
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"a:\r\n" * (lines - 1) + end
    if lines == 2_000:
        event, _ = parser.feed(head, 0)
        assert (event is not None) == bool(end)
        return
    with pytest.raises(RequestRefused) as refused:
        parser.feed(head + b"a:\r\n" * 2, 0)
    assert (refused.value.status, parser.lines) == (431, [])


def test_a_head_that_is_not_whole_weighs_what_it_takes_and_nothing_once_it_is_forgotten() -> None:
    parser = RequestParser()
    parser.feed(b"GET / HTTP/1.1\r\n" + b"a:\r\n" * 1_000, 0)
    assert parser.weigh() > 1_000 * (2 * 4 + 100)
    parser.forget()
    assert parser.weigh() == 0


def test_empty_lines_in_the_data_of_a_chunk_are_no_parts_of_their_own() -> None:
    """A read of 256 KiB may hold 65,000 of them: each would be handled by itself."""
    body = b"x\r\n\r\n" * 1_000
    stream = CHUNKED + b"%x\r\n%b\r\n" % (len(body), body)
    parser, parts, start = RequestParser(), [], 0
    while start < len(stream):
        event, start = parser.feed(stream, start)
        parts.append(event)
    request, part = parts
    assert isinstance(request, Request)
    assert part is not None
    assert part == (body, False)
    assert parser.feed(b"0\r\n\r\n", 0) == ((b"", True), 5)


@pytest.mark.parametrize("size", [1, 7, 200])
def test_a_method_is_no_longer_than_any_server_has(size: int) -> None:
    """What is counted, logged and kept by its method would otherwise hold a head of each."""
    end = b" /x HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert read(b"M" * 64 + end, size)[0] == [("M" * 64, b"/x")]
    assert read(b"M" * 65 + end, size) == ([], [], 501)


def test_a_body_of_hardly_anything_but_empty_lines_is_refused_early() -> None:
    """They may stand in any text, and not so close together."""
    text = b"x" * 30 + b"\r\n\r\n"
    fits = CHUNKED + b"%x\r\n%b\r\n" % (len(text) * 8_000, text * 8_000)
    feed_all(RequestParser(), (fits,))
    close = CHUNKED + b"%x\r\n" % 240_000 + b"\r\n\r\n" * 60_000
    parser = RequestParser()
    _, start = parser.feed(close, 0)
    with pytest.raises(RequestRefused) as refused:
        parser.feed(close[: start + 12_000], start)
    assert refused.value.reason == "chunk-overhead"


@pytest.mark.parametrize("name", [b"Connection", b"expect", b"Prefer"])
def test_a_list_that_is_taken_apart_is_short(name: bytes) -> None:
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\n%b: " % name
    request, _ = RequestParser().feed(
        head + b"a," * 2_000 + b"\r\nX: " + b"a" * 9_000 + b"\r\n\r\n", 0
    )
    assert isinstance(request, Request)
    for lines in (b"a," * 2_100, b"a," * 1_100 + b"\r\n%b: " % name + b"a," * 1_100):
        with pytest.raises(RequestRefused) as refused:
            RequestParser().feed(head + lines + b"\r\n\r\n", 0)
        assert refused.value.status == 431


def test_a_body_that_came_whole_is_taken_at_once_and_the_next_request_follows() -> None:
    parser = RequestParser()
    post = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
    data = post + b"GET /b HTTP/1.1\r\nHost: x\r\n\r\n"
    first, end = parser.feed(data, 0)
    body, end = parser.body(data, end)
    second, end = parser.feed(data, end)
    assert isinstance(first, Request)
    assert isinstance(second, Request)
    assert (first.target, body, second.target, end) == (b"/a", b"abc", b"/b", len(data))
    assert not parser.counts
