"""How much the kernel keeps for a connection that is not read, as it counts against our limit."""

import asyncio
import contextlib
import struct
import sys

_SIZE = struct.Struct("i")


def unread(transport: asyncio.Transport) -> int:
    """Return the bytes that have arrived and wait in the kernel; 0 where it does not tell."""
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
