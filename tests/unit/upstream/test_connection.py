"""One connection to an upstream, on real sockets."""

import asyncio
import contextlib
import select
import socket
import struct
from collections.abc import Callable

import pytest

from proxy.errors import (
    ConnectionBroken,
    ConnectionStale,
    ReadTimeout,
    ResponseHeadTooLarge,
    ResponseInvalid,
    UpstreamError,
    WriteTimeout,
)
from proxy.http1.response_parser import MAX_HEAD
from proxy.upstream.connection import BUFFER, Connection
from proxy.upstream.state import UpstreamState
from tests.support.patience import PATIENCE
from tests.support.scripted import (
    GET,
    OK,
    Peer,
    Script,
    answering,
    begun,
    body_of,
    fetch,
    pooled,
    pour,
    serving,
    silent,
    until,
)

pytestmark = pytest.mark.anyio

HEAD = b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"
READ = 262_144  # what an event loop takes at once, at most
BIG = 4 << 20


async def test_exchanges_follow_each_other_on_one_connection() -> None:
    async with serving(answering(OK)) as server, pooled(server.port) as pool:
        for _ in range(3):
            head, body = await fetch(pool)
            assert (head.status, body) == (200, b"ok")
        assert (server.connections, pool.opened) == (1, 1)


@pytest.mark.parametrize(
    ("request_", "answer", "body"),
    [
        pytest.param(HEAD, b"HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n", b"", id="head"),
        pytest.param(
            HEAD, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"", id="head-chunked"
        ),
        pytest.param(GET, b"HTTP/1.1 204 No Content\r\n\r\n", b"", id="204"),
        pytest.param(GET, b"HTTP/1.1 304 Nope\r\nContent-Length: 77\r\n\r\n", b"", id="304"),
        pytest.param(GET, b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"ok", id="100"),
        pytest.param(
            GET,
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n",
            b"ok",
            id="chunked-with-trailers",
        ),
        pytest.param(
            GET,
            b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
            b"ok",
            id="1.0-keep-alive",
        ),
    ],
)
async def test_an_answer_of_any_framing_leaves_the_connection_for_the_next(
    request_: bytes, answer: bytes, body: bytes
) -> None:
    async with serving(answering(answer)) as server, pooled(server.port) as pool:
        for _ in range(3):
            assert (await fetch(pool, request_))[1] == body
        assert server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", id="1.0"),
        pytest.param(OK[:-6] + b"\r\nConnection: close\r\n\r\nok", id="close"),
        pytest.param(OK + b"surplus", id="surplus"),
        pytest.param(OK + OK, id="two-answers"),
        pytest.param(OK + b"\r\n", id="surplus-line-end"),
    ],
)
async def test_a_connection_that_is_not_to_be_trusted_again_is_closed(answer: bytes) -> None:
    async with serving(answering(answer)) as server, pooled(server.port) as pool:
        for _ in range(2):
            assert (await fetch(pool))[1] == b"ok"
        assert server.connections == 2


async def test_surplus_after_an_answer_to_head_is_not_taken_for_the_next_answer() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    async with serving(answering(answer + OK)) as server, pooled(server.port) as pool:
        for _ in range(2):
            assert (await fetch(pool, HEAD))[1] == b""
        assert server.connections == 2


async def test_bytes_on_an_idle_connection_close_it() -> None:
    unasked = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(OK)
        await unasked.wait()
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        await peer.closed()

    async with serving(script) as server, pooled(server.port) as pool:
        await fetch(pool)
        assert pool.counts["idle"] == 1
        unasked.set()
        await until(lambda: pool.counts["idle"] == 0)
        assert pool.counts["busy"] == 0
        await until(lambda: server.open == 0)


async def test_a_kept_alive_connection_that_closed_is_noticed_before_it_is_used_again() -> None:
    async with serving(answering(OK, then_close=True)) as server, pooled(server.port) as pool:
        await fetch(pool)
        await until(lambda: pool.counts["idle"] == 0)
        assert (await fetch(pool))[1] == b"ok"
        assert server.connections == 2


