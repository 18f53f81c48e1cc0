"""A descriptor for log lines; nobody waits for its reader."""

import os
import select
import stat
import sys

KEPT = 1 << 20  # bytes of lines that wait for a reader who stalls


class Sink:
    """A descriptor to write lines to, which never waits until there is room for them.

    It changes no flag of the descriptor: other processes may share the open file.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        if sys.platform == "win32":
            from proxy.windows import console, writing

            if console.is_console(descriptor):
                console.show_utf8()
            self._writer = None if regular else writing.writer_of(descriptor)
        # POSIX: a pipe that poll() calls ready takes this many bytes at once.
        self._piece = KEPT if regular or sys.platform == "win32" else select.PIPE_BUF

    def put(self, data: bytes) -> bytes:
        """Write lines; return those for which there was no room."""
        if sys.platform == "win32" and self._writer is not None:
            return self._writer.take(data)
        while data and self._ready():
            end = self._piece
            if len(data) > end:
                end = data.rfind(b"\n", 0, end) + 1 or end  # whole lines, if they are not longer
            try:
                data = data[os.write(self._descriptor, data[:end]) :]
            except BlockingIOError:
                return data
            except OSError:  # the reader is gone: logging must not end payments
                return b""
        return data

    def _ready(self) -> bool:
        if sys.platform == "win32":
            return True
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        return bool(poll.poll(0))

    def write(self, text: str) -> int:
        """Write a record, or lose it if there is no room. Logging calls this."""
        self.put(text.encode(errors="replace"))
        return len(text)

    def flush(self) -> None:
        """Do nothing, since nothing is buffered."""
