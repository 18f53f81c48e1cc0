"""How much is read at a time: sips."""

import asyncio

import pytest

from proxy.memory.reading import SIP, Sips


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