async def test_a_body_lasts_until_the_end_of_the_connection() -> None:
    answer = b"HTTP/1.1 200 OK\r\n\r\nall of it"
    async with serving(answering(answer, then_close=True)) as server, pooled(server.port) as pool:
        assert (await fetch(pool))[1] == b"all of it"
        assert pool.counts["idle"] == 0


async def test_a_body_that_lasts_until_the_end_is_broken_by_a_reset() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\n\r\nnot all")
        await peer.request()  # the sign that the part has arrived
        peer.reset()

    async with serving(script) as server, pooled(server.port) as pool:
        connection = await begun(pool)
        await connection.response()
        assert await connection.read() == b"not all"
        connection.write(GET)
        with pytest.raises(ConnectionBroken):
            await connection.read()
        pool.release(connection)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Le", id="in-the-head"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n", id="after-an-interim-one"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", id="in-the-body"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", id="in-the-chunks"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", id="before-the-last-end"
        ),
    ],
)
async def test_a_cut_answer_is_never_a_whole_one(answer: bytes) -> None:
    async with serving(answering(answer, then_close=True)) as server, pooled(server.port) as pool:
        with pytest.raises(ConnectionBroken, match="before its response was complete") as caught:
            await fetch(pool)
        assert caught.type is ConnectionBroken
        assert caught.value.sent


async def test_what_arrived_before_the_cut_can_still_be_read() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"
    async with serving(answering(answer, then_close=True)) as server, pooled(server.port) as pool:
        connection = await begun(pool)
        await until(lambda: connection.state is UpstreamState.CLOSED)
        assert (await connection.response()).status == 200
        assert await connection.read() == b"ok"
        with pytest.raises(ConnectionBroken):
            await connection.read()
        pool.release(connection)


async def no_answer(peer: Peer) -> None:
    await peer.request()


async def test_a_new_connection_without_answer_is_broken_not_stale() -> None:
    async with serving(no_answer) as server, pooled(server.port) as pool:
        with pytest.raises(ConnectionBroken, match="without a response") as caught:
            await fetch(pool)
        assert caught.type is ConnectionBroken
        assert caught.value.sent


@pytest.mark.parametrize("way", ["end", "reset"])
async def test_a_used_connection_without_answer_is_stale(way: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(OK)
        await peer.request()
        if way == "reset":
            peer.reset()

    async with serving(script) as server, pooled(server.port) as pool:
        await fetch(pool)
        with pytest.raises(ConnectionStale) as caught:
            await fetch(pool)
        assert caught.value.sent


async def test_a_used_connection_that_answered_one_byte_is_broken_not_stale() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(OK)
        await peer.request()
        await peer.send(b"H")

    async with serving(script) as server, pooled(server.port) as pool:
        await fetch(pool)
        with pytest.raises(ConnectionBroken) as caught:
            await fetch(pool)
        assert caught.type is ConnectionBroken


async def test_nothing_is_written_to_a_connection_that_is_closing() -> None:
    async with serving(answering(OK)) as server, pooled(server.port) as pool:
        await fetch(pool)
        connection = await pool.acquire()
        connection.abort()
        connection.begin(GET, head_only=False, complete=False)
        connection.write(b"body")
        with pytest.raises(ConnectionStale) as caught:
            await connection.response()
        assert not caught.value.sent
        pool.release(connection)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(b"<html>HTTP/0.9</html>", ResponseInvalid, id="http-0.9"),
        pytest.param(b"HTTP/1.1 101 Sure\r\nUpgrade: x\r\n\r\n", ResponseInvalid, id="101"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
            ResponseInvalid,
            id="both-framings",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            ResponseInvalid,
            id="gzip",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nX: " + b"y" * MAX_HEAD, ResponseHeadTooLarge, id="oversized"
        ),
    ],
)
async def test_nonsense_fails_the_exchange_and_closes(
    answer: bytes, kind: type[UpstreamError]
) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(answer)
        await peer.closed()

    async with serving(script) as server, pooled(server.port) as pool:
        with pytest.raises(UpstreamError) as caught:
            await fetch(pool)
        assert caught.type is kind
        assert caught.value.sent
        await until(lambda: server.open == 0)


