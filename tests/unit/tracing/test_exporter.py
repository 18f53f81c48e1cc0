"""Traces wait in bounds, and each span is counted."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from proxy.addresses import Url
from proxy.exchange.record import Exchange
from proxy.http1.fields import REQUEST, Section
from proxy.http1.request import Request
from proxy.settings.tracing import TracingOptions
from proxy.tracing import exporter as module
from proxy.tracing.collector import NotTaken
from proxy.tracing.exporter import Exporter
from proxy.tracing.fetches import Fetches
from proxy.tracing.span import TraceSpan
from proxy.tracing.trace import Trace
from proxy.tracing.wording import Wording
from tests.support.exchanges import attempt

pytestmark = pytest.mark.anyio
HERE = Url.parse("http://127.0.0.1:1")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Scripted:
    """A collector that takes, rejects or refuses as it is told; the last word goes on."""

    url = HERE

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.bodies: list[bytes] = []
        self.asked = asyncio.Event()

    async def take(self, body: bytes) -> tuple[int, str]:
        self.bodies.append(body)
        self.asked.set()
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if answer is None:
            await asyncio.Event().wait()
        if isinstance(answer, NotTaken):
            raise answer
        result: tuple[int, str] = answer
        return result

    async def aclose(self) -> None:
        self.closed = True


def made(collector: Scripted, **options: Any) -> Exporter:
    chosen = TracingOptions(HERE, delay=0.001, **options)
    return Exporter(chosen, (), Wording(HERE, HERE, Fetches()), collector)  # type: ignore[arg-type]


def over(exporter: Exporter, target: bytes = b"/v1/accounts") -> None:
    exchange = Exchange("ab-1", "GET", target)
    request = Request("GET", target, "1.1", Section([], REQUEST), 0)
    trace = Trace(exchange, request, None, b"1" * 32, exporter.keep)
    exchange.attempts = (attempt(200),)
    trace.over()


async def test_what_is_taken_rejected_and_refused_is_counted() -> None:
    exporter = made(Scripted((0, ""), (3, "too old"), NotTaken("no", again=False), (9, "all")))
    for _ in range(4):
        over(exporter)
        over(exporter)
        await exporter._send()
    assert exporter.results == {"sent": 5, "rejected": 7, "not-delivered": 4}


async def test_no_more_waits_than_there_is_room_for() -> None:
    exporter = made(Scripted((0, "")), queue=3)
    for _ in range(5):
        over(exporter)
    assert exporter.results == {"queue-full": 4}
    exporter = made(Scripted((0, "")))
    for _ in range(100):
        over(exporter, b"/" + b"x" * 65_000)
    assert 30 * 2 < exporter.results["queue-full"] < 50 * 2
    await exporter._send()
    assert exporter._weight == 0


async def test_a_batch_is_sent_again_some_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSES", (0.0, 0.0))
    collector = Scripted(NotTaken("late", again=True, after=0.0))
    exporter = made(collector)
    over(exporter)
    await exporter._send()
    assert len(collector.bodies) == 3
    assert exporter.results == {"not-delivered": 2}


async def test_at_the_end_nothing_is_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LAST", 0.01)
    collector = Scripted(None)
    exporter = made(collector)
    running = asyncio.ensure_future(exporter.run())
    over(exporter)
    await collector.asked.wait()
    over(exporter)
    running.cancel()
    await asyncio.wait([running])
    await exporter.aclose()
    assert collector.bodies[0] == collector.bodies[1]
    assert exporter.results == {"not-delivered": 4}
    assert collector.closed


async def test_an_error_of_ours_ends_no_task(monkeypatch: pytest.MonkeyPatch) -> None:
    collector = Scripted((0, ""))
    exporter = made(collector)
    worded, spans = asyncio.Event(), Wording.spans

    def fail_once(wording: Wording, trace: Trace) -> Iterator[TraceSpan]:
        if worded.is_set():
            return spans(wording, trace)
        worded.set()
        raise ZeroDivisionError

    monkeypatch.setattr(Wording, "spans", fail_once)
    running = asyncio.ensure_future(exporter.run())
    over(exporter)
    await worded.wait()
    over(exporter)
    await collector.asked.wait()
    running.cancel()
    await asyncio.wait([running])
    assert exporter.results["sent"] == 2


async def test_a_batch_that_cannot_be_sent_does_not_come_back_for_ever() -> None:
    collector = Scripted("no answer", (0, ""))
    exporter = made(collector)
    running = asyncio.ensure_future(exporter.run())
    over(exporter)
    await collector.asked.wait()
    collector.asked.clear()
    over(exporter)
    await collector.asked.wait()
    running.cancel()
    await asyncio.wait([running])
    assert +exporter.results == {"not-delivered": 2, "sent": 2}


async def test_what_is_being_worded_at_the_end_is_sent() -> None:
    collector = Scripted((0, ""))
    exporter = made(collector)
    for _ in range(100):
        over(exporter)
    sending = asyncio.ensure_future(exporter._send())
    await asyncio.sleep(0)
    assert not exporter._waiting
    sending.cancel()
    await asyncio.wait([sending])
    await exporter.aclose()
    assert +exporter.results == {"sent": 200}


async def test_an_error_of_ours_at_the_end_keeps_nobody_from_closing() -> None:
    collector = Scripted("no answer")
    exporter = made(collector)
    over(exporter)
    await exporter.aclose()
    assert collector.closed
    assert exporter.results == {"not-delivered": 2}
