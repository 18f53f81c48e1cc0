"""Lending connections: limits, order, and nothing lost whatever happens."""

import asyncio
import socket
from collections.abc import Callable

import pytest

from proxy.errors import ConnectionBroken, ConnectionRefused, PoolFull, UpstreamError
from proxy.memory import Claim, Holder
from proxy.upstream import Connection, Pool
from proxy.upstream import pool as pool_module
from proxy.upstream.pool import ANY, FRESH, FRESH_FOR, NEW
from proxy.upstream.queue import FACTOR
from tests.support import free_port
from tests.support.scripted import (
    GET,
    OK,
    Peer,
    answering,
    begun,
    body_of,
    fetch,
    pooled,
    serving,
    silent,
    until,
)

pytestmark = pytest.mark.anyio


class Unread:
    """A caller that does not take its answer; if it has not ``stalled``, it does so again."""

    bare = 0

    def __init__(self, *, stalled: bool) -> None:
        self.stalled = stalled
        self.ended = False

    def weigh(self) -> int:
        return 0

    def claim(self, now: float) -> Claim | None:
        raise AssertionError(now)

    def stalls(self, now: float) -> float:
        return now if self.stalled else 0.0

    def give_way(self) -> bool:
        self.ended = True
        return True


POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


async def test_one_connection_serves_exchanges_that_do_not_overlap() -> None:
    async with serving(answering(OK)) as server, pooled(server.port) as pool:
        for _ in range(20):
            await fetch(pool)
        await until(lambda: server.connections == 1)
        assert pool.counts == {"idle": 1, "busy": 0, "opening": 0, "waiting": 0}


async def test_the_limit_holds_under_a_crowd() -> None:
    most = 0

    async def one(pool: Pool) -> None:
        nonlocal most
        for _ in range(5):
            await fetch(pool)
            counts = pool.counts
            most = max(most, counts["idle"] + counts["busy"] + counts["opening"])

    async with serving(answering(OK)) as server, pooled(server.port, connections=3) as pool:
        await asyncio.gather(*(one(pool) for _ in range(20)))
        assert most <= 3
        assert server.connections <= 3


