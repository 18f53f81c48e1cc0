"""The copies that the recorder takes, and the stream that it leaves alone."""

import pytest

from proxy.asgi import Message
from proxy.exchange.record import Exchange
from proxy.http1.fields import REQUEST, Section
from proxy.http1.request import Request
from proxy.journal.body import LIMIT
from proxy.journal.recorder import BoundedCopy, Budget, Capture, Recorder

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def an_exchange() -> Exchange:
    return Exchange("a-1", "POST", b"/v1/x")


def a_request() -> Request:
    return Request("POST", b"/v1/x", "1.1", Section([], REQUEST), 3)


def forget(exchange: Exchange, capture: Capture | None) -> None:
    del exchange, capture


async def nothing(message: Message) -> None:
    raise AssertionError(message)


def test_a_copy_keeps_the_first_part_and_counts_the_whole() -> None:
    copy = BoundedCopy(Budget())
    copy.take(b"x" * (LIMIT - 1))
    copy.take(b"yz")
    copy.take(b"more")
    assert (len(copy.data), copy.size) == (LIMIT, LIMIT + 5)
    assert copy.data.endswith(b"xy")


def test_copies_under_way_share_one_budget_and_give_it_back() -> None:
    budget = Budget(10)
    first, second = BoundedCopy(budget), BoundedCopy(budget)
    first.take(b"12345678")
    second.take(b"abcd")
    second.take(b"efgh")
    assert (bytes(second.data), second.size, budget.left) == (b"ab", 8, 0)
    first.release()
    assert budget.left == 8
    second.take(b"never with a gap")
    assert bytes(second.data) == b"ab"


async def test_messages_pass_as_the_very_objects_that_came() -> None:
    start = {"type": "http.response.start", "status": 200, "headers": [(b"A", b"b")]}
    told = [start, {"type": "http.response.body", "body": b"xyz", "more_body": False}]
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    recorder, exchange = Recorder(forget), an_exchange()
    out = recorder.begin(exchange, a_request(), send)
    capture = exchange.tap
    assert isinstance(capture, Capture)
    assert recorder.older_than(-1) == [(exchange, capture)]
    for message in told:
        await out(message)
    assert all(a is b for a, b in zip(sent, told, strict=True))
    assert bytes(capture.answer.data) == b"xyz"
    assert capture.answer_lines == [(b"A", b"b")]


async def test_a_capture_hears_the_body_and_when_it_was_whole() -> None:
    recorder, exchange = Recorder(forget), an_exchange()
    recorder.begin(exchange, a_request(), nothing)
    capture = exchange.tap
    assert isinstance(capture, Capture)
    capture.hear(b"ab", last=False)
    assert capture.request_whole is None
    capture.hear(b"c", last=True)
    assert bytes(capture.request.data) == b"abc"
    assert capture.request_whole is not None


async def test_what_is_over_is_no_longer_under_way_and_gives_its_budget_back() -> None:
    budget = Budget(10)
    recorder, exchange = Recorder(forget, budget), an_exchange()
    recorder.begin(exchange, a_request(), nothing)
    assert exchange.tap is not None
    exchange.tap.hear(b"1234", last=True)
    recorder.end(exchange)
    assert (recorder.under_way, budget.left) == ({}, 10)
