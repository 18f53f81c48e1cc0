"""Writes log lines in a thread, since Windows does not tell whether there is room for them.

A pipe that nobody reads takes none, nor does a console window in which somebody marks text: the
event loop would wait there, and all callers with it.
"""

import atexit
import functools
import os
import threading
from typing import Final

MOST: Final = 1 << 20  # bytes that wait for a reader who stalls
THREAD: Final = "breb-proxy log"
_AT_ONCE: Final = 0.01  # seconds in which a line is out, as a rule: then lines keep their order
_AT_THE_END: Final = 0.5  # seconds


@functools.cache
def writer_of(descriptor: int) -> "LineWriter":
    """Return the one that writes to ``descriptor``."""
    writer = LineWriter(descriptor)
    atexit.register(writer.settle, _AT_THE_END)
    return writer


class LineWriter:
    """Writes what it is given, in that order; who gives it does not wait for a reader."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting = bytearray()
        self._writing = False
        self._change = threading.Condition()
        threading.Thread(target=self._run, name=THREAD, daemon=True).start()

    def take(self, data: bytes) -> bytes:
        """Take lines; return them if too much waits already."""
        with self._change:
            if len(self._waiting) + len(data) > MOST:
                return data
            stalls = not self._idle()
            self._waiting += data
            self._change.notify_all()
            if not stalls:
                self._change.wait_for(self._idle, _AT_ONCE)
        return b""

    def settle(self, seconds: float) -> None:
        """Wait until all is written, but no longer than that."""
        with self._change:
            self._change.wait_for(self._idle, seconds)

    def _idle(self) -> bool:
        return not self._waiting and not self._writing

    def _run(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._waiting)
                data, self._waiting = bytes(self._waiting), bytearray()
                self._writing = True
            self._write(data)
            with self._change:
                self._writing = False
                self._change.notify_all()

    def _write(self, data: bytes) -> None:
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError:  # the reader is gone: logging must not end payments
            return
