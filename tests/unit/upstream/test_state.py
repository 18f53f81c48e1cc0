"""A connection's states follow each other as they are drawn, or not at all."""

import asyncio

import pytest

from proxy.upstream.state import NEXT, UpstreamState
from tests.support.scripted import GET, Peer, begun, pooled, serving

pytestmark = pytest.mark.anyio


async def test_a_second_exchange_on_a_busy_connection_is_refused_before_a_byte_is_written() -> None:
    received: list[bytes] = []
    told = asyncio.Event()

    async def script(peer: Peer) -> None:
        received.append(await peer.request())
        told.set()
        await peer.closed()

    async with serving(script) as server, pooled(server.port) as pool:
        connection = await begun(pool)
        await told.wait()
        with pytest.raises(RuntimeError, match="AWAITING becomes AWAITING"):
            connection.begin(GET, head_only=False, complete=True)
        assert connection.transport.get_write_buffer_size() == 0
        pool.release(connection)
    assert len(received) == 1


def test_every_state_is_reached_and_all_lead_to_the_end() -> None:
    assert {state for after in NEXT.values() for state in after} == set(UpstreamState)
    assert [state for state, after in NEXT.items() if UpstreamState.CLOSED not in after] == [
        UpstreamState.CLOSED
    ]
