"""Bodies that wait are counted; beyond many of them less may wait, and memory is given back."""

import asyncio
import mmap
import sys

import pytest

from proxy.http1.framing import BUFFER
from proxy.pressure import MANY, RECORD, SIP, Pressure, Records, Sips


def test_less_may_wait_while_many_do() -> None:
    pressure = Pressure()
    marks = []
    for _ in range(MANY):
        marks.append(pressure.mark)
        pressure.join()
    assert set(marks) == {BUFFER}
    assert pressure.mark == SIP
    for _ in range(MANY // 2):
        pressure.leave()
    assert pressure.mark == SIP
    pressure.leave()
    assert pressure.mark == BUFFER


def test_memory_is_given_back_once_after_many_have_left() -> None:
    given: list[bool] = []
    pressure = Pressure(lambda: given.append(True))
    for count in (MANY - 1, MANY):
        for _ in range(count):
            pressure.join()
        pressure.settle()
        assert not given
        for _ in range(count):
            pressure.leave()
        pressure.settle()
        pressure.settle()
    assert given == [True]


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
