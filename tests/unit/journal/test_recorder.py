"""The copies that the recorder takes, and the stream that it leaves alone."""

from typing import Any

import pytest

from proxy.asgi import Message, Receive, Scope, Send
from proxy.exchange.record import Exchange
from proxy.journal.body import LIMIT
from proxy.journal.recorder import Capture, Copy, Recorder, Room, let_in

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def a_scope() -> dict[str, Any]:
    exchange = Exchange("a-1", "POST", b"/v1/x")
    return {"exchange": exchange, "headers": [], "http_version": "1.1", "scheme": "http"}


def test_a_copy_keeps_the_first_part_and_counts_the_whole() -> None:
    copy = Copy(Room())
    copy.take(b"x" * (LIMIT - 1))
    copy.take(b"yz")
    copy.take(b"more")
    assert (len(copy.data), copy.size) == (LIMIT, LIMIT + 5)
    assert copy.data.endswith(b"xy")


def test_copies_under_way_share_one_room_and_give_it_back() -> None:
    room = Room(10)
    first, second = Copy(room), Copy(room)
    first.take(b"12345678")
    second.take(b"abcd")
    second.take(b"efgh")
    assert (bytes(second.data), second.size, room.left) == (b"ab", 8, 0)
    first.release()
    assert room.left == 8
    second.take(b"never with a gap")
    assert bytes(second.data) == b"ab"


async def test_messages_pass_as_the_very_objects_that_came() -> None:
    given: list[Message] = [
        {"type": "http.request", "body": b"ab", "more_body": True},
        {"type": "http.request", "body": b"c"},
        {"type": "http.disconnect"},
    ]
    heard: list[Message] = []
    start = {"type": "http.response.start", "status": 200, "headers": [(b"A", b"b")]}
    told = [start, {"type": "http.response.body", "body": b"xyz", "more_body": False}]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        heard.extend([await receive() for _ in given])
        assert recorder.older_than(-1) == [(scope["exchange"], scope["exchange"].tap)]
        for message in told:
            await send(message)

    waiting, sent = list(given), []

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    recorder = Recorder(let_in(app))
    scope = a_scope()
    await recorder(scope, receive, send)
    assert all(a is b for a, b in zip(heard, given, strict=True))
    assert all(a is b for a, b in zip(sent, told, strict=True))
    capture = scope["exchange"].tap
    assert isinstance(capture, Capture)
    assert (bytes(capture.request.data), bytes(capture.answer.data)) == (b"abc", b"xyz")
    assert capture.answer_lines == [(b"A", b"b")]
    assert capture.request_whole is not None
    assert capture.guarded is not None
    assert recorder.under_way == {}


async def test_an_exchange_that_fails_is_no_longer_under_way() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise ConnectionAbortedError

    recorder = Recorder(app)
    with pytest.raises(ConnectionAbortedError):
        await recorder(a_scope(), None, None)  # type: ignore[arg-type]  neither is called
    assert recorder.under_way == {}


async def test_without_a_recorder_the_inner_wrapper_does_nothing() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["called"] = True

    scope = a_scope()
    await let_in(app)(scope, None, None)  # type: ignore[arg-type]  neither is called
    assert scope["called"]


@pytest.mark.parametrize("message", [None, {"type": "http.request", "body": b"ab"}])
async def test_what_is_at_hand_of_a_body_is_copied_too(message: Message | None) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["body_at_hand"]() is message

    scope = a_scope()
    scope["body_at_hand"] = lambda: message
    await Recorder(app)(scope, None, None)  # type: ignore[arg-type]  neither is called
    assert bytes(scope["exchange"].tap.request.data) == (b"ab" if message else b"")
