"""Flow control of one connection: it pauses reading and writing."""

import asyncio
import sys
from collections.abc import Callable
from typing import Final, cast

from proxy.http1.framing import BUFFER
from proxy.memory.budget import Budget
from proxy.memory.kernel import unread
from proxy.memory.reading import SIP, read_as

# Windows' loop hands on what has come only after that: nothing would be learnt while it waits.
_WAITS: Final = sys.platform != "win32"


class Flow:
    """Both directions of one connection.

    ``by_records``: a caller's TLS below reads one record at a time. Then `adapt` changes nothing.
    ``moves`` counts reads and writes; the protocol counts its own reads. ``drops``: what is read is
    not kept; it is read in sips, since the event loop makes an object of each read.
    """

    __slots__ = (
        "_budget",
        "_drained",
        "_late",
        "_mark",
        "_protocol",
        "_unread",
        "_write",
        "_write_mark",
        "by_records",
        "drops",
        "moves",
        "reading_paused",
        "transport",
        "writing_paused",
    )

    def __init__(self, budget: Budget) -> None:
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)
        self.reading_paused = False
        self.writing_paused = False
        self.by_records = False
        self.drops = False
        self.moves = 0
        self._budget = budget
        self._late = b""  # bytes to be written in the next turn of the loop
        self._protocol: asyncio.Protocol | None = None
        self._mark = BUFFER  # bytes, as it is read now; the wanted mark may differ
        self._write_mark = BUFFER
        self._write = cast("Callable[[bytes], None]", None)
        self._unread = 0  # bytes that wait in the kernel while reading is paused
        self._drained: asyncio.Future[None] | None = None

    def begin(
        self,
        protocol: asyncio.Protocol,
        transport: asyncio.Transport,
        write: Callable[[bytes], None] | None = None,
    ) -> None:
        """Control reading and writing of ``transport``, which ``protocol`` reads.

        ``write`` seals what is written, and writes it to the transport.
        """
        self._protocol = protocol
        self.transport = transport
        self._write = write or transport.write
        transport.set_write_buffer_limits(high=BUFFER)

    def end(self) -> None:
        """Drop the protocol, which refers to this one; wake the one who waits."""
        self._protocol = None
        self._late = b""
        self.reading_paused = False
        self.wake()

    # -- reading ---------------------------------------------------------------------------

    def pause_reading(self) -> None:
        """Read no more for now."""
        if not self.reading_paused:
            self.reading_paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on, as much at a time as is wanted now."""
        if self.reading_paused and not self.transport.is_closing():
            self.reading_paused = False
            self._unread = 0
            self.adapt()
            self.transport.resume_reading()

    def follow(self) -> None:
        """Read as much at a time as is wanted now; only while it is read."""
        if self._mark != self._budget.mark and not self.drops:
            self.transport.pause_reading()
            self.adapt()
            self.transport.resume_reading()

    def adapt(self) -> None:
        """Read as much at a time as is wanted now; only while nothing is read."""
        mark = SIP if self.drops and not self.by_records else self._budget.mark
        if self._mark == mark:
            return
        self._mark = mark
        if not self.by_records and self._protocol is not None:
            read_as(self._protocol, self.transport, mark)

    def look_below(self) -> None:
        """Measure the bytes that wait in the kernel: they count against our limit."""
        self._unread = unread(self.transport) if self.reading_paused else 0

    def weigh(self) -> int:
        """Return the bytes that wait below, in either direction."""
        return self._unread + self.unwritten

    # -- writing ---------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Write; call `drain` before much more.

        On a connection that is being closed nothing is written: uvloop would raise RuntimeError.
        """
        if data and not self.transport.is_closing():
            self.moves += 1
            self.write_out()
            self._write(data)

    def write_soon(self, data: bytes) -> None:
        """Write in the loop's next turn, after it has looked at all sockets; large data at once.

        The writes of a turn follow each other then. Each in the middle of its exchange, they and
        Python push each other out of the processor's caches: measured with 32 connections, that
        takes a twentieth more of its time on a quiet machine, and a sixth on a busy one.
        """
        if len(data) > SIP or not _WAITS:
            self.write(data)
        elif data:
            self.moves += 1
            self._late += data
            asyncio.get_running_loop().call_soon(self.write_out)

    @property
    def late(self) -> bool:
        """Whether something waits for the next turn."""
        return bool(self._late)

    def write_out(self) -> None:
        """Write what waits for the next turn, now.

        On a connection that is being closed it stays, since `late` says that it was never sent.
        """
        if self._late and not self.transport.is_closing():
            data, self._late = self._late, b""
            self._write(data)

    def close(self) -> None:
        """Close, when all is written."""
        self.write_out()
        self.transport.close()

    def abort(self) -> None:
        """Close at once; what waits for the next turn goes out before, as if it had not waited."""
        self.write_out()
        self.transport.abort()

    @property
    def unwritten(self) -> int:
        """The bytes that wait to be written."""
        return self.transport.get_write_buffer_size() + len(self._late)

    def pause_writing(self) -> None:
        """Note that the other end does not keep up."""
        self.writing_paused = True

    def resume_writing(self) -> None:
        """Note that the other end has caught up."""
        self.writing_paused = False
        self.wake()

    def follow_writing(self) -> None:
        """Set the present limit of the bytes that wait to be written."""
        mark = self._budget.mark
        if self._write_mark != mark:
            self._write_mark = mark
            self.transport.set_write_buffer_limits(high=mark if mark == BUFFER else mark // 2)

    async def drain(self) -> None:
        """Wait until the other end has taken enough, or the connection ends."""
        while self.writing_paused and not self.transport.is_closing():
            self._drained = asyncio.get_running_loop().create_future()
            try:
                await self._drained
            finally:
                self._drained = None

    def wake(self) -> None:
        """Make the one who waits in `drain` check again."""
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
