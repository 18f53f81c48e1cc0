"""Requests of the proxy's own: what is known of the answer, whatever became of it."""

import pytest

from proxy.asgi import Message, Send
from proxy.exchange.own_request import OwnAnswer, OwnRequest
from proxy.exchange.record import Exchange
from proxy.exchange.shell import Shell
from proxy.http1.fields import REQUEST, Section
from proxy.http1.request import Request

START: Message = {"type": "http.response.start", "status": 200, "headers": [(b"A", b"b")]}
PARTS = (
    {"type": "http.response.body", "body": b"12345", "more_body": True},
    {"type": "http.response.body", "body": b"6789"},
)

pytestmark = pytest.mark.anyio


async def ask(*messages: Message, error: Exception | None = None, most: int = 100) -> OwnAnswer:
    async def forward(exchange: Exchange, request: Request, send: Send) -> None:
        del request
        for message in messages:
            exchange.status = 200
            await send(message)
        if error is not None:
            raise error

    request = Request("GET", b"/v1/x", "1.1", Section([], REQUEST), 0)
    return await Shell(let_in, forward, []).ask(request, OwnRequest(""), most)


def let_in(exchange: Exchange, request: Request) -> None:
    """Judge nothing."""


async def test_an_answer_is_told_and_kept_as_far_as_there_is_room() -> None:
    answer = await ask(START, *PARTS, most=7)
    assert (answer.status, answer.lines, answer.whole) == (200, [(b"A", b"b")], True)
    assert bytes(answer.body) == b"1234567"


async def test_an_answer_that_is_cut_is_not_whole() -> None:
    answer = await ask(START, PARTS[0], error=OSError())
    assert (answer.status, bytes(answer.body), answer.whole) == (200, b"12345", False)


async def test_an_error_before_the_head_is_answered_as_for_every_caller() -> None:
    answer = await ask(error=OSError())
    assert (answer.status, answer.whole) == (500, True)
    assert b"urn:breb-proxy:error" in answer.body


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
