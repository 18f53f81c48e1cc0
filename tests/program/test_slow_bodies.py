"""Bodies that trickle: they hold half of the upstream's connections, and others are served."""

import contextlib
from collections.abc import Iterator

import pytest

from tests.support import Program, RawUpstream, ask, read_answer
from tests.support.front import until
from tests.support.patience import PATIENCE
from tests.support.wire import Reader, connect

HEAD = b"POST /slow HTTP/1.1\r\nHost: localhost\r\n"
LENGTH = b"Content-Length: 100000\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@contextlib.contextmanager
def trickling(proxy: Program, count: int, begun: bytes) -> Iterator[list[Reader]]:
    """So many callers that have sent a part of a body."""
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(connect(proxy.port)) for _ in range(count)]
        for reader in readers:
            reader.sock.sendall(HEAD + begun)
        until(lambda: proxy.status()["in_flight"] == count, "all of them are under way")
        yield readers


@pytest.mark.parametrize("connections", [8, 1])
@pytest.mark.parametrize(
    "begun",
    [
        pytest.param(LENGTH, id="nothing"),
        pytest.param(LENGTH + b"x", id="a byte"),
        pytest.param(CHUNKED + b"1\r\nx\r\n", id="a chunk"),
    ],
)
def test_slow_bodies_leave_connections_to_others(connections: int, begun: bytes) -> None:
    with (
        RawUpstream() as upstream,
        Program(upstream.url, max_connections=connections, queue_timeout=PATIENCE) as proxy,
        trickling(proxy, 40, begun),
    ):
        assert ask(proxy.port, "/x").status == 200
        assert ask(proxy.port, "/x", "POST", body=b"whole").status == 200
        assert proxy.status()["pool"]["busy"] <= connections // 2


def test_slow_bodies_that_are_longer_than_what_is_kept_leave_connections_to_others() -> None:
    """Those without a place are told so, when they have waited long enough."""
    with (
        RawUpstream() as upstream,
        Program(upstream.url, max_connections=8, queue_timeout=5, replay_limit=10) as proxy,
        trickling(proxy, 40, LENGTH + b"x" * 11) as readers,
    ):
        assert ask(proxy.port, "/x").status == 200
        until(lambda: proxy.status()["in_flight"] == 4, "those that hold a place are left")
        answers = [answer for reader in readers if (answer := read(reader)) is not None]
        assert {answer[0] for answer in answers} == {503}
        assert b'"outcome": "not-sent"' in answers[0][1]


def read(reader: Reader) -> tuple[int, bytes] | None:
    """Return status and body of an answer that is there already."""
    reader.sock.settimeout(0.2)
    try:
        answer = read_answer(reader)
    except TimeoutError:
        return None
    return None if answer is None else (answer.status, answer.body)


@pytest.mark.parametrize(
    "begun", [b"Content-Length: 30\r\n\r\n", CHUNKED], ids=["length", "chunks"]
)
@pytest.mark.parametrize("limit", [65_536, 20, 0])
def test_a_body_that_waited_goes_out_whole(begun: bytes, limit: int) -> None:
    parts = [b"0123456789"] * 3
    with (
        RawUpstream() as upstream,
        Program(upstream.url, max_connections=1, replay_limit=limit) as proxy,
        trickling(proxy, 1, begun) as (reader,),
    ):
        for part in parts:
            if limit:  # nothing has gone out before its last part
                assert ask(proxy.port, "/x").status == 200
            reader.sock.sendall(part if begun is not CHUNKED else b"a\r\n" + part + b"\r\n")
        if begun is CHUNKED:
            reader.sock.sendall(b"0\r\n\r\n")
        answer = read_answer(reader)
        assert answer is not None
        assert answer.status == 200
        (call,) = [call for call in upstream.requests if call.method == "POST"]
        assert call.body == b"".join(parts)


def test_a_place_is_given_back_by_those_who_leave_and_those_who_end() -> None:
    with (
        RawUpstream() as upstream,
        Program(upstream.url, max_connections=2, queue_timeout=PATIENCE, replay_limit=10) as proxy,
    ):
        for _ in range(3):
            with trickling(proxy, 2, LENGTH + b"x" * 11):
                pass
            until(lambda: proxy.status()["in_flight"] == 0, "they have left")
            with trickling(proxy, 1, b"Content-Length: 20\r\n\r\n" + b"x" * 11) as (reader,):
                reader.sock.sendall(b"x" * 9)
                answer = read_answer(reader)
                assert answer is not None
                assert answer.status == 200


@pytest.mark.parametrize("connections", [8, 1], ids=["at once", "waiting"])
def test_a_caller_that_expects_to_be_told_is_told_to_continue(connections: int) -> None:
    with (
        RawUpstream() as upstream,
        Program(upstream.url, max_connections=connections) as proxy,
        connect(proxy.port) as reader,
    ):
        expecting = b"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n"
        reader.sock.sendall(HEAD + expecting)
        assert reader.head() == b"HTTP/1.1 100 Continue"
        reader.sock.sendall(b"body")
        answer = read_answer(reader)
        assert answer is not None
        assert answer.status == 200
