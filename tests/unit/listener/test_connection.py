"""Reads that may take milliseconds to parse wait for their turn, each connection's in order."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest
from uvicorn.server import ServerState

from proxy.listener.connection import BEGUN, CallerConnection
from proxy.listener.connections import Callers, ListenerLimits
from proxy.listener.state import ANSWER, BODY, ENDING, IDLE, OPENED
from proxy.listener.turns import Turns
from proxy.memory import Budget
from proxy.memory.reading import Sips
from proxy.memory.rules import EXCHANGE, PLAIN

LARGE = b"GET /large HTTP/1.1\r\nHost: localhost\r\n%b\r\n" % (b"X: y\r\n" * 1_000)
SMALL = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
LAST = SMALL.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
POST = b"POST /large HTTP/1.1\r\nHost: localhost\r\n"
PAYMENT = POST.replace(b"large", b"payment") + b"Content-Length: 1\r\n\r\nx"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNKS = b"1\r\nx\r\n" * 1_000
DEAR = 0.003  # seconds that each look at the clock finds gone


class Transport:
    """What a connection asks of its transport, without one."""

    def __init__(self) -> None:
        self.reading = True
        self.closing = self.aborted = False
        self.protocol: object = None
        self.sock: socket.socket | None = None
        self.written = b""

    def set_protocol(self, protocol: object) -> None:
        self.protocol = protocol

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing = self.aborted = True

    def write(self, data: bytes) -> None:
        self.written += data

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int) -> None: ...

    def can_write_eof(self) -> bool:
        return False

    def get_extra_info(self, name: str) -> object:
        return self.sock if name == "socket" else None


class Listener:
    """A listener whose time is made of looks at its clock; what came is in ``seen``."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, bytes]] = []
        self.transports: list[Transport] = []
        self.state = ServerState()
        limits = ListenerLimits(10, 10, 100, 10)
        self.callers = Callers(limits, lambda refusal: (refusal.status, [], b""), Budget())
        self.time = 0.0
        self.callers.reads = Turns(2.5 * DEAR, self._now)
        self.callers.drops = Turns(2.5 * DEAR, self._now)

    def _now(self) -> float:
        self.time += DEAR
        return self.time

    def connection(self) -> CallerConnection:
        loop = asyncio.get_running_loop()
        connection = CallerConnection(self.callers, self._app, self.state, loop)
        transport = Transport()
        connection.connection_made(cast("asyncio.Transport", transport))
        return connection

    def crowd(self) -> list[CallerConnection]:
        """Return connections of which each has read a large head in one turn; most wait."""
        crowd = [self.connection() for _ in range(20)]
        for each in crowd:
            each.data_received(LARGE)
        return crowd

    def parked(self, before: bytes = b"") -> CallerConnection:
        """Return a connection whose next read will wait for its turn."""
        connection = self.connection()
        if before:
            connection.data_received(before)
        self.crowd()
        return connection

    async def _app(self, scope: dict[str, Any], receive: Callable[[], Any], send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.seen.append((scope["path"], body))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


def transport(connection: CallerConnection) -> Transport:
    return cast("Transport", connection.transport)


def run(test: Callable[[Listener], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        listener = Listener()
        try:
            await test(listener)
            await turns()
        finally:
            for connection in list(listener.callers.connections):
                connection.connection_lost(None)

    asyncio.run(main())


async def turns(count: int = 60) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def waiting(connections: list[CallerConnection]) -> int:
    return sum(connection.state is OPENED for connection in connections)


def reading(connections: list[CallerConnection]) -> int:
    return sum(transport(connection).reading for connection in connections)


def test_a_turn_has_time_for_few_large_reads_and_others_come_between_the_rest() -> None:
    async def test(listener: Listener) -> None:
        crowd = listener.crowd()
        assert waiting(crowd) >= 16
        assert [transport(each).reading for each in crowd].count(False) == waiting(crowd)
        caller = listener.connection()
        caller.data_received(SMALL)
        assert caller.state is ANSWER
        await turns(3)
        assert ("/livez", b"") in listener.seen
        left = waiting(crowd)
        assert left > 0
        while left:
            await turns(1)
            left, before = waiting(crowd), left
            assert before - left <= 3
        await turns()
        assert listener.seen.count(("/large", b"")) == len(crowd)
        assert all(transport(each).reading for each in crowd)

    run(test)


def test_what_comes_later_does_not_overtake_what_waits() -> None:
    async def test(listener: Listener) -> None:
        caller = listener.parked(CHUNKED)
        caller.data_received(CHUNKS)
        assert not transport(caller).reading
        caller.data_received(b"3\r\nend\r\n0\r\n\r\n" + SMALL)
        assert caller.state is BODY
        await turns()
        body = b"x" * 1_000 + b"end"
        mine = [each for each in listener.seen if each != ("/large", b"")]
        assert mine == [("/large", body), ("/livez", b"")]

    run(test)


def test_a_body_of_known_length_never_waits() -> None:
    async def test(listener: Listener) -> None:
        caller = listener.parked(POST + b"Content-Length: 60000\r\n\r\n")
        caller.data_received(b"x" * 60_000)
        assert caller.state is ANSWER
        await turns()

    run(test)


def test_neither_does_a_short_head_but_the_chunks_behind_it_do() -> None:
    async def test(listener: Listener) -> None:
        whole, chunked = listener.parked(), listener.connection()
        whole.data_received(POST + b"Content-Length: 6000\r\n\r\n" + b"x" * 6_000)
        assert whole.state is ANSWER
        chunked.data_received(CHUNKED + CHUNKS)
        assert (chunked.state, transport(chunked).reading) == (BODY, False)
        chunked.data_received(b"0\r\n\r\n")
        empty_lines = listener.connection()
        empty_lines.data_received(b"\r\n\r\n" + LARGE)
        assert empty_lines.state is OPENED
        await turns()
        assert ("/large", b"x" * 6_000) in listener.seen
        assert ("/large", b"x" * 1_000) in listener.seen
        assert b" 204 " in transport(empty_lines).written

    run(test)


def test_while_memory_is_short_a_short_head_waits_as_well_and_what_it_begins_is_counted() -> None:
    async def test(listener: Listener) -> None:
        budget = listener.callers.budget
        crowd = [listener.connection() for _ in range(20)]
        budget.tight = True
        for each in crowd:
            each.data_received(SMALL)
        begun = len(crowd) - waiting(crowd)
        assert 0 < begun <= 4
        assert budget.held == len(crowd) * PLAIN + begun * EXCHANGE
        await turns()
        assert listener.seen == [("/livez", b"")] * len(crowd)

    run(test)


@pytest.mark.parametrize(
    ("sent", "known"),
    [
        pytest.param(SMALL, False, id="a short read"),
        pytest.param(LARGE.replace(b"large", b"livez"), True, id="who is known"),
    ],
)
def test_while_memory_is_short_some_go_before_the_long_reads_of_strangers(
    sent: bytes, known: bool
) -> None:
    async def test(listener: Listener) -> None:
        listener.callers.budget.tight = True
        listener.crowd()
        payment = listener.connection()
        payment._scope.peer.known = known
        payment.data_received(sent)
        assert payment.state is OPENED
        await turns()
        assert listener.seen.index(("/livez", b"")) < 6
        assert listener.seen.count(("/large", b"")) == 20

    run(test)


def test_while_memory_is_short_a_payment_does_not_wait_behind_requests_that_only_read() -> None:
    async def test(listener: Listener) -> None:
        listener.callers.budget.tight = True
        before = [listener.connection() for _ in range(20)]
        for each in before:
            each.data_received(SMALL)
        payment = listener.connection()
        payment.data_received(PAYMENT)
        for _ in range(20):
            listener.connection().data_received(SMALL)
        assert payment.state is OPENED
        await asyncio.sleep(0)
        assert payment.state is ANSWER
        await turns()
        assert listener.seen.count(("/livez", b"")) == 40

    run(test)


def test_while_memory_is_short_what_a_read_begins_takes_from_its_turn() -> None:
    """Each runs in the next turn, and takes ten times as long: a turn began a hundred of them."""

    async def test(listener: Listener) -> None:
        listener.callers.reads = Turns(3.5 * BEGUN, lambda: 0.0)
        listener.callers.budget.tight = True
        crowd = [listener.connection() for _ in range(20)]
        for each in crowd:
            each.data_received(SMALL)
        assert waiting(crowd) == 16
        await asyncio.sleep(0)
        assert waiting(crowd) == 12
        await turns()
        assert waiting(crowd) == 0

    run(test)


def test_exchanges_that_begin_in_one_turn_are_weighed_at_once_when_they_are_many() -> None:
    """Thousands of small requests come between two weighings, while memory was not short."""

    async def test(listener: Listener) -> None:
        listener.callers.budget = Budget(2 << 20)
        crowd = [listener.connection() for _ in range(60)]
        for each in crowd:
            each.data_received(SMALL)
        assert listener.callers.budget.tight
        assert waiting(crowd) > 0
        await turns()
        assert len(listener.seen) == 60

    run(test)


@pytest.mark.needs("posix")  # Windows writes at once
def test_answers_of_one_turn_are_written_together_in_the_next() -> None:
    """Each write in the middle of its exchange, an exchange costs more of the processor."""

    async def test(listener: Listener) -> None:
        crowd = [listener.connection() for _ in range(3)]
        for each in crowd:
            each.data_received(SMALL)
        await turns(1)
        assert {each.state for each in crowd} == {IDLE}
        assert all(each.flow.weigh() > 0 for each in crowd)
        assert [transport(each).written for each in crowd] == [b""] * 3
        await turns(1)
        assert all(b" 204 " in transport(each).written for each in crowd)
        assert all(each.flow.weigh() == 0 for each in crowd)

    run(test)


@pytest.mark.needs("posix")  # Windows writes at once
@pytest.mark.parametrize(
    "end",
    [
        pytest.param(CallerConnection.eof_received, id="the caller sends no more"),
        pytest.param(CallerConnection.time_over, id="the process ends"),
        pytest.param(CallerConnection.give_way, id="no memory"),
        pytest.param(lambda caller: caller.data_received(b"no request\r\n\r\n"), id="nonsense"),
        pytest.param(lambda caller: caller.data_received(LAST), id="a last request"),
    ],
)
def test_an_answer_that_waits_to_be_written_goes_out_before_the_end(
    end: Callable[[CallerConnection], object],
) -> None:
    async def test(listener: Listener) -> None:
        caller = listener.connection()
        caller.data_received(SMALL)
        await turns(1)
        assert transport(caller).written == b""
        if end(caller) is False:  # of `eof_received`: the event loop closes
            transport(caller).close()
        await turns()
        assert transport(caller).written.startswith(b"HTTP/1.1 204 ")
        assert transport(caller).written.count(b" 204 ") == listener.seen.count(("/livez", b""))

    run(test)


def test_a_turn_reads_little_of_what_is_dropped() -> None:
    """Else the event loop reads all that thousands send before anybody else has a turn."""

    async def test(listener: Listener) -> None:
        crowd = [listener.connection() for _ in range(20)]
        for each in crowd:
            each.data_received(b"no request\r\n\r\n")
        await turns()
        assert {each.state for each in crowd} == {ENDING}
        for each in crowd:
            each.data_received(b"x" * 16_384)
        assert reading(crowd) == 0
        await turns(2)
        assert 0 < reading(crowd) < len(crowd)
        await turns()
        assert reading(crowd) == len(crowd)
        assert all(each.weigh() == 0 for each in crowd)

    run(test)


def test_what_is_dropped_is_read_in_sips() -> None:
    """The event loop makes an object of each read; the rest is forgotten without one."""

    async def test(listener: Listener) -> None:
        caller = listener.connection()
        assert transport(caller).protocol is None
        caller.data_received(b"no request\r\n\r\n")
        caller.flow.pause_reading()
        caller.flow.resume_reading()
        caller.flow.follow()
        assert isinstance(transport(caller).protocol, Sips)

    run(test)


@pytest.mark.needs("posix")
def test_the_rest_of_what_is_dropped_is_forgotten_before_it_is_read_on() -> None:
    async def test(listener: Listener) -> None:
        here, there = socket.socketpair()
        with here, there:
            here.setblocking(False)
            caller = listener.connection()
            transport(caller).sock = here
            caller.data_received(b"no request\r\n\r\n")
            there.sendall(b"x" * 100_000)
            caller.data_received(b"x")
            await turns()
            with pytest.raises(BlockingIOError):
                here.recv(1)
        assert transport(caller).reading

    run(test)


def test_a_request_kept_until_the_last_one_is_answered_waits_as_well() -> None:
    async def test(listener: Listener) -> None:
        caller = listener.connection()
        caller.data_received(SMALL)
        caller.data_received(LARGE)
        listener.crowd()
        await turns(2)
        assert (caller.state, transport(caller).reading) == (IDLE, False)
        await turns()
        assert caller.state is IDLE
        assert transport(caller).written.count(b" 204 ") == 2

    run(test)


def test_the_end_of_input_after_what_waits_ends_no_request_that_is_whole() -> None:
    async def test(listener: Listener) -> None:
        whole, half = listener.parked(), listener.connection()
        whole.data_received(LARGE)
        half.data_received(LARGE[:-2])
        assert whole.eof_received()
        assert half.eof_received()
        await turns()
        assert b" 204 " in transport(whole).written
        assert transport(half).written == b""
        assert transport(whole).closing
        assert transport(half).closing

    run(test)


def test_nothing_is_parsed_of_a_caller_that_has_left() -> None:
    async def test(listener: Listener) -> None:
        caller = listener.parked()
        caller.data_received(LARGE.replace(b"/large", b"/left"))
        caller.connection_lost(ConnectionResetError())
        await turns()
        assert "/left" not in dict(listener.seen)

    run(test)


def test_what_waits_when_the_drain_begins_is_answered() -> None:
    async def test(listener: Listener) -> None:
        caller = listener.parked()
        caller._idle_since -= 100
        caller.data_received(LARGE)
        caller.shutdown()
        assert not transport(caller).closing
        await turns()
        assert b" 204 " in transport(caller).written

    run(test)


def test_a_head_of_which_more_waits_may_not_hold_up_the_drain() -> None:
    async def test(listener: Listener) -> None:
        caller = listener.parked(LARGE[:100])
        caller.data_received(LARGE[100:-2])
        caller.shutdown()
        await turns()
        caller.sweep(asyncio.get_running_loop().time() + 2)
        assert transport(caller).written.startswith(b"HTTP/1.1 408 ")

    run(test)


def test_the_drain_does_not_wait_for_an_exchange_that_never_began() -> None:
    """On Windows a reset can come in the turn of the request before it."""

    async def test(listener: Listener) -> None:
        caller = listener.connection()
        caller.data_received(PAYMENT)
        assert listener.state.tasks
        caller.connection_lost(ConnectionResetError())
        await turns()
        assert not listener.state.tasks
        assert listener.seen == []

    run(test)


def test_a_body_is_not_late_that_came_while_the_process_was_stopped() -> None:
    """Then the time is looked at in the same turn, before the app has taken what came."""

    async def test(listener: Listener) -> None:
        caller = listener.connection()
        caller.data_received(POST + b"Content-Length: 2\r\n\r\n")
        await turns()
        caller.data_received(b"x")
        caller.sweep(asyncio.get_running_loop().time() + 100)
        await turns()
        caller.data_received(b"y")
        await turns()
        assert listener.seen == [("/large", b"xy")]

    run(test)


def test_what_waits_is_refused_where_there_is_no_room() -> None:
    async def test(listener: Listener) -> None:
        caller = listener.parked()
        caller.data_received(LARGE)
        claim = caller.claim(0.0)
        assert claim is not None
        assert claim.weight >= len(LARGE)
        assert not caller.give_way()
        assert caller.state is ENDING
        assert caller.weigh() == 0
        await turns()
        assert transport(caller).written.startswith(b"HTTP/1.1 503 ")

    run(test)


def test_of_a_body_that_may_be_going_up_nothing_is_dropped() -> None:
    async def test(listener: Listener) -> None:
        caller = listener.parked(CHUNKED)
        await turns(1)
        caller._cycle.request.gone_up = True  # type: ignore[union-attr]
        listener.crowd()
        caller.data_received(CHUNKS)
        assert not transport(caller).reading
        assert caller.claim(0.0) is None

    run(test)


def test_a_half_closed_caller_is_not_taken_for_silent_while_its_request_waits() -> None:
    async def test(listener: Listener) -> None:
        caller = listener.parked()
        caller.data_received(LARGE)
        caller.eof_received()
        caller._moved_at -= 100
        caller._look(asyncio.get_running_loop().time())
        assert not transport(caller).aborted
        await turns()
        assert b" 204 " in transport(caller).written

    run(test)
