"""TLS read record by record, and what happens where the event loop has not what that needs."""

import asyncio
import mmap
import sys
from asyncio import sslproto
from collections.abc import Callable

import pytest

from proxy.memory.records import RECORD, Records, works
from tests.support.patience import PATIENCE

LOOPS = [
    pytest.param(asyncio.new_event_loop, id="asyncio"),
]
if sys.platform != "win32":
    import uvloop

    LOOPS.append(pytest.param(uvloop.new_event_loop, id="uvloop"))


class Tls(asyncio.BufferedProtocol):
    """What the event loop's TLS is to the transport below it."""

    def __init__(self, size: int) -> None:
        self.memory = bytearray(b"x" * size)
        self.read = b""

    def get_buffer(self, sizehint: int) -> memoryview:
        del sizehint
        return memoryview(self.memory)

    def buffer_updated(self, nbytes: int) -> None:
        self.read += bytes(self.memory[:nbytes])


def test_tls_reads_a_record_at_a_time_and_the_rest_of_its_memory_is_not_used() -> None:
    tls = Tls(262_144)
    records = Records(tls)
    assert tls.memory.count(b"x") < RECORD + 2 * mmap.PAGESIZE or sys.platform != "linux"
    for _ in range(2):
        buffer = records.get_buffer(-1)
        assert len(buffer) == RECORD
        buffer[:2] = b"ok"
        records.buffer_updated(2)
    assert tls.read == b"okok"


def tried(new: Callable[[], asyncio.AbstractEventLoop], patience: float = PATIENCE) -> bool:
    async def main() -> bool:
        found = await works(patience)
        for _ in range(20):  # TLS takes a few turns of the loop to let go
            await asyncio.sleep(0)
        return found

    with asyncio.Runner(loop_factory=new) as runner:
        return runner.run(main())


@pytest.mark.parametrize("new", LOOPS)
def test_the_event_loops_of_today_have_what_it_needs(
    caplog: pytest.LogCaptureFixture, new: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    assert tried(new)
    assert not caplog.records


def other_memory_each_time(_: object, size: int) -> memoryview:
    return memoryview(bytearray(max(size, RECORD)))


def too_little_memory(_: object, size: int) -> memoryview:
    del size
    return memoryview(bytearray(1))


@pytest.mark.parametrize(
    ("owner", "name", "instead"),
    [
        pytest.param(sslproto._SSLProtocolTransport, "set_read_buffer_limits", None, id="limits"),
        pytest.param(sslproto.SSLProtocol, "get_buffer", other_memory_each_time, id="memory"),
        pytest.param(sslproto.SSLProtocol, "get_buffer", too_little_memory, id="size"),
        pytest.param(sslproto.SSLProtocol, "buffer_updated", None, id="buffered"),
    ],
)
def test_an_event_loop_without_it_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    owner: type,
    name: str,
    instead: object,
) -> None:
    monkeypatch.setattr(owner, name, instead)
    assert not tried(asyncio.new_event_loop, patience=0.5)
    assert "TLS is not read record by record" in caplog.text
