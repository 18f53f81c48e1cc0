"""What takes long is done step by step, and others have their turn between two steps."""

import asyncio
import socket
from functools import partial

import pytest

from proxy.listener.turns import SOON, URGENT, Turns

pytestmark = pytest.mark.anyio


async def turn(count: int = 1) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_others_have_their_turn_between_two_steps() -> None:
    seen: list[object] = []
    turns = Turns()

    def other(times: int) -> None:
        seen.append("other")
        if times > 1:
            asyncio.get_running_loop().call_soon(other, times - 1)

    for number in range(3):
        turns.take(partial(seen.append, number))
    other(3)
    await turn(4)
    assert seen == ["other", 0, "other", 1, "other", 2]


async def test_a_step_that_fails_does_not_stop_those_after_it() -> None:
    seen: list[int] = []
    turns = Turns()

    def fail() -> None:
        raise ValueError

    told: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, what: told.append(what["exception"]))
    turns.take(fail)
    turns.take(partial(seen.append, 1))
    await turn(3)
    loop.set_exception_handler(None)
    assert (seen, [type(each) for each in told]) == ([1], [ValueError])


async def test_a_step_may_take_another_turn() -> None:
    seen: list[str] = []
    turns = Turns()

    def first() -> None:
        seen.append("first")
        turns.take(partial(seen.append, "last"))

    turns.take(first)
    turns.take(partial(seen.append, "second"))
    await turn(4)
    assert seen == ["first", "second", "last"]


async def test_some_steps_go_before_those_that_wait_of_which_each_turn_has_one() -> None:
    seen: list[str] = []
    turns = Turns()
    for each in ("a", "b"):
        turns.take(partial(seen.append, each))
    for each in ("1", "2", "3"):
        turns.take(partial(seen.append, each), SOON)
    for each in ("x", "y"):
        turns.take(partial(seen.append, each), URGENT)
    await turn(5)
    assert seen == ["y", "3", "a", "x", "2", "b", "1"]


async def test_a_cancelled_step_keeps_nothing_alive_and_takes_no_turn() -> None:
    seen: list[int] = []
    turns = Turns()
    steps = [turns.take(partial(seen.append, number)) for number in range(100)]
    for step in steps[:99]:
        step.cancel()
        assert step.run is None
    await turn(2)
    assert seen == [99]


async def test_a_share_is_for_as_many_steps_as_fit() -> None:
    seen: list[object] = []
    time = 0.0

    def now() -> float:
        nonlocal time
        time += 1.0
        return time

    turns = Turns(2.5, now)
    assert [turns.has_time() for _ in range(4)] == [True, True, True, False]
    for number in range(7):
        turns.take(partial(seen.append, number))
    assert not turns.has_time()
    await turn()
    assert seen == [0, 1, 2]
    assert not turns.has_time()
    await turn()
    assert seen == [0, 1, 2, 3, 4, 5]
    await turn(2)
    assert seen == [0, 1, 2, 3, 4, 5, 6]
    assert turns.has_time()


async def test_what_a_step_begins_is_paid_from_the_share() -> None:
    seen: list[int] = []
    turns = Turns(3.0, lambda: 0.0)

    def dear(number: int) -> None:
        seen.append(number)
        turns.spend(1.0)

    for number in range(4):
        turns.take(partial(dear, number))
    await turn()
    assert seen == [0, 1, 2]
    await turn()
    assert seen == [0, 1, 2, 3]


@pytest.mark.needs("posix")
@pytest.mark.parametrize(
    "anyio_backend",
    [
        pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio"),
        pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"),
    ],
)
async def test_the_loop_reads_between_two_steps() -> None:
    """A step that asks for the next must not keep the loop from looking at its sockets."""
    seen: list[object] = []
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        loop, turns = asyncio.get_running_loop(), Turns()
        loop.add_reader(ours, lambda: seen.append(ours.recv(1)))
        turns.take(partial(theirs.sendall, b"x"))
        for number in range(3):
            turns.take(partial(seen.append, number))
        await turn(6)
        loop.remove_reader(ours)
    assert seen.index(b"x") <= 1
