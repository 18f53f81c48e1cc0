"""The user at the other end of a Unix socket, as the kernel tells it."""

import socket
import struct
import sys

_UCRED = struct.Struct("=iII")  # pid, uid, gid: unix(7)


def peer_uid(sock: socket.socket | None) -> int | None:
    """Return the user at the other end; None of TCP, and where the kernel does not tell."""
    if sys.platform != "linux" or sock is None or sock.family != socket.AF_UNIX:
        return None
    try:
        told = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    except OSError:
        return None
    uid: int = _UCRED.unpack(told)[1]
    return uid
