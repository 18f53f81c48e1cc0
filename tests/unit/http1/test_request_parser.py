"""Where a read of the socket ends must make no difference to what a request is taken for."""

import pytest

from proxy.errors import RequestRefused
from proxy.http1.request_parser import RequestHead, RequestParser
from tests.program.test_smuggling import ACCEPTED, BROKEN_BODIES, CHUNKED, NEXT, REFUSED

STREAMS = {
    **{f"refused: {name}": data for name, data, _ in REFUSED},
    **{f"broken body: {name}": CHUNKED + data for name, data in BROKEN_BODIES},
    **{f"accepted: {name}": data for name, data, _ in ACCEPTED},
}


class Requests:
    """A sink that keeps what it is handed."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, bytes]] = []
        self.whole: list[bytes] = []
        self._body = b""

    def request(self, head: RequestHead) -> None:
        self.seen.append((head.method, head.target))
        self._body = b""
        if not (head.length or head.chunked):
            self.whole.append(b"")

    def body(self, data: bytes, *, complete: bool) -> None:
        self._body += data
        if complete:
            self.whole.append(self._body)


def read(data: bytes, size: int) -> tuple[list[tuple[str, bytes]], list[bytes], int]:
    """Return (method and target of each head, the whole bodies, status of the refusal or 0)."""
    sink = Requests()
    parser = RequestParser(sink)
    try:
        for begin in range(0, len(data), size):
            piece = data[begin : begin + size]
            start = 0
            while start < len(piece):
                start = parser.feed(piece, start)
    except RequestRefused as error:
        return sink.seen, sink.whole, error.status
    return sink.seen, sink.whole, 0


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


@pytest.mark.parametrize("body", [pytest.param(data, id=name) for name, data in BROKEN_BODIES])
def test_a_malformed_body_in_one_read_is_never_handed_on_as_whole(body: bytes) -> None:
    _, whole, status = read(CHUNKED + body, len(CHUNKED + body))
    assert (whole, status) == ([], 400)
