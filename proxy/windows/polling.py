"""What Windows tells of a socket without a read from it, in the manner of ``select.poll``."""

import ctypes
from typing import Final

READABLE: Final = 0x100
ERROR: Final = 0x1  # a reset
ENDED: Final = 0x2  # the peer sends no more; it may have closed, or only half of it


class _PollFd(ctypes.Structure):
    _fields_ = [("fd", ctypes.c_size_t), ("events", ctypes.c_short), ("found", ctypes.c_short)]


_poll = ctypes.WinDLL("ws2_32").WSAPoll


def polled(descriptor: int, events: int = 0) -> int:
    """Return which of ``events`` there are; ERROR and ENDED are always told."""
    asked = _PollFd(descriptor, events, 0)
    return int(asked.found) if _poll(ctypes.byref(asked), 1, 0) > 0 else 0
