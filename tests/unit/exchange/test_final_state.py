"""The step that waits for a payment's final state."""

import asyncio
import json
from typing import Any

import pytest

from proxy.errors import LedgerUnavailable, UpstreamTimeout
from proxy.exchange import final_state
from proxy.exchange.final_state import FinalState, stated
from proxy.exchange.observer import Observer
from proxy.exchange.own_request import OwnAnswer, OwnRequest
from proxy.exchange.record import Exchange
from proxy.http1.fields import REQUEST, Lines, Section
from proxy.http1.request import Request
from proxy.words import phrase

pytestmark = pytest.mark.anyio
PAYMENTS = b"/gw/v1/payments/breb"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(final_state, "_FIRST", 0.0)
    monkeypatch.setattr(final_state, "_LONGEST", 0.0)


def payment(state: str, name: str = "p-1") -> bytes:
    return json.dumps({"id": name, "status": state}).encode()


class World:
    """Callers on one side, the API on the other. ``answers`` are those to questions, in order."""

    def __init__(self, first: bytes, *answers: bytes | int, always: int = 0) -> None:
        self._first = first
        self._answers = list(answers)
        self.asked: list[tuple[bytes, OwnRequest]] = []
        self.got: list[Any] = []
        self.exchange = Exchange("x-1", "POST", PAYMENTS)
        self.exchange.caller = "shop"
        self.status = 200
        self.retry: Lines = []
        self.step = FinalState(self.answer, always, 16)
        self.step.ask = self.ask
        self.was_whole: list[bool] = []

    async def answer(self, exchange: Exchange, request: Request, send: Any) -> None:
        exchange.status, exchange.passed_on = self.status, True
        lines = [(b"Content-Type", b"application/json")]
        start = {"type": "http.response.start", "status": self.status, "headers": lines}
        await send(start)
        await send({"type": "http.response.body", "body": self._first, "more_body": False})
        exchange.whole = True

    async def ask(self, request: Request, own: OwnRequest, most: int) -> OwnAnswer:
        self.asked.append((request.target, own))
        self.was_whole.append(self.exchange.whole)
        answer = OwnAnswer("x-2", most)
        came = self._answers.pop(0) if self._answers else payment("PROCESSING")
        if came == 0:
            return answer
        status, body = (came, b"{}") if isinstance(came, int) else (200, came)
        await answer.take({"type": "http.response.start", "status": status, "headers": self.retry})
        await answer.take({"type": "http.response.body", "body": body})
        return answer

    async def take(self, message: Any) -> None:
        self.got.append(message)

    async def run(
        self, prefer: bytes | None = b"wait=20", target: bytes = PAYMENTS, method: str = "POST"
    ) -> None:
        lines = [] if prefer is None else [(b"Prefer", prefer)]
        request = Request(method, target, "1.1", Section(lines, REQUEST), framing=0)
        await self.step.forward(self.exchange, request, self.take)
        assert request.kept == 0

    @property
    def told(self) -> tuple[bytes, bool]:
        """The body that the caller got, and whether a preference was applied."""
        start, *parts = self.got
        names = [name for name, _ in start["headers"]]
        return b"".join(each["body"] for each in parts), b"Preference-Applied" in names


async def test_the_final_document_is_the_answer() -> None:
    world = World(payment("PENDING"), payment("PROCESSING"), payment("SETTLED"))
    await world.run()
    assert world.told == (payment("SETTLED"), True)
    assert world.asked == [(b"/gw/v1/payments/p-1", OwnRequest("shop", renews=False))] * 2
    assert world.was_whole == [False, False], "nothing has reached the caller yet"
    assert world.exchange.whole
    assert str(world.exchange.note).startswith("SETTLED after ")


async def test_a_rejected_payment_is_final_too() -> None:
    world = World(payment("PENDING"), payment("REJECTED"))
    await world.run()
    assert world.told == (payment("REJECTED"), True)


@pytest.mark.parametrize("failure", [0, 404, 429, 500, 503])
async def test_a_question_that_fails_is_asked_again(failure: int) -> None:
    world = World(payment("PENDING"), failure, b"[]", payment("SETTLED"))
    await world.run()
    assert world.told == (payment("SETTLED"), True)


@pytest.mark.parametrize("refused", [401, 403])
async def test_a_refusal_ends_the_questions_and_renews_no_token(refused: int) -> None:
    world = World(payment("PENDING"), refused)
    await world.run()
    assert world.told == (payment("PENDING"), False)
    assert len(world.asked) == 1


