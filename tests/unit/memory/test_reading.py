"""How much is read at a time: sips."""

import asyncio
from pathlib import Path

import pytest

from proxy.memory.reading import SIP, Sips
from tests.support.command import alone


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


FORKED = """
import os
from proxy.memory.reading import SIPS

SIPS[0] = 1
if not (child := os.fork()):
    SIPS[0] = 2
    os._exit(0)
os.waitpid(child, 0)
print(SIPS[0])
"""


@pytest.mark.needs("posix")
def test_a_forked_process_reads_into_a_buffer_of_its_own(tmp_path: Path) -> None:
    """What is not private is shared: both would read over bytes that the other has not copied."""
    assert alone(FORKED, cwd=tmp_path).stdout == "1\n"
