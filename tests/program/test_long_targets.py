"""A target longer than one buffer arrives whole, or is refused: never cut."""

from collections.abc import Iterator

import pytest

from tests.support import Program, RawUpstream, read_answer
from tests.support.wire import connect

KIB = 1024
SIZES = [60_000, *(64 * KIB + more for more in (-1, 0, 1)), 70_000, 128 * KIB + 1, 300_000]


@pytest.fixture(scope="module")
def upstream() -> Iterator[RawUpstream]:
    with RawUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def proxy(upstream: RawUpstream) -> Iterator[Program]:
    with Program(upstream.url, log_level="warning") as proxy:
        yield proxy


@pytest.mark.parametrize("piece", [4096, 64 * KIB, 400_000])
@pytest.mark.parametrize("absolute", [False, True], ids=["origin-form", "absolute-form"])
@pytest.mark.parametrize("size", SIZES)
def test_a_long_target_arrives_whole_or_is_refused(
    upstream: RawUpstream, proxy: Program, size: int, absolute: bool, piece: int
) -> None:
    before = len(upstream.requests)
    path = f"/v1/x?{size}-{piece}={'v' * size}END".encode()
    host = b"127.0.0.1:%d" % proxy.port
    target = b"http://" + host + path if absolute else path
    data = b"GET %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (target, host)
    with connect(proxy.port) as caller:
        try:
            for start in range(0, len(data), piece):
                caller.sock.sendall(data[start : start + piece])
        except ConnectionError:
            pass  # refused before the end of it
        answer = read_answer(caller)
    arrived = [call.target for call in upstream.requests[before:]]
    if arrived:
        assert arrived == [path]
        assert answer is not None
        assert answer.status == 200
    else:
        assert size >= 64 * KIB - 1
        assert answer is not None
        assert (answer.status, answer.reason) == (414, "URI Too Long")  # RFC 9110
