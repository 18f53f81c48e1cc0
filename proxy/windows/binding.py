"""Takes a port so that no other program can share it.

Windows then refuses it as long as connections of an earlier owner live, as they do for a while
after that was killed: so we wait a little, unless somebody listens there.
"""

import errno
import socket
import time
from typing import Any, Final

_LONGEST: Final = 5.0  # seconds; who starts us tries again later
_LOOK: Final = 0.25  # seconds
_DYING: Final = 1.0  # seconds in which a killed process loses its sockets
_EVERY: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  compared, not listened on


def take(sock: socket.socket, where: tuple[Any, ...]) -> None:
    """Bind ``sock``; raise OSError."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    end = time.monotonic() + _LONGEST
    while True:
        try:
            return sock.bind(where)
        except OSError as error:
            late = time.monotonic() > end
            if late or error.errno != errno.EADDRINUSE or _served(sock.family, where):
                raise
        time.sleep(_LOOK)


def _served(family: int, where: tuple[Any, ...]) -> bool:
    """Report whether a process listens there that lives.

    The socket of one that was just killed takes connections for a moment longer; then they are
    reset.
    """
    host, *rest = where
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(_LOOK)  # Windows tries a closed port again for two seconds
        try:
            probe.connect((_EVERY.get(host, host), *rest))
        except OSError:
            return False
        probe.settimeout(_DYING)
        try:
            probe.recv(1)
        except TimeoutError:
            return True
        except OSError:
            return False
    return True
