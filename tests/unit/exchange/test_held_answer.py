"""An answer that waits for a later one."""

import gzip
from typing import Any

import pytest

from proxy.exchange.held_answer import LIMIT, HeldAnswer, document
from proxy.exchange.observer import Observer
from proxy.exchange.record import Exchange
from proxy.http1.fields import Lines

pytestmark = pytest.mark.anyio
JSON = [(b"Content-Type", b"application/json; charset=utf-8"), (b"ETag", b'"1"')]


class Caller:
    def __init__(self) -> None:
        self.got: list[Any] = []

    async def send(self, message: Any) -> None:
        self.got.append(message)


@pytest.fixture
def caller() -> Caller:
    return Caller()


@pytest.fixture
def held(caller: Caller) -> HeldAnswer:
    return HeldAnswer(caller.send)


def start(status: int = 200, lines: Lines = JSON) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": lines, "framing": 2}


def part(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def test_a_success_is_held_until_it_is_released_as_it_came(
    held: HeldAnswer, caller: Caller
) -> None:
    came = [start(), part(b"{", more=True), part(b"}")]
    for message in came:
        await held.take(message)
    assert (held.whole, held.body, caller.got) == (True, b"{}", [])
    await held.release()
    assert caller.got == came


@pytest.mark.parametrize(
    "first", [start(404), start(500), start(200, [(b"Content-Type", b"text/html")])]
)
async def test_what_is_no_json_success_goes_on_at_once(
    held: HeldAnswer, caller: Caller, first: Any
) -> None:
    for number, message in enumerate([first, part(b"x", more=True), part(b"y")], 1):
        await held.take(message)
        assert len(caller.got) == number
    assert not held.whole


async def test_a_long_answer_goes_on_when_it_is_too_long(held: HeldAnswer, caller: Caller) -> None:
    await held.take(start())
    await held.take(part(b"x" * LIMIT, more=True))
    assert caller.got == []
    await held.take(part(b"x", more=True))
    assert len(caller.got) == 3
    await held.take(part(b"y"))
    assert len(caller.got) == 4
    assert not held.whole


@pytest.mark.parametrize(("status", "given"), [(200, 200), (201, 201), (202, 200)])
async def test_another_document_takes_its_place(
    held: HeldAnswer, caller: Caller, status: int, given: int
) -> None:
    class Seen(Observer):
        def __init__(self) -> None:
            self.saw: list[object] = []

        def answering(self, lines: Lines) -> None:
            self.saw.append(lines)

        def passing(self, data: bytes) -> None:
            self.saw.append(data)

    exchange, seen = Exchange("x-1", "POST", b"/"), Seen()
    exchange.join(seen)
    await held.take(start(status, [*JSON, (b"Content-Length", b"2"), (b"X-Trace", b"t")]))
    await held.take(part(b"{}"))
    await held.replace(exchange, b'{"a":1}', "wait=20")
    head, body = caller.got
    assert head["headers"] == [
        JSON[0],
        (b"X-Trace", b"t"),
        (b"Content-Length", b"7"),
        (b"Preference-Applied", b"wait=20"),
    ]
    assert "framing" not in head, "the listener finds it out anew"
    assert (head["status"], body["body"]) == (given, b'{"a":1}')
    assert (exchange.status, exchange.sent) == (given, 7)
    assert seen.saw == [head["headers"], b'{"a":1}']


async def test_what_was_never_there_is_not_replaced(held: HeldAnswer) -> None:
    assert held.lines == []
    with pytest.raises(ValueError, match="no answer"):
        await held.replace(Exchange("x-1", "POST", b"/"), b"", "")


@pytest.mark.parametrize(
    ("coding", "body", "told"),
    [
        (None, b'{"a": 1}', {"a": 1}),
        (b"identity", b'{"a": 1}', {"a": 1}),
        (b"gzip", gzip.compress(b'{"a": 1}', mtime=0), {"a": 1}),
        (b"gzip", gzip.compress(b'{"a": 1}', mtime=0)[:-9], None),
        (b"gzip", b"no gzip", None),
        (b"br", b'{"a": 1}', None),
        (None, b"<html>", None),
    ],
)
def test_a_document_is_read_without_its_coding(
    coding: bytes | None, body: bytes, told: object
) -> None:
    lines = [(b"Content-Encoding", coding)] if coding else []
    assert document(lines, body)[0] == told
