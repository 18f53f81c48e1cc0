"""Who comes after a thousand others is accepted soon, though turns of the event loop are long."""

import asyncio
import socket
import time

import pytest

from proxy.server.crowd import FEW, Crowd

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.needs("posix"),
    pytest.mark.parametrize("anyio_backend", [("asyncio", {"use_uvloop": True})]),
]

LONG = 0.02  # seconds


class Made:
    """What makes protocols, and how many it has made."""

    def __init__(self) -> None:
        self.count = 0
        self.failing = False

    def __call__(self) -> asyncio.Protocol:
        if self.failing:
            raise ConnectionResetError
        self.count += 1
        return asyncio.Protocol()


async def turns_until_all_are_there(
    made: Made, crowd: Crowd, listening: socket.socket, count: int, *, long: bool
) -> int:
    loop = asyncio.get_running_loop()
    callers = [socket.create_connection(listening.getsockname()) for _ in range(count)]
    server = await loop.create_server(crowd.protocol, sock=listening)
    turns = 0
    while made.count < count:
        if long:
            loop.call_soon(time.sleep, LONG)  # what others do
        await asyncio.sleep(0)
        turns += 1
    server.close()
    for caller in callers:
        caller.close()
    return turns


def listener() -> socket.socket:
    listening = socket.create_server(("127.0.0.1", 0), backlog=200)
    listening.setblocking(False)
    return listening


@pytest.mark.needs(files=600)
async def test_the_longer_the_turns_are_the_more_are_accepted_in_each() -> None:
    made, listening = Made(), listener()
    crowd = Crowd((listening,), made, 1)
    assert await turns_until_all_are_there(made, crowd, listening, 100, long=True) < 20


async def test_the_event_loop_accepts_what_little_comes() -> None:
    made, listening = Made(), listener()
    crowd = Crowd((listening,), made, FEW)
    await turns_until_all_are_there(made, crowd, listening, 10, long=False)
    assert made.count == 10


async def test_who_has_gone_meanwhile_disturbs_nobody() -> None:
    made, listening = Made(), listener()
    with listening, socket.create_connection(listening.getsockname()) as caller:
        crowd = Crowd((listening,), made, 1)
        made.failing = True
        crowd._accept(2)
        (task,) = crowd._tasks
        await task
        assert caller.recv(1) == b""
    await asyncio.sleep(0)
    assert not crowd._tasks
