"""How much is read at a time: sips, and records of TLS."""

import asyncio
import mmap
import sys

import pytest

from proxy.memory.reading import RECORD, SIP, Records, Sips


class Told(asyncio.Protocol):
    def __init__(self) -> None:
        self.data: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        self.data.append(data)


@pytest.mark.parametrize("size", [1, SIP])
def test_a_sip_is_what_has_come(size: int) -> None:
    told = Told()
    sips = Sips(told)
    for letter in (b"a", b"b"):
        buffer = sips.get_buffer(-1)
        buffer[:size] = letter * size
        sips.buffer_updated(size)
    assert told.data == [b"a" * size, b"b" * size]


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
