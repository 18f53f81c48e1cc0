"""Who is at the other end of a connection; of a Unix socket the kernel tells the user."""

import socket
import struct
import sys

_UCRED = struct.Struct("=iII")  # pid, uid, gid: unix(7)


class Peer:
    """The facts that are known about the caller on a connection.

    ``uid`` is the user at the other end of a Unix socket; ``known``: a valid key has come.
    """

    __slots__ = ("known", "uid")

    def __init__(self, uid: int | None = None) -> None:
        self.uid = uid
        self.known = False


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
