"""Takes a port so that no other program can share it.

Windows then refuses it as long as connections of an earlier owner live, as they do for a while
after that was killed: so we wait a little, unless somebody listens there.
"""

import errno
import socket
from typing import Any, Final

from proxy.windows import patience

_DYING: Final = 1.0  # seconds in which a killed process loses its sockets
_EVERY: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  compared, not listened on


def take(sock: socket.socket, where: tuple[Any, ...]) -> None:
    """Bind ``sock``; raise OSError."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    for last in patience.looks():
        try:
            sock.bind(where)
        except OSError as error:
            if last or error.errno != errno.EADDRINUSE or _served(sock.family, where):
                raise
        else:
            return


def _served(family: int, where: tuple[Any, ...]) -> bool:
    """Report whether a process listens there that lives.

    The socket of one that was just killed takes connections for a moment longer; then they are
    reset.
    """
    host, *rest = where
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(patience.LOOK)  # Windows tries a closed port again for two seconds
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
