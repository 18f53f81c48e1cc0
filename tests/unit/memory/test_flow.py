"""What waits to be written, and when it is."""

import asyncio
from typing import cast

import pytest

from proxy.memory import Budget
from proxy.memory.flow import Flow
from proxy.memory.reading import SIP

pytestmark = [pytest.mark.anyio, pytest.mark.needs("posix")]  # on Windows nothing waits


class Transport:
    def __init__(self) -> None:
        self.closing = False
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def is_closing(self) -> bool:
        return self.closing

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int) -> None: ...


def flowing() -> tuple[Flow, Transport]:
    flow, transport = Flow(Budget()), Transport()
    flow.begin(asyncio.Protocol(), cast("asyncio.Transport", transport))
    return flow, transport


async def test_what_may_wait_is_written_in_the_next_turn_and_before_what_may_not() -> None:
    flow, transport = flowing()
    flow.write_soon(b"one")
    assert (transport.written, flow.unwritten, flow.late) == ([], 3, True)
    await asyncio.sleep(0)
    assert (transport.written, flow.unwritten, flow.late) == ([b"one"], 0, False)
    flow.write_soon(b"two")
    flow.write(b"three")
    await asyncio.sleep(0)
    assert transport.written == [b"one", b"two", b"three"]


async def test_large_data_never_waits() -> None:
    flow, transport = flowing()
    flow.write_soon(b"one")
    flow.write_soon(b"x" * (SIP + 1))
    assert list(map(len, transport.written)) == [3, SIP + 1]


async def test_nothing_is_written_any_more_on_a_connection_that_is_being_closed() -> None:
    """What has waited there counts as not sent, until the end has come through."""
    flow, transport = flowing()
    flow.write_soon(b"payment")
    transport.closing = True
    await asyncio.sleep(0)
    flow.write(b"more of it")
    assert (transport.written, flow.late) == ([], True)
    flow.end()
    assert not flow.late
