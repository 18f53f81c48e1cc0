"""The size of one read: as much as comes, at most 256 KiB, or a sip."""

import asyncio
import mmap
import sys
from typing import Final

from proxy.http1.framing import BUFFER

SIP: Final = 16_384  # bytes
# One buffer for the sips of all connections: each sip is copied before the next is read. It takes
# no memory until there are some. It is private: a process that is forked reads into its own.
_PRIVATE: Final = {} if sys.platform == "win32" else {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANON}
SIPS: Final = memoryview(mmap.mmap(-1, 4 * SIP, **_PRIVATE))


class ReadAdapter(asyncio.BufferedProtocol):
    """Stands before a protocol, reads for it into ``buffer``, and passes all else on."""

    __slots__ = ("_behind", "_buffer")

    def __init__(
        self, behind: asyncio.Protocol | asyncio.BufferedProtocol, buffer: memoryview
    ) -> None:
        self._behind = behind
        self._buffer = buffer

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return the buffer for the next bytes."""
        del sizehint
        return self._buffer

    def pause_writing(self) -> None:
        """Pass the call on."""
        self._behind.pause_writing()

    def resume_writing(self) -> None:
        """Pass the call on."""
        self._behind.resume_writing()

    def eof_received(self) -> bool | None:
        """Pass the call on."""
        return self._behind.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass the call on."""
        self._behind.connection_lost(exc)


class Sips(ReadAdapter):
    """Reads for a protocol a little at a time."""

    __slots__ = ("_received",)

    def __init__(self, protocol: asyncio.Protocol, buffer: memoryview = SIPS[:SIP]) -> None:
        super().__init__(protocol, buffer)
        self._received = protocol.data_received

    def buffer_updated(self, nbytes: int) -> None:
        """Pass the bytes on."""
        self._received(bytes(self._buffer[:nbytes]))


def read_as(protocol: asyncio.Protocol, transport: asyncio.Transport, mark: int) -> None:
    """Read in sips from now on, or not; call this only while reading is paused."""
    transport.set_protocol(protocol if mark == BUFFER else Sips(protocol))
