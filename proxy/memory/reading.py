"""How much is read at a time: as much as comes, or a sip, or one record of TLS.

One read of the event loop's takes 256 KiB. Its TLS keeps as much, twice, for as long as the
connection lives.
"""

import asyncio
import mmap
import sys
from typing import Final, cast

from proxy.http1.framing import BUFFER

SIP: Final = 16_384  # bytes
RECORD: Final = SIP + 22  # bytes: the largest of TLS 1.3, as OpenSSL writes it
# Where sips are taken from, all in one place: each is copied before the next is read.
_SIPS: Final = memoryview(bytearray(4 * SIP))


class _Before(asyncio.BufferedProtocol):
    """Stands before a protocol and reads for it into ``buffer``; all else is the other's own."""

    __slots__ = ("_behind", "_buffer")

    def __init__(
        self, behind: asyncio.Protocol | asyncio.BufferedProtocol, buffer: memoryview
    ) -> None:
        self._behind = behind
        self._buffer = buffer

    def get_buffer(self, sizehint: int) -> memoryview:
        """Say where the next bytes go."""
        del sizehint
        return self._buffer

    def pause_writing(self) -> None:
        """Hand it on."""
        self._behind.pause_writing()

    def resume_writing(self) -> None:
        """Hand it on."""
        self._behind.resume_writing()

    def eof_received(self) -> bool | None:
        """Hand it on."""
        return self._behind.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand it on."""
        self._behind.connection_lost(exc)


class Sips(_Before):
    """Reads for a protocol a little at a time."""

    __slots__ = ("_received",)

    def __init__(self, protocol: asyncio.Protocol, buffer: memoryview = _SIPS[:SIP]) -> None:
        super().__init__(protocol, buffer)
        self._received = protocol.data_received

    def buffer_updated(self, nbytes: int) -> None:
        """Hand them on."""
        self._received(bytes(self._buffer[:nbytes]))


class Records(_Before):
    """Reads for the event loop's TLS one record at a time.

    Measured with 400 answers of 50 MB that nobody took: 384 MiB without it.
    """

    def __init__(self, tls: asyncio.BufferedProtocol) -> None:
        self.tls = tls  # whose memory the buffer is
        whole = cast("memoryview", tls.get_buffer(RECORD))
        super().__init__(tls, whole[:RECORD])
        _untouched(whole[RECORD:])

    def buffer_updated(self, nbytes: int) -> None:
        """Hand them on."""
        self.tls.buffer_updated(nbytes)


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
    if size > 0:
        libc = ctypes.CDLL(None)
        libc.madvise(ctypes.c_void_p(first), ctypes.c_size_t(size), mmap.MADV_DONTNEED)


def read_by_records(
    protocol: asyncio.Protocol, secured: asyncio.Transport, below: asyncio.Transport
) -> None:
    """Have what comes through TLS, ``secured`` over ``below``, take little memory."""
    tls = below.get_protocol()
    if not isinstance(tls, Records):
        below.set_protocol(Records(cast("asyncio.BufferedProtocol", tls)))
    secured.set_read_buffer_limits(high=1)  # type: ignore[attr-defined]  # all of TLS have it
    secured.set_protocol(Sips(protocol, _SIPS))


def read_as(protocol: asyncio.Protocol, transport: asyncio.Transport, mark: int) -> None:
    """Have what comes read in sips, or not; while nothing is read."""
    transport.set_protocol(protocol if mark == BUFFER else Sips(protocol))