@pytest.mark.parametrize("tail", [b"HTTP/1.1 103 A\r\n\r\n", b"X: y\r\n", b"y" * 100])
async def test_an_endless_head_is_cut_off(tail: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 103 A\r\n\r\n" if tail.startswith(b"HTTP") else OK[:17])
        while True:
            await peer.send(tail * 100)

    async with serving(script) as server, pooled(server.port) as pool:
        with pytest.raises(ResponseHeadTooLarge):
            await fetch(pool)


# -- time-outs -----------------------------------------------------------------------------


async def test_a_silent_upstream_is_a_read_time_out() -> None:
    async with serving(silent) as server, pooled(server.port, read_timeout=0.05) as pool:
        with pytest.raises(ReadTimeout, match=r"0\.05 s") as caught:
            await fetch(pool)
        assert caught.value.sent
        await until(lambda: server.open == 0)


async def test_silence_inside_a_body_is_a_read_time_out() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok")
        await peer.closed()

    async with serving(script) as server, pooled(server.port, read_timeout=0.05) as pool:
        connection = await begun(pool)
        await connection.response()
        assert await connection.read() == b"ok"
        with pytest.raises(ReadTimeout):
            await connection.read()
        pool.release(connection)


@pytest.mark.parametrize("piece", [b"HTTP/1.1 103 Still at it\r\n\r\n", b"H"])
async def test_each_piece_of_a_head_starts_the_read_time_out_again(piece: bytes) -> None:
    go = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await go.wait()
        await peer.send(piece)
        await peer.closed()

    async with serving(script) as server, pooled(server.port) as pool:
        connection = await begun(pool)
        response = asyncio.ensure_future(connection.response())
        await until(lambda: connection._reader is not None)
        due, then = connection._read_deadline, asyncio.get_running_loop().time()
        # A busy machine may have used up the pause of `until`; uvloop's time has milliseconds.
        await until(lambda: asyncio.get_running_loop().time() > then + 0.001)
        go.set()
        await until(lambda: connection._read_deadline > due)
        connection.sweep(due + 0.001)
        assert connection.error is None
        connection.sweep(due + 61)
        with pytest.raises(ReadTimeout):
            await response
        pool.release(connection)


async def test_an_upstream_that_takes_nothing_is_a_write_time_out() -> None:
    stuck = asyncio.Event()

    async def script(peer: Peer) -> None:
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await stuck.wait()

    async with serving(script) as server, pooled(server.port, write_timeout=0.05) as pool:
        connection = await begun(pool, complete=False)
        with pytest.raises(WriteTimeout, match="of the request") as caught:
            await pour(connection)
        assert caught.value.sent
        assert "failed: the upstream took no byte of the request" in repr(connection)
        pool.release(connection)
        stuck.set()


async def sending_to_one_who_reads_on_demand(peer: Peer, demand: asyncio.Event) -> None:
    """Take a part of what comes once there is a demand, and then no more."""
    peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await demand.wait()
    peer.writer.transport.resume_reading()  # type: ignore[attr-defined]
    await peer.reader.readexactly(BIG)
    peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.sleep(3 * PATIENCE)


async def test_an_upstream_that_takes_a_request_slowly_is_waited_for() -> None:
    """The sweep is called by hand, with times to come: the deadline goes on with each step."""
    demand = asyncio.Event()

    async def script(peer: Peer) -> None:
        await sending_to_one_who_reads_on_demand(peer, demand)

    async with serving(script) as server, pooled(server.port) as pool:
        connection = await begun(pool, complete=False)
        connection.write(b"x" * (16 * BIG))
        draining = asyncio.ensure_future(connection.drain())
        await until(lambda: connection._flow.writing_paused)
        stuck = connection.transport.get_write_buffer_size()
        later = asyncio.get_running_loop().time() + 61
        demand.set()
        await until(lambda: connection.transport.get_write_buffer_size() < stuck)
        connection.sweep(later)
        assert connection.error is None
        assert connection._write_deadline > later
        connection.sweep(later + 1)
        assert connection.error is None
        await until(lambda: server.open == 1)
        for step in range(1, 100):  # until nothing moves any more
            connection.sweep(later + 61 * step)
        connection.sweep(later + 61 * 101)
        with pytest.raises(WriteTimeout):
            await draining
        pool.release(connection)


async def test_the_end_of_a_request_that_is_still_on_its_way_holds_the_read_time_out() -> None:
    demand = asyncio.Event()

    async def script(peer: Peer) -> None:
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await demand.wait()
        peer.writer.transport.resume_reading()  # type: ignore[attr-defined]
        await peer.closed()

    async with serving(script) as server, pooled(server.port) as pool:
        connection = await begun(pool, b"POST / HTTP/1.1\r\n\r\n" + b"x" * (8 * BIG))
        response = asyncio.ensure_future(connection.response())
        stuck = connection.transport.get_write_buffer_size()
        later = asyncio.get_running_loop().time() + 61
        demand.set()
        await until(lambda: connection.transport.get_write_buffer_size() < stuck)
        connection.sweep(later)
        assert connection.error is None
        await until(lambda: connection.transport.get_write_buffer_size() == 0)
        connection.sweep(later + 61)
        assert connection.error is None
        connection.sweep(later + 122)
        with pytest.raises(ReadTimeout):
            await response
        pool.release(connection)


async def test_the_rest_of_an_early_answer_is_not_due_before_the_request_is_complete() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok")
        await peer.closed()

    async with serving(script) as server, pooled(server.port, read_timeout=0.05) as pool:
        connection = await begun(pool, complete=False)
        await connection.response()
        assert await connection.read() == b"ok"
        rest = asyncio.ensure_future(connection.read())
        await asyncio.sleep(0.6)  # two sweeps
        assert not rest.done()
        connection.finish()
        with pytest.raises(ReadTimeout):
            await rest
        pool.release(connection)


async def test_the_answer_is_not_due_before_the_request_is_complete() -> None:
    async with serving(silent) as server, pooled(server.port, read_timeout=0.05) as pool:
        connection = await begun(pool, complete=False)
        response = asyncio.ensure_future(connection.response())
        await asyncio.sleep(0.6)  # two sweeps
        assert not response.done()
        connection.finish()
        with pytest.raises(ReadTimeout):
            await response
        pool.release(connection)


# -- back-pressure -------------------------------------------------------------------------


def pouring(head: bytes, size: int, sent: list[int], *, chunked: bool = False) -> Script:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(head)
        part = b"x" * 65_536
        for _ in range(size // len(part)):
            await peer.send(b"10000\r\n%b\r\n" % part if chunked else part)
            sent[0] += len(part)
        if chunked:
            await peer.send(b"0\r\n\r\n")

    return script


FRAMINGS = [
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (8 * BIG), id="length"),
    pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", id="chunked"),
    pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", id="until-the-end"),
]


@pytest.mark.parametrize("head", FRAMINGS)
async def test_an_answer_that_nobody_takes_waits_at_the_upstream(head: bytes) -> None:
    sent = [0]
    size = 8 * BIG
    script = pouring(head, size, sent, chunked=b"chunked" in head)
    async with serving(script) as server, pooled(server.port) as pool:
        connection = await begun(pool)
        await connection.response()
        before = -1
        while sent[0] != before:
            before = sent[0]
            await asyncio.sleep(0.2)
        assert connection._answer.buffered <= BUFFER + READ + 64  # which is what an object weighs
        assert sent[0] < size
        assert len(await body_of(connection)) == size
        assert connection.complete
        pool.release(connection)


async def test_a_request_that_nobody_takes_waits_here() -> None:
    held = asyncio.Event()

    async def script(peer: Peer) -> None:
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await held.wait()
        peer.writer.transport.resume_reading()  # type: ignore[attr-defined]
        await peer.reader.readuntil(b"\r\n\r\n")
        await peer.reader.readexactly(8 * BIG)
        await peer.send(OK)
        await peer.closed()

    async with serving(script) as server, pooled(server.port) as pool:
        connection = await begun(pool, complete=False)
        written = [0]

        async def pump() -> None:
            while written[0] < 8 * BIG:
                connection.write(b"x" * 65_536)
                written[0] += 65_536
                await connection.drain()
            connection.finish()

        task = asyncio.ensure_future(pump())
        before = -1
        while written[0] != before:
            before = written[0]
            assert connection.transport.get_write_buffer_size() <= 2 * BUFFER
            await asyncio.sleep(0.2)
        assert written[0] < 8 * BIG
        held.set()
        assert (await connection.response()).status == 200
        await task
        assert await body_of(connection) == b"ok"
        assert connection.reusable
        pool.release(connection)


async def test_an_early_answer_does_not_open_the_floodgates() -> None:
    """The upstream has answered and reads no more: what is still to send waits all the same."""

    async def script(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await peer.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
        await asyncio.sleep(PATIENCE)

    async with serving(script) as server, pooled(server.port) as pool:
        connection = await begun(pool, complete=False)
        assert (await connection.response()).status == 413
        assert await body_of(connection) == b"no"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pour(connection), 0.5)
        assert connection.transport.get_write_buffer_size() <= 2 * BUFFER
        assert not connection.reusable
        pool.release(connection)


async def test_an_early_answer_and_a_close_end_the_sending_quietly() -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        await peer.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")

    async with serving(script) as server, pooled(server.port) as pool:
        connection = await begun(pool, complete=False)
        assert (await connection.response()).status == 413
        await until(lambda: connection.state is UpstreamState.CLOSED)
        for _ in range(20):
            connection.write(b"x" * BUFFER)
            await connection.drain()
        connection.finish()
        assert await body_of(connection) == b"no"
        assert not connection.reusable
        pool.release(connection)


async def test_waiting_to_send_ends_when_the_connection_does() -> None:
    async def script(peer: Peer) -> None:
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await until(lambda: bool(connections) and connections[0]._flow.writing_paused)
        peer.reset()

    connections: list[Connection] = []
    async with serving(script) as server, pooled(server.port) as pool:
        connection = await begun(pool, complete=False)
        connections.append(connection)
        with pytest.raises(ConnectionBroken):
            await pour(connection)
        pool.release(connection)


async def test_an_end_without_answer_is_told_though_the_request_is_stuck() -> None:
    async def script(peer: Peer) -> None:
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        peer.writer.write_eof()
        await asyncio.sleep(3 * PATIENCE)

    async with serving(script) as server, pooled(server.port) as pool:
        connection = await begun(pool, b"POST / HTTP/1.1\r\n\r\n" + b"x" * (8 * BIG))
        with pytest.raises(ConnectionBroken, match="without a response"):
            await asyncio.wait_for(connection.response(), PATIENCE)
        pool.release(connection)


async def test_a_large_answer_that_nobody_wants_does_not_block_the_next() -> None:
    """Reading was paused for it; the connection is whole and is used again."""
    size = BUFFER + 10_000
    head = b"HTTP/1.1 401 No\r\nContent-Length: %d\r\n\r\n" % size
    parts = (head + b"x" * (BUFFER - 10_000), b"x" * 20_000)  # the last is one too many
    async with serving(answering(*parts)) as server, pooled(server.port) as pool:
        for _ in range(3):
            connection = await begun(pool)
            await connection.response()
            await until(lambda c=connection: c.complete or c._flow.reading_paused)  # type: ignore[misc]
            pool.release(connection)
        assert len((await fetch(pool))[1]) == size


@pytest.mark.needs("posix")
async def test_what_waits_here_when_the_connection_ends_is_still_there() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % BIG + b"x" * BIG
    async with serving(answering(answer)) as server, pooled(server.port) as pool:
        connection = await begun(pool)
        assert connection.head is None
        await until(lambda: connection._flow.reading_paused)
        connection.abort()
        await until(lambda: connection.state is UpstreamState.CLOSED)
        assert connection.head is not None
        assert len(await connection.read()) > BUFFER
        with pytest.raises(ConnectionBroken):
            await connection.read()
        pool.release(connection)


async def test_the_first_error_stays() -> None:
    async with serving(silent) as server, pooled(server.port) as pool:
        connection = await begun(pool)
        response = asyncio.ensure_future(connection.response())
        await until(lambda: connection._reader is not None)
        later = asyncio.get_running_loop().time() + 61
        connection.sweep(later)
        first = connection.error
        connection.sweep(later + 61)
        assert connection.error is first
        with pytest.raises(ReadTimeout):
            await response
        pool.release(connection)


async def test_a_part_of_an_early_head_starts_no_time_out() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(OK[:20])
        await peer.closed()

    async with serving(script) as server, pooled(server.port) as pool:
        connection = await begun(pool, complete=False)
        response = asyncio.ensure_future(connection.response())
        await until(lambda: "answer under way" in repr(connection))
        connection.sweep(asyncio.get_running_loop().time() + 1000)
        assert connection.error is None
        response.cancel()
        await asyncio.gather(response, return_exceptions=True)
        pool.release(connection)


# -- what it says of itself ----------------------------------------------------------------


async def test_the_representation_tells_the_state() -> None:
    go = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(OK[:20])
        await go.wait()
        await peer.send(OK[20:])
        await peer.closed()

    async with serving(script) as server, pooled(server.port) as pool:
        connection = await begun(pool, complete=False)
        assert repr(connection) == ("<Connection sending, exchange 1, answer awaited>")
        await until(lambda: "answer under way" in repr(connection))
        connection.finish()
        go.set()
        await connection.response()
        await body_of(connection)
        assert repr(connection) == ("<Connection awaiting, exchange 1, answer complete>")
        pool.release(connection)
        assert repr(connection) == "<Connection idle, exchange 1>"
        assert repr(pool) == (
            f"<Pool of http://127.0.0.1:{server.port}: 1 idle, 0 busy, 0 opening, 0 waiting>"
        )
        connection.abort()
        assert repr(connection) == "<Connection closed, exchange 1>"


def reset(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


@pytest.mark.needs("posix")  # on Windows nothing waits to be written
@pytest.mark.parametrize("anyio_backend", [("asyncio", {"use_uvloop": True})])
@pytest.mark.parametrize(
    "meanwhile",
    [
        pytest.param(lambda peer: peer.shutdown(socket.SHUT_WR), id="the end"),
        pytest.param(lambda peer: peer.sendall(OK), id="bytes that nobody asked for"),
        pytest.param(reset, id="a reset"),
    ],
)
async def test_what_comes_before_a_request_is_written_proves_that_it_was_not_sent(
    meanwhile: Callable[[socket.socket], object],
) -> None:
    """A payment that waits for its turn meets no connection that ends in the meantime."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        async with pooled(server.getsockname()[1]) as pool:
            connection = await begun(pool)
            peer = server.accept()[0]
            with peer:
                await until(lambda: arrived(peer))
                assert peer.recv(100) == GET
                peer.sendall(OK)
                await connection.response()
                assert await body_of(connection) == b"ok"
                pool.release(connection)
                meanwhile(peer)
                assert arrived(connection.transport.get_extra_info("socket"), PATIENCE)
                with pytest.raises(ConnectionStale) as stale:
                    await (await begun(pool)).response()
                assert not stale.value.sent
                pool.release(connection)
                if peer.fileno() >= 0:
                    await until(lambda: arrived(peer))
                    with contextlib.suppress(ConnectionResetError):
                        assert peer.recv(100) == b""


def arrived(sock: socket.socket, patience: float = 0) -> bool:
    return bool(select.select([sock], [], [], patience)[0])


async def test_a_request_whose_caller_leaves_before_it_is_written_is_not_sent() -> None:
    async with serving(silent) as server, pooled(server.port) as pool:
        connection = await begun(pool)
        pool.release(connection)
        await until(lambda: server.connections == 1 and not server.open)