async def test_the_limit_holds_when_every_connection_is_used_once() -> None:
    most = 0

    async def script(peer: Peer) -> None:
        nonlocal most
        most = max(most, server.open)
        await peer.request()
        await peer.send(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        await peer.closed()

    async with serving(script) as server, pooled(server.port, connections=2) as pool:
        bodies = await asyncio.gather(*(fetch(pool) for _ in range(16)))
        assert [body for _, body in bodies] == [b"ok"] * 16
        await until(lambda: server.connections == 16)
        assert pool.opened == 16


async def test_those_who_wait_are_served_in_their_order() -> None:
    served: list[int] = []

    async def one(pool: Pool, number: int) -> None:
        await fetch(pool)
        served.append(number)

    async with serving(answering(OK)) as server, pooled(server.port, connections=1) as pool:
        first = await begun(pool)
        tasks = [asyncio.ensure_future(one(pool, number)) for number in range(8)]
        await until(lambda: pool.counts["waiting"] == 8)
        await first.response()
        await body_of(first)
        pool.release(first)
        await asyncio.gather(*tasks)
        assert served == list(range(8))


async def test_who_goes_first_does_not_wait_behind_others() -> None:
    served: list[str] = []

    async def one(pool: Pool, name: str, *, first: bool) -> None:
        connection = await pool.acquire(first=first)
        served.append(name)
        pool.release(connection)

    async with serving(answering(OK)) as server, pooled(server.port, connections=1) as pool:
        busy = await begun(pool)
        reads = [asyncio.ensure_future(one(pool, "read", first=False)) for _ in range(3)]
        await until(lambda: pool.counts["waiting"] == 3)
        pays = [asyncio.ensure_future(one(pool, "pay", first=True)) for _ in range(2)]
        await until(lambda: pool.counts["waiting"] == 5)
        await busy.response()
        await body_of(busy)
        pool.release(busy)
        await asyncio.gather(*reads, *pays)
        assert served == ["pay"] * 2 + ["read"] * 3


async def test_answers_that_nobody_reads_give_way_soon_while_others_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The sweep of all time-outs would come too late for a payment: it never comes here."""
    monkeypatch.setattr(pool_module, "SWEEP", 3600)
    asked: list[int] = []

    def stalled(beyond: int) -> list[Holder]:
        asked.append(beyond)
        return []

    async with serving(silent) as server, pooled(server.port, connections=2) as pool:
        monkeypatch.setattr(pool.budget, "stalled", stalled)
        busy = [await begun(pool) for _ in range(2)]
        assert pool._relief is None
        waiter = asyncio.ensure_future(pool.acquire())
        await until(lambda: len(asked) == 2)
        waiter.cancel()
        await until(lambda: pool._relief is None)
        assert set(asked) == {1}
        for each in busy:
            pool.release(each)


async def test_few_of_those_answers_are_ended_at_once_and_one_more_for_each_payment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else what takes their place takes all the time: the next payment waits for a second."""
    monkeypatch.setattr(pool_module, "RELIEVED", 2)
    monkeypatch.setattr(pool_module, "RELIEF", 3600)
    crowd = [Unread(stalled=True) for _ in range(4)] + [Unread(stalled=False)]
    async with serving(silent) as server, pooled(server.port, connections=1) as pool:
        monkeypatch.setattr(pool.budget, "stalled", lambda _: list[Holder](crowd))
        busy = await begun(pool)
        read = asyncio.ensure_future(pool.acquire())
        await until(lambda: pool._relief is not None)
        pool._relieve()
        assert [each.ended for each in crowd] == [False, False, True, True, False]
        pay = asyncio.ensure_future(pool.acquire(first=True))
        await until(lambda: crowd[1].ended)
        assert not crowd[0].ended
        for waiter in (read, pay):
            waiter.cancel()
        pool.release(busy)


async def test_the_queue_is_bounded() -> None:
    async with serving(silent) as server, pooled(server.port, connections=1) as pool:
        connection = await begun(pool)
        waiting = [asyncio.ensure_future(pool.acquire()) for _ in range(FACTOR)]
        await until(lambda: pool.counts["waiting"] == FACTOR)
        with pytest.raises(PoolFull, match="8 requests wait for 1 connections"):
            await pool.acquire()
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert pool.counts["waiting"] == 0
        pool.release(connection)


async def test_waiting_has_an_end() -> None:
    async with (
        serving(silent) as server,
        pooled(server.port, connections=1, queue_timeout=0.05) as pool,
    ):
        connection = await begun(pool)
        with pytest.raises(PoolFull, match=r"no connection became free in 0\.05 s") as caught:
            await pool.acquire()
        assert (caught.value.status, caught.value.retry_after, caught.value.sent) == (503, 1, False)
        assert pool.counts["waiting"] == 0
        pool.release(connection)


async def test_slots_are_handed_on_when_connecting_fails() -> None:
    async with pooled(free_port(), connections=1) as pool:
        results = await asyncio.gather(
            *(pool.acquire() for _ in range(FACTOR)), return_exceptions=True
        )
        assert [type(result) for result in results] == [ConnectionRefused] * FACTOR


async def test_slots_are_handed_on_when_a_connection_breaks() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()

    async with serving(script) as server, pooled(server.port, connections=1) as pool:
        results = await asyncio.gather(*(fetch(pool) for _ in range(6)), return_exceptions=True)
        assert [type(result) for result in results] == [ConnectionBroken] * 6
        await until(lambda: server.connections == 6)


async def test_a_connection_that_closes_on_its_way_to_the_next_is_replaced() -> None:
    async with serving(answering(OK)) as server, pooled(server.port, connections=1) as pool:
        first = await begun(pool)
        await first.response()
        tasks = [asyncio.ensure_future(fetch(pool)) for _ in range(3)]
        await until(lambda: pool.counts["waiting"] == 3)
        await body_of(first)
        pool.release(first)
        first.abort()
        assert [body for _, body in await asyncio.gather(*tasks)] == [b"ok"] * 3
        await until(lambda: server.connections == 2)


@pytest.mark.parametrize("behind", [0, 2])
async def test_a_new_connection_is_a_new_one_also_where_all_are_in_use(behind: int) -> None:
    """Whoever was met by the end of a kept-alive connection is not given another such one."""
    async with serving(answering(OK)) as server, pooled(server.port, connections=1) as pool:
        first = await begun(pool)
        await first.response()
        await body_of(first)
        waiter = asyncio.ensure_future(pool.acquire(NEW))
        await until(lambda: pool.counts["waiting"] == 1)
        others = [asyncio.ensure_future(fetch(pool)) for _ in range(behind)]
        await until(lambda: pool.counts["waiting"] == 1 + behind)
        pool.release(first)
        connection = await waiter
        assert (connection is not first, connection.exchanges, pool.opened) == (True, 0, 2)
        pool.release(connection)
        await asyncio.gather(*others)


@pytest.mark.parametrize("waiting", [1, 3])
async def test_a_slot_lost_in_the_turn_of_its_handing_over_is_found_again(waiting: int) -> None:
    """With others in the queue it has gone to them: then the place in front of them is kept."""
    served: list[int] = []

    async def one(pool: Pool, number: int) -> None:
        await fetch(pool)
        served.append(number)

    async with serving(answering(OK)) as server, pooled(server.port, connections=1) as pool:
        first = await begun(pool)
        await first.response()
        await body_of(first)
        tasks = [asyncio.ensure_future(one(pool, number)) for number in range(waiting)]
        await until(lambda: pool.counts["waiting"] == waiting)
        pool.release(first)
        first.abort()
        pool._gone(first)
        await asyncio.gather(*tasks)
        # The second has the slot that the first lost; behind it the first comes before the third.
        assert served == ([1, 0, 2] if waiting == 3 else [0])


async def test_who_leaves_with_a_connection_that_closed_leaves_nothing() -> None:
    async with serving(answering(OK)) as server, pooled(server.port, connections=1) as pool:
        first = await begun(pool)
        await first.response()
        await body_of(first)
        leaver = asyncio.ensure_future(pool.acquire())
        await until(lambda: pool.counts["waiting"] == 1)
        pool.release(first)
        first.abort()
        leaver.cancel()
        await asyncio.gather(leaver, return_exceptions=True)
        await until(lambda: not any(pool.counts.values()), lambda: pool)


async def test_who_has_left_is_not_refused_by_the_sweep() -> None:
    async with (
        serving(silent) as server,
        pooled(server.port, connections=1, queue_timeout=-1) as pool,
    ):
        connection = await begun(pool)
        leaver = asyncio.ensure_future(pool.acquire())
        await until(lambda: pool.counts["waiting"] == 1)
        leaver.cancel()
        pool._sweep()
        with pytest.raises(asyncio.CancelledError):
            await leaver
        assert pool.counts["waiting"] == 0
        pool.release(connection)


async def test_an_idle_connection_that_is_not_fresh_is_not_used_for_what_must_not_go_twice() -> (
    None
):
    async with serving(answering(OK)) as server, pooled(server.port) as pool:
        await fetch(pool)
        (connection,) = pool._idle
        assert pool.take(FRESH) is connection
        connection.begin(GET, head_only=False, complete=True)
        await connection.response()
        await body_of(connection)
        pool.release(connection)
        connection.idle_since -= FRESH_FOR + 1
        assert pool.take(FRESH) is None
        other = await pool.acquire(FRESH)
        assert other is not connection
        assert pool.take() is connection
        for taken in (other, connection):
            taken.abort()
            pool.release(taken)
        await until(lambda: server.connections == 2)


@pytest.mark.parametrize("sign", [b"", b"HTTP/1.1 408 Request Timeout\r\n\r\n"])
async def test_an_end_that_has_arrived_is_seen_before_what_must_not_go_twice(sign: bytes) -> None:
    """Also in the turn in which the event loop has not told of it yet."""
    peers: list[Peer] = []

    async def script(peer: Peer) -> None:
        peers.append(peer)
        await answering(OK)(peer)

    async with serving(script) as server, pooled(server.port) as pool:
        await fetch(pool)
        (connection,) = pool._idle
        speak(peers[0], sign)
        assert pool.take(FRESH) is None
        assert connection.transport.is_closing()
        assert (await fetch(pool, POST))[1] == b"ok"
        await until(lambda: server.connections == 2)


async def test_an_end_that_has_arrived_is_seen_by_the_next_in_the_queue() -> None:
    peers: list[Peer] = []

    async def script(peer: Peer) -> None:
        peers.append(peer)
        await answering(OK)(peer)

    async with serving(script) as server, pooled(server.port, connections=1) as pool:
        first = await begun(pool)
        await first.response()
        await body_of(first)
        waiting = asyncio.ensure_future(fetch(pool, POST))
        await until(lambda: pool.counts["waiting"] == 1)
        speak(peers[0], b"")
        pool.release(first)
        assert (await waiting)[1] == b"ok"
        await until(lambda: server.connections == 2)


def speak(peer: Peer, data: bytes) -> None:
    """Send bytes, or the end, past the server's event loop: they have arrived at once."""
    wire = peer.writer.get_extra_info("socket")
    with socket.fromfd(wire.fileno(), wire.family, wire.type) as bare:
        if data:
            bare.send(data)
        else:
            bare.shutdown(socket.SHUT_WR)


async def test_an_old_idle_connection_makes_room_for_a_new_one() -> None:
    async with serving(answering(OK)) as server, pooled(server.port, connections=1) as pool:
        await fetch(pool)
        connection = await pool.acquire(NEW)
        assert connection.exchanges == 0
        pool.release(connection)
        await until(lambda: server.connections == 2)


async def test_idle_connections_are_closed_in_time() -> None:
    async with serving(answering(OK)) as server, pooled(server.port, idle_timeout=0.05) as pool:
        await asyncio.gather(*(fetch(pool) for _ in range(3)))
        await until(lambda: pool.counts["idle"] == 0)
        await until(lambda: server.open == 0)
        await until(lambda: pool._timer is None)


async def test_busy_connections_are_not_idle_however_long_they_take() -> None:
    go = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await go.wait()
        await peer.send(OK)
        await peer.closed()

    async with serving(script) as server, pooled(server.port, idle_timeout=0.01) as pool:
        task = asyncio.ensure_future(fetch(pool))
        await asyncio.sleep(0.6)  # two sweeps
        go.set()
        assert (await task)[1] == b"ok"


async def test_the_most_recent_connection_goes_first() -> None:
    async with serving(answering(OK)) as server, pooled(server.port) as pool:
        connections = [await begun(pool) for _ in range(3)]
        for connection in connections:
            await connection.response()
            await body_of(connection)
            pool.release(connection)
        assert pool.take() is connections[-1]
        connections[-1].abort()
        await until(lambda: server.connections == 3)


async def test_a_connection_that_closes_as_it_opens_is_an_error_not_a_loan() -> None:
    async with serving(answering(OK)) as server, pooled(server.port) as pool:
        make = pool._make

        class Closing:
            origin = pool._connector.origin

            async def open(self, _: Callable[[], Connection]) -> Connection:
                connection = await inner.open(make)
                connection.abort()
                return connection

        inner = pool._connector
        pool._connector = Closing()  # type: ignore[assignment]
        with pytest.raises(ConnectionBroken, match="at once") as caught:
            await pool.acquire()
        assert not caught.value.sent
        assert not any(pool.counts.values())
        assert server.connections <= 1


async def test_an_upstream_that_speaks_first_is_not_listened_to() -> None:
    """What it says may come before the connection is lent, or after."""

    async def script(peer: Peer) -> None:
        await peer.send(OK)
        await peer.closed()

    async with serving(script) as server, pooled(server.port) as pool:
        try:
            connection = await pool.acquire()
        except ConnectionBroken:
            pass
        else:
            await until(connection.transport.is_closing)
            pool.release(connection)
        await until(lambda: server.open == 0)


# -- cancellation --------------------------------------------------------------------------


async def stepped(pool: Pool) -> None:
    """One exchange with many awaits: connect, send, head, body."""
    connection = await pool.acquire()
    try:
        connection.begin(
            b"POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\n", head_only=False, complete=False
        )
        for part in (b"abc", b"def"):
            connection.write(part)
            await connection.drain()
            await asyncio.sleep(0)
        connection.finish()
        await connection.response()
        while await connection.read():
            pass
    finally:
        pool.release(connection)


SLOW_OK = [b"HTTP/1.1 200 OK\r\n", b"Content-Length: 4\r\n\r\n", b"o", b"k", b"a", b"y"]


async def test_cancelling_at_any_step_leaks_nothing() -> None:
    """A task is cancelled after 0, 1, 2, ... turns of the loop, until it gets through."""
    async with serving(answering(*SLOW_OK)) as server, pooled(server.port, connections=1) as pool:
        steps = 0
        while True:
            task = asyncio.ensure_future(stepped(pool))
            for _ in range(steps):
                await asyncio.sleep(0)
            through = task.done()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await until(lambda: pool.counts["busy"] + pool.counts["opening"] == 0, lambda: pool)
            if through:
                break
            steps += 1
        assert steps > 5
        assert (await fetch(pool))[1] == b"okay"
        await until(lambda: server.open == pool.counts["idle"])


async def test_cancelling_those_who_wait_at_any_step_loses_no_slot() -> None:
    async with serving(answering(*SLOW_OK)) as server, pooled(server.port, connections=1) as pool:
        for steps in range(60):
            first = asyncio.ensure_future(stepped(pool))
            second = asyncio.ensure_future(stepped(pool))
            third = asyncio.ensure_future(stepped(pool))
            for _ in range(steps):
                await asyncio.sleep(0)
            second.cancel()
            results = await asyncio.gather(first, second, third, return_exceptions=True)
            assert results[0] is None
            assert results[2] is None
            assert pool.counts["waiting"] + pool.counts["opening"] == 0
        await until(lambda: server.open == pool.counts["idle"])


@pytest.mark.parametrize("kept", [True, False], ids=["connection", "slot"])
async def test_who_leaves_in_the_moment_of_getting_passes_it_on(kept: bool) -> None:
    async with serving(answering(OK)) as server, pooled(server.port, connections=1) as pool:
        first = await begun(pool)
        await first.response()
        await body_of(first)
        leaver = asyncio.ensure_future(pool.acquire())
        next_one = asyncio.ensure_future(fetch(pool))
        await until(lambda: pool.counts["waiting"] == 2)
        if kept:
            pool.release(first)
        else:
            first.abort()
            pool.release(first)
            while pool.counts["opening"] == 0:  # noqa: ASYNC110  turn by turn
                await asyncio.sleep(0)
        leaver.cancel()
        assert (await next_one)[1] == b"ok"
        assert leaver.cancelled()
        await until(lambda: server.open == 1)


async def test_who_is_cancelled_and_refused_at_once_is_cancelled() -> None:
    async with serving(silent) as server, pooled(server.port, connections=1) as pool:
        connection = await begun(pool)
        waiter = asyncio.ensure_future(pool.acquire())
        await until(lambda: pool.counts["waiting"] == 1)
        place = pool._queue.next()
        assert place is not None
        place.set_exception(PoolFull("now"))
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        pool.release(connection)


async def test_a_lone_leaver_leaves_the_connection_idle() -> None:
    async with serving(answering(OK)) as server, pooled(server.port, connections=1) as pool:
        first = await begun(pool)
        await first.response()
        await body_of(first)
        leaver = asyncio.ensure_future(pool.acquire())
        await until(lambda: pool.counts["waiting"] == 1)
        pool.release(first)
        leaver.cancel()
        await asyncio.gather(leaver, return_exceptions=True)
        assert pool.counts == {"idle": 1, "busy": 0, "opening": 0, "waiting": 0}
        await until(lambda: server.connections == 1)


# -- the end -------------------------------------------------------------------------------


async def test_closing_ends_all_and_refuses_those_who_wait() -> None:
    async with serving(silent) as server, pooled(server.port, connections=2) as pool:
        busy = [asyncio.ensure_future(fetch(pool)) for _ in range(2)]
        await until(lambda: pool.counts["busy"] == 2)
        waiting = asyncio.ensure_future(pool.acquire())
        await until(lambda: pool.counts["waiting"] == 1)
        await pool.aclose()
        results = await asyncio.gather(*busy, waiting, return_exceptions=True)
        assert all(isinstance(result, UpstreamError) for result in results)
        assert isinstance(results[2], PoolFull)
        assert not any(pool.counts.values())
        with pytest.raises(PoolFull, match="shutting down"):
            await pool.acquire()
        await until(lambda: server.open == 0)


async def test_a_connection_that_opens_during_the_close_is_not_kept() -> None:
    async with serving(answering(OK)) as server, pooled(server.port) as pool:
        opening = asyncio.ensure_future(pool.acquire())
        await asyncio.sleep(0)
        assert pool.counts["opening"] == 1
        await pool.aclose()
        with pytest.raises(PoolFull, match="shutting down"):
            await opening
        await until(lambda: server.open == 0)


async def test_the_limits_are_those_of_the_settings() -> None:
    async with pooled(free_port()) as pool:
        limits = pool._limits
        assert (limits.connections, limits.queue_timeout) == (512, 10)
        assert (limits.read_timeout, limits.write_timeout, limits.idle_timeout) == (60, 60, 30)
        assert pool.take(ANY) is None
