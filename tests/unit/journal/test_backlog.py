"""What is over becomes an entry soon, off the event loop, and only if it will be kept."""

import asyncio
import threading
import time
from dataclasses import replace

import pytest

from proxy.exchange.record import Exchange
from proxy.journal.assembly import entry_of
from proxy.journal.backlog import _BATCH, _MANY, HEADS, WAITING, Backlog, Waiting
from proxy.journal.entry import Entry
from proxy.journal.redaction import Redaction

pytestmark = pytest.mark.anyio
TEMPLATE = entry_of(Exchange("a-1", "GET", b"/v1/x"), None, 1, Redaction([]), tls=False)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Kept:
    """A backlog, the numbers of what it handed on, and what happened on the way."""

    def __init__(self, most: int = 200, *, watched: bool = True) -> None:
        self.backlog = Backlog(self._keep, most, lambda: watched)
        self.numbers: list[int] = []
        self.lightened: list[int] = []
        self.threads: set[int] = set()
        self._last = 0

    def _keep(self, entry: Entry) -> None:
        self.numbers.append(entry.number)

    def make(self, number: int) -> Entry:
        self.threads.add(threading.get_ident())
        return replace(TEMPLATE, number=number)

    def add(self, weight: int = 0, light: int = 0) -> None:
        self._last += 1
        number = self._last

        def lighten() -> None:
            self.lightened.append(number)

        self.backlog.add(Waiting(number, self.make, weight, light, lighten))


def test_of_many_at_once_those_alone_are_masked_that_are_kept() -> None:
    kept = Kept(most=2)
    for _ in range(5):
        kept.add(WAITING // 3)
    assert (kept.threads, kept.lightened) == (set(), [])
    kept.backlog.settle()
    assert kept.numbers == [4, 5]


def test_of_heads_that_are_too_much_the_oldest_are_gone() -> None:
    """Without bodies, too: 200 heads of 250 kB are more than the console may have."""
    kept = Kept()
    for _ in range(10):
        kept.add(HEADS // 3, HEADS // 3)
    assert len(kept.backlog) == 3
    kept.backlog.settle()
    assert kept.numbers == [8, 9, 10]
    for _ in range(3):
        kept.add(HEADS // 3, HEADS // 3)
    assert len(kept.backlog) == 3


def test_what_waits_is_bounded_and_the_bodies_of_the_oldest_go_first() -> None:
    kept = Kept()
    for _ in range(5):
        kept.add(WAITING // 3)
    assert kept.lightened == [1, 2]
    kept.add(WAITING)
    assert kept.lightened == [1, 2, 3, 4, 5]
    kept.backlog.settle()
    assert kept.numbers == [1, 2, 3, 4, 5, 6]
    kept.add(WAITING)
    assert kept.lightened == [1, 2, 3, 4, 5]


async def test_the_event_loop_masks_nothing_and_each_piece_of_work_is_small() -> None:
    kept = Kept()
    batches: list[list[int]] = []
    make = kept.backlog._batch

    def batch() -> list[Waiting]:
        found = list(make())
        batches.append([item.number for item in found])
        return found

    kept.backlog._batch = batch  # type: ignore[method-assign,assignment]
    for _ in range(_MANY + 1):
        kept.add()
    for _ in range(3):
        kept.add(_BATCH)
    kept.add(_BATCH * 4)
    await kept.backlog.done(_MANY + 5)
    assert kept.numbers == list(range(1, _MANY + 6))
    assert threading.get_ident() not in kept.threads
    first = _MANY + 1
    assert batches == [
        list(range(1, first)),
        [first, first + 1, first + 2],
        [first + 3, first + 4],
    ]


async def test_after_work_there_is_a_rest() -> None:
    kept = Kept()

    def slow(number: int) -> Entry:
        began = time.thread_time()
        while time.thread_time() < began + 0.05:
            pass
        return kept.make(number)

    kept.backlog.add(Waiting(1, slow, 0, 0, lambda: None))
    await kept.backlog.done(1)
    kept.add()
    assert kept.backlog._due >= kept.backlog._rested
    assert kept.backlog._rested > asyncio.get_running_loop().time()
    kept.backlog.settle()


async def test_what_is_asked_for_is_there_though_more_arrives_without_end() -> None:
    kept = Kept(most=5, watched=False)
    for _ in range(3):
        kept.add()
    asked = [asyncio.ensure_future(kept.backlog.done(number)) for number in (2, 3)]
    while not all(each.done() for each in asked):
        kept.add()
        await asyncio.sleep(0)
    assert kept.numbers


async def test_what_is_cleared_is_not_waited_for() -> None:
    kept = Kept()
    kept.add()
    waiting = asyncio.ensure_future(kept.backlog.done(1))
    await asyncio.sleep(0)
    kept.backlog.clear()
    await waiting
    kept.backlog.settle()
    assert kept.numbers == []


async def test_a_surprise_in_one_does_not_end_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: told.append(type(context["exception"]).__name__)
    )
    kept = Kept()

    def fail(number: int) -> Entry:
        raise ValueError(number)

    kept.backlog.add(Waiting(1, fail, _BATCH + 1, 0, lambda: None))
    kept.backlog.add(Waiting(2, kept.make, 0, 0, lambda: None))
    await kept.backlog.done(2)
    assert (kept.numbers, told) == ([2], ["ValueError"])


async def test_what_is_being_masked_can_be_settled_and_is_kept_once() -> None:
    kept = Kept()
    kept.add()
    kept.backlog._begin(asyncio.get_running_loop())
    kept.backlog.settle()
    await asyncio.sleep(0)
    assert kept.numbers == [1]


def test_the_end_of_the_loop_ends_the_masking_quietly() -> None:
    kept = Kept()

    async def begin() -> None:
        kept.add()
        kept.backlog._begin(asyncio.get_running_loop())

    asyncio.run(begin())
    kept.backlog.settle()
    assert kept.numbers == [1]
