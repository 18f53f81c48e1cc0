"""How many bodies wait for a far side that does not keep up, in all exchanges together.

A connection that is not read, because as much of a body waits as may, counts here; small bodies
never do. Beyond `MANY` of them less may wait of each, and what comes is read in sips: one read of
the event loop's takes 256 KiB.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from proxy.http1.framing import BUFFER

MANY: Final = 64
SIP: Final = 16_384  # bytes


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


class Sips(asyncio.BufferedProtocol):
    """Stands before a protocol and reads for it, a little at a time."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        self._protocol = protocol
        self._buffer = memoryview(bytearray(SIP))
        self.pause_writing = protocol.pause_writing  # type: ignore[method-assign]  # its own
        self.resume_writing = protocol.resume_writing  # type: ignore[method-assign]
        self.eof_received = protocol.eof_received  # type: ignore[method-assign]
        self.connection_lost = protocol.connection_lost  # type: ignore[method-assign]

    def get_buffer(self, sizehint: int) -> memoryview:
        """Say where the next bytes go."""
        del sizehint
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Hand them on."""
        self._protocol.data_received(bytes(self._buffer[:nbytes]))


def read_as(protocol: asyncio.Protocol, transport: asyncio.Transport, mark: int) -> None:
    """Have what comes read in sips, or not; while nothing is read."""
    transport.set_protocol(protocol if mark == BUFFER else Sips(protocol))
