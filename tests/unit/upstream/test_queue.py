"""The order in which those who wait for a connection are served."""

import asyncio

import pytest

from proxy.upstream.queue import FACTOR, FAIR, Queue, Waiter

pytestmark = pytest.mark.anyio


def place(deadline: float = 0.0, *, first: bool = False) -> Waiter[str]:
    return Waiter(deadline, asyncio.get_running_loop().create_future(), first)


def joined(queue: Queue[str], count: int, *, first: bool = False) -> list[Waiter[str]]:
    places = [place(number, first=first) for number in range(count)]
    for each in places:
        queue.join(each)
    return places


def served(queue: Queue[str], count: int) -> list[asyncio.Future[str] | None]:
    return [queue.next() for _ in range(count)]


async def test_few_are_served_in_their_order_and_who_goes_first_before_them() -> None:
    queue: Queue[str] = Queue(8)
    others, first = joined(queue, 3), joined(queue, 2, first=True)
    assert len(queue) == 5
    assert served(queue, 6) == [*(each.future for each in (*first, *others)), None]


async def test_of_many_the_newest_are_served_until_few_are_left() -> None:
    queue: Queue[str] = Queue(8)
    places = joined(queue, FAIR + 2)
    expected = [*places[: FAIR - 1 : -1], *places[:FAIR]]
    assert served(queue, FAIR + 2) == [each.future for each in expected]


async def test_who_has_had_a_turn_has_the_next_one() -> None:
    queue: Queue[str] = Queue(8)
    joined(queue, 2)
    again = place()
    queue.rejoin(again)
    assert queue.next() is again.future


async def test_who_left_or_was_answered_is_passed_over() -> None:
    queue: Queue[str] = Queue(8)
    left, answered, stays = joined(queue, 3)
    queue.leave(left)
    queue.leave(left)
    answered.future.set_result("")
    assert served(queue, 2) == [stays.future, None]


async def test_those_whose_time_is_over_are_taken_out() -> None:
    queue: Queue[str] = Queue(8)
    others, first = joined(queue, 3), joined(queue, 3, first=True)
    others[0].future.cancel()
    late = [first[0].future, first[1].future, others[1].future]
    assert list(queue.late(2.0)) == late
    assert served(queue, 2) == [first[2].future, others[2].future]


async def test_so_many_may_wait() -> None:
    queue: Queue[str] = Queue(2)
    joined(queue, 2 * FACTOR - 1)
    assert not queue.full
    joined(queue, 1, first=True)
    assert queue.full