async def test_when_the_time_is_over_the_first_answer_is_untouched() -> None:
    world = World(payment("PENDING"))
    world.exchange.started -= 19.9
    await world.run()
    assert world.told == (payment("PENDING"), False)
    assert world.exchange.whole


async def test_who_asks_for_time_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(final_state, "_LONGEST", 2.0)
    world = World(payment("PENDING"), 429)
    world.retry = [(b"Retry-After", b"20")]
    world.exchange.started -= 19.8
    await world.run()
    assert len(world.asked) == 1


@pytest.mark.parametrize(
    ("first", "status"),
    [
        (payment("SETTLED"), 200),
        (payment("PENDING"), 400),
        (payment("PENDING", "../x"), 200),
        (payment("PENDING", ""), 200),
        (b'{"id": 7, "status": "PENDING"}', 200),
        (b'{"id": "p-1"}', 200),
        (b"[]", 200),
        (b"no json", 200),
    ],
)
async def test_nothing_is_asked_where_there_is_nothing_to_wait_for(
    first: bytes, status: int
) -> None:
    world = World(first)
    world.status = status
    await world.run()
    assert world.told == (first, False)
    assert world.asked == []


@pytest.mark.parametrize(
    ("prefer", "target", "method"),
    [
        (None, PAYMENTS, "POST"),
        (b"wait=0", PAYMENTS, "POST"),
        (b"respond-async", PAYMENTS, "POST"),
        (b"wait=20", b"/v1/keys", "POST"),
        (b"wait=20", b"/v1/payments", "GET"),
    ],
)
async def test_who_does_not_wait_for_a_payment_gets_the_answer_at_once(
    prefer: bytes | None, target: bytes, method: str
) -> None:
    world = World(payment("PENDING"))
    await world.run(prefer, target, method)
    assert world.told == (payment("PENDING"), False)
    assert world.asked == []


async def test_the_setting_waits_for_those_who_cannot_say_it() -> None:
    world = World(payment("PENDING"), payment("SETTLED"), always=20)
    await world.run(None)
    assert world.told == (payment("SETTLED"), True)
    world = World(payment("PENDING"), payment("SETTLED"), always=20)
    await world.run(b"wait=0")
    assert world.told == (payment("PENDING"), False)


async def test_the_drain_ends_all_waiting_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(final_state, "_FIRST", 60.0)
    waits = asyncio.Event()

    class Tells(Observer):
        async def holding(self) -> None:
            waits.set()

    world, later = World(payment("PENDING")), World(payment("PENDING"))
    world.exchange.join(Tells())
    later.step = world.step
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(world.run())
        await waits.wait()
        world.step.hurry()
        world.step.hurry()
    await later.run()
    assert world.told == later.told == (payment("PENDING"), False)
    assert world.asked == []


async def test_the_answer_is_kept_before_the_first_question() -> None:
    class Keeps(Observer):
        async def holding(self) -> None:
            assert world.asked == []
            world.was_whole.append(True)

    world = World(payment("PENDING"), payment("SETTLED"))
    world.exchange.join(Keeps())
    world.exchange.join(Observer())
    await world.run()
    assert world.was_whole == [True, False]
    assert world.told == (payment("SETTLED"), True)


async def test_what_cannot_be_kept_is_told_at_once() -> None:
    class Full(Observer):
        async def holding(self) -> None:
            raise LedgerUnavailable(phrase("disk.full"))

    world = World(payment("PENDING"), payment("SETTLED"))
    world.exchange.join(Full())
    await world.run()
    assert world.told == (payment("PENDING"), False)
    assert world.asked == []


async def test_what_came_of_an_answer_that_breaks_off_goes_on() -> None:
    async def breaks(exchange: Exchange, request: Request, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        raise UpstreamTimeout(phrase("disk.full"))

    world = World(b"")
    world.step = FinalState(breaks, 0, 16)
    world.step.ask = world.ask
    with pytest.raises(UpstreamTimeout):
        await world.run()
    assert world.told == (b"{", False)


def test_the_first_generation_wraps_the_payment() -> None:
    told = stated({"breb_resolved_key": {}, "payment": {"id": "p-1", "status": "PENDING"}})
    assert told == ("p-1", "PENDING")
    assert stated({"payment": "x"}) is None
