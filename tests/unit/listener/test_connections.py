"""Newcomers for whom there is no place take that of a stranger who stands still."""

import asyncio
from collections.abc import Callable

import pytest

from proxy.listener.connection import CallerConnection
from proxy.listener.connections import LOOK, MANY
from proxy.memory import Claim
from tests.unit.listener.test_connection import SMALL, Listener, run, transport

LIMIT = 100  # connections, of the tests' listener


def full(listener: Listener, still: float) -> list[CallerConnection]:
    """Return as many connections as there may be, which have stood still so long (seconds)."""
    crowd = [listener.connection() for _ in range(LIMIT)]
    for each in crowd:
        each._moved_at -= still
    return crowd


def refused(connection: CallerConnection) -> bool:
    return transport(connection).written.startswith(b"HTTP/1.1 503 ")


@pytest.fixture
def claims(monkeypatch: pytest.MonkeyPatch) -> list[CallerConnection]:
    """Return who is asked for its claim, in order."""
    asked: list[CallerConnection] = []
    claim: Callable[[CallerConnection, float], Claim | None] = CallerConnection.claim

    def noted(self: CallerConnection, now: float) -> Claim | None:
        asked.append(self)
        return claim(self, now)

    monkeypatch.setattr(CallerConnection, "claim", noted)
    return asked


def test_a_look_at_all_finds_places_for_many_newcomers(claims: list[CallerConnection]) -> None:
    """It took 5 ms for each: who opened connections kept everybody else from being served."""

    async def test(listener: Listener) -> None:
        crowd = full(listener, 2.0)
        newcomers = [listener.connection() for _ in range(LIMIT // 2)]
        assert not any(map(refused, newcomers))
        assert sum(transport(each).aborted for each in crowd) == len(newcomers)
        assert len(claims) <= 2 * LIMIT

    run(test)


def test_where_nobody_stands_still_newcomers_are_refused_without_a_look_for_each(
    claims: list[CallerConnection], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(listener: Listener) -> None:
        loop, now = asyncio.get_running_loop(), asyncio.get_running_loop().time()
        monkeypatch.setattr(loop, "time", lambda: now)  # there is a look in each tenth of a second
        crowd = full(listener, 0.0)
        assert all(refused(listener.connection()) for _ in range(LIMIT))
        assert len(claims) <= 2 * LIMIT
        for each in crowd:
            each._moved_at -= 2.0
        listener.callers._look_at -= LOOK
        assert not any(refused(listener.connection()) for _ in range(MANY))

    run(test)


def test_who_moves_after_the_look_keeps_its_place() -> None:
    async def test(listener: Listener) -> None:
        crowd = full(listener, 2.0)
        listener.connection()
        gone = [each for each in crowd if transport(each).aborted]
        for each in crowd:
            each._moved_at += 2.0
        assert refused(listener.connection())
        assert [each for each in crowd if transport(each).aborted] == gone

    run(test)


def test_who_only_waits_for_a_better_answer_gives_its_place_at_once() -> None:
    async def test(listener: Listener) -> None:
        crowd = full(listener, 0.0)
        hurried: list[str] = []
        crowd[3].data_received(SMALL)
        assert crowd[3]._cycle is not None
        assert crowd[3]._cycle.request is not None
        crowd[3]._cycle.request.hurry = lambda: hurried.append("now")
        assert not refused(listener.connection())
        assert hurried == ["now"]

    run(test)
