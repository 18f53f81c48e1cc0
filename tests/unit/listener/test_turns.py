"""What takes long is done step by step, and others have their turn between two steps."""

import asyncio
from functools import partial

import pytest

from proxy.listener.turns import Turns

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
