"""How many bodies wait for a far side that does not keep up, in all exchanges together.

A connection that is not read, because as much of a body waits as may, counts here; small bodies
never do. Beyond `MANY` of them less may wait of each, and what comes is read in sips: one read of
the event loop's takes 256 KiB. Its TLS keeps as much, twice, for as long as the connection lives.
"""

import asyncio
import mmap
import sys
from collections.abc import Callable
from typing import Final, cast

from proxy.http1.framing import BUFFER

MANY: Final = 32
SIP: Final = 16_384  # bytes
RECORD: Final = SIP + 22  # bytes: the largest of TLS 1.3, as OpenSSL writes it
# Where sips are taken from, all in one place: each is copied before the next is read.
_SIPS: Final = memoryview(bytearray(4 * SIP))


class Pressure:
    """Counts the connections that are not read; ``eased`` is called when there were many of them.

    ``mark`` (bytes) is how much of a body may wait before its sender is not read.
    """

    def __init__(self, eased: Callable[[], None] = lambda: None) -> None:
        self._eased = eased
        self._waiting = 0
        self._many = False
        self.mark = BUFFER

    def join(self) -> None:
        """Count a connection that is not read any more."""
        self._waiting += 1
        if self._waiting >= MANY:
            self._many = True
            self.mark = SIP

    def leave(self) -> None:
        """Count a connection no more."""
        self._waiting -= 1
        if self._waiting < MANY // 2:
            self.mark = BUFFER

    def settle(self) -> None:
        """Call ``eased`` if many have left since this was last called; for a coarse timer."""
        if self._many and self._waiting < MANY // 2:
            self._many = False
            self._eased()


class _Before(asyncio.BufferedProtocol):
    """Stands before a protocol and reads for it into ``buffer``; all else is the other's own."""

    def __init__(
        self, behind: asyncio.Protocol | asyncio.BufferedProtocol, buffer: memoryview
    ) -> None:
        self._buffer = buffer
        self.pause_writing = behind.pause_writing  # type: ignore[method-assign]
        self.resume_writing = behind.resume_writing  # type: ignore[method-assign]
        self.eof_received = behind.eof_received  # type: ignore[method-assign]
        self.connection_lost = behind.connection_lost  # type: ignore[method-assign]

    def get_buffer(self, sizehint: int) -> memoryview:
        """Say where the next bytes go."""
        del sizehint
        return self._buffer


class Sips(_Before):
    """Reads for a protocol a little at a time."""

    def __init__(self, protocol: asyncio.Protocol, buffer: memoryview = _SIPS[:SIP]) -> None:
        super().__init__(protocol, buffer)
        self._protocol = protocol

    def buffer_updated(self, nbytes: int) -> None:
        """Hand them on."""
        self._protocol.data_received(bytes(self._buffer[:nbytes]))


class Records(_Before):
    """Reads for the event loop's TLS one record at a time.

    Measured with 400 answers of 50 MB that nobody took: 384 MiB without it.
    """

    def __init__(self, tls: asyncio.BufferedProtocol) -> None:
        self._tls = tls  # whose memory the buffer is
        whole = cast("memoryview", tls.get_buffer(RECORD))
        super().__init__(tls, whole[:RECORD])
        _untouched(whole[RECORD:])
        self.buffer_updated = tls.buffer_updated  # type: ignore[method-assign]


def _untouched(memory: memoryview) -> None:
    """Let the kernel have pages that nobody will use, until somebody does.

    malloc takes a large buffer from what others have left behind, which is resident: measured,
    50 KiB of each.
    """
    if sys.platform != "linux":
        return
    import ctypes

    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    first = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE
    size = (start + len(memory)) // mmap.PAGESIZE * mmap.PAGESIZE - first
    ctypes.CDLL(None).madvise(ctypes.c_void_p(first), ctypes.c_size_t(size), mmap.MADV_DONTNEED)


def read_by_records(
    protocol: asyncio.Protocol, secured: asyncio.Transport, below: asyncio.Transport
) -> None:
    """Have what comes through TLS, ``secured`` over ``below``, take little memory."""
    below.set_protocol(Records(cast("asyncio.BufferedProtocol", below.get_protocol())))
    secured.set_read_buffer_limits(high=1)  # type: ignore[attr-defined]  # all of TLS have it
    secured.set_protocol(Sips(protocol, _SIPS))


def read_as(protocol: asyncio.Protocol, transport: asyncio.Transport, mark: int) -> None:
    """Have what comes read in sips, or not; while nothing is read."""
    transport.set_protocol(protocol if mark == BUFFER else Sips(protocol))
