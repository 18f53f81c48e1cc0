"""The kernel's buffers for our connections, which count against a control group's limit, too.

By default they grow to megabytes for each connection that does not move: measured, 1 GiB for 512
answers that nobody read.
"""

import asyncio
import contextlib
import os
import socket
import struct
import sys
from typing import Final

from proxy.memory.budget import Budget
from proxy.memory.reading import SIPS
from proxy.memory.rules import UNLIMITED

_KEPT: Final = 32_768  # bytes in each direction; the kernel takes twice as much
_SIZE: Final = struct.Struct("i")
_NOTSENT_LOWAT = getattr(socket, "TCP_NOTSENT_LOWAT", None)


def bound(sock: socket.socket, budget: Budget) -> None:
    """Make the buffers of ``sock``, or of all that it accepts, small if memory is limited.

    Without a limit they may be large: distant servers send faster then.
    """
    if budget.most >= UNLIMITED // 4 or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _KEPT)
        if _NOTSENT_LOWAT is not None:
            sock.setsockopt(socket.IPPROTO_TCP, _NOTSENT_LOWAT, _KEPT)


def unread(transport: asyncio.Transport) -> int:
    """Return the bytes that have arrived and wait in the kernel; 0 if it does not tell."""
    sock = transport.get_extra_info("socket")
    if sys.platform == "win32" or sock is None or sock.fileno() < 0:
        return 0
    import fcntl
    import termios

    size = 0
    with contextlib.suppress(OSError):
        answer = fcntl.ioctl(sock.fileno(), termios.FIONREAD, bytes(_SIZE.size))
        (size,) = _SIZE.unpack(answer)
    return size


def forget(transport: asyncio.Transport) -> bool:
    """Read bytes that nobody wants, while ``transport`` is not read; return whether more may wait.

    A twentieth of the time that the event loop takes: it makes an object of each read. They are
    read over old sips, which have been copied.
    """
    sock = transport.get_extra_info("socket")
    if sys.platform == "win32" or sock is None or sock.fileno() < 0:
        return False
    with contextlib.suppress(OSError):  # nothing waits, or it is gone: the loop notices that
        return os.readv(sock.fileno(), [SIPS]) == len(SIPS)
    return False
