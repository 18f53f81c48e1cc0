"""A caller's connection changes its state as it is drawn, or not at all."""

import asyncio

import pytest
from uvicorn.server import ServerState

from proxy.listener.connection import CallerConnection
from proxy.listener.connections import Callers, ListenerLimits
from proxy.listener.state import (
    ANSWER,
    BODY,
    CLOSED,
    ENDING,
    HEAD,
    IDLE,
    LAST,
    NEXT,
    OPENED,
    STOPPED,
    UNTAKEN,
    CallerState,
)
from proxy.memory import Budget


async def nobody(*_: object) -> None:
    raise NotImplementedError


def test_a_change_that_is_not_drawn_is_raised_before_anything_happens() -> None:
    async def main() -> None:
        limits = ListenerLimits(1, 1, 1, 1)
        callers = Callers(limits, lambda refusal: (refusal.status, [], b""), Budget())
        connection = CallerConnection(callers, nobody, ServerState(), asyncio.get_running_loop())
        with pytest.raises(RuntimeError, match="OPENED becomes UNTAKEN"):
            connection._become(UNTAKEN)
        assert connection.state is OPENED

    asyncio.run(main())


def test_every_state_is_reached_and_all_lead_to_the_end() -> None:
    reached = {state for after in NEXT.values() for state in after}
    assert reached == set(CallerState) - {OPENED}
    ends = [state for state, after in NEXT.items() if CLOSED not in after]
    assert ends == [CLOSED]


def test_the_order_of_the_states_says_what_becomes_of_what_comes() -> None:
    """It is read, kept, or dropped: `CallerConnection` compares them."""
    read = [OPENED, IDLE, HEAD, STOPPED, BODY]
    kept = [ANSWER, UNTAKEN]
    dropped = [LAST, ENDING, CLOSED]
    assert sorted(CallerState) == [*read, *kept, *dropped]
