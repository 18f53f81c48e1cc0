"""Methods that llhttp does not know, and letters beyond ASCII in a target."""

import pytest

from proxy.errors import RequestRefused
from proxy.http1.request import BodyPart, Request
from proxy.http1.request_parser import Event, RequestParser


def parse(data: bytes, piece: int) -> list[Event]:
    """Feed ``data`` in pieces; return what it gave."""
    parser = RequestParser()
    events = []
    for at in range(0, len(data), piece):
        part, start = data[at : at + piece], 0
        while start < len(part):
            event, start = parser.feed(part, start)
            if event is not None:
                events.append(event)
    return events


@pytest.mark.parametrize("piece", [1, 2, 7, 1000])
@pytest.mark.parametrize("method", ["FOO", "get", "Get", "M-SEARCH2", "~!", "POSTX", "PO"])
def test_any_method_is_taken_as_it_is(method: str, piece: int) -> None:
    head = f"{method} /x?y HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n".encode()
    events = parse(head + b"abc" + b"GET /z HTTP/1.1\r\nHost: a\r\n\r\n", piece)
    first, last = events[0], events[-1]
    assert isinstance(first, Request)
    assert isinstance(last, Request)
    assert (first.method, first.target, first.framing) == (method, b"/x?y", 3)
    assert (last.method, last.target) == ("GET", b"/z")
    assert b"".join(each.data for each in events[1:-1] if isinstance(each, BodyPart)) == b"abc"


@pytest.mark.parametrize("piece", [1, 5, 1000])
def test_an_unknown_method_with_a_chunked_body_is_read_to_its_end(piece: int) -> None:
    head = b"\r\nFOO / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    events = parse(head + b"3\r\nabc\r\n0\r\n\r\nfoo / HTTP/1.0\r\n\r\n", piece)
    names = [each.method for each in events if isinstance(each, Request)]
    assert names == ["FOO", "foo"]
    assert b"".join(each.data for each in events if isinstance(each, BodyPart)) == b"abc"


@pytest.mark.parametrize("piece", [1, 3, 1000])
@pytest.mark.parametrize("method", [b"GET", b"get"])
@pytest.mark.parametrize(
    ("sent", "target"),
    [
        pytest.param("/v1/payments?name=José".encode(), b"/v1/payments?name=Jos%C3%A9", id="UTF-8"),
        pytest.param(b"/v1/pay?name=Jos\xe9", b"/v1/pay?name=Jos%E9", id="Latin-1"),
        pytest.param("/Ñ/%41".encode(), b"/%C3%91/%41", id="in a path"),
    ],
)
def test_letters_beyond_ascii_are_percent_encoded(
    method: bytes, sent: bytes, target: bytes, piece: int
) -> None:
    name = "X-Name: José".encode()
    (request,) = parse(
        b"\r\n" + method + b" " + sent + b" HTTP/1.1\r\nHost: a\r\n" + name + b"\r\n\r\n", piece
    )
    assert isinstance(request, Request)
    assert request.target == target
    assert request.section.lines[-1] == (b"X-Name", "José".encode())


@pytest.mark.parametrize("piece", [1, 1000])
@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"F@O / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"FOO  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"FOO / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        (b"FOO /\r\n\r\n", 400),
        (b"F\xc3\x96O / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /\xc3\xa9\n HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"F" * 140_000, 501),
    ],
)
def test_what_is_no_request_line_is_refused_still(data: bytes, status: int, piece: int) -> None:
    with pytest.raises(RequestRefused) as caught:
        parse(data, piece if len(data) < 1000 else 16_384)
    assert caught.value.status == status


@pytest.mark.parametrize("piece", [1, 1000])
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="TLS"),
        pytest.param(b"\x00", id="NUL"),
        pytest.param(b"\r\n\xff", id="beyond ASCII"),
        pytest.param(b"GE(T", id="no token"),
    ],
)
def test_what_cannot_become_a_method_is_refused_before_its_line_ends(
    data: bytes, piece: int
) -> None:
    with pytest.raises(RequestRefused) as caught:
        parse(data, piece)
    assert caught.value.status == 400
