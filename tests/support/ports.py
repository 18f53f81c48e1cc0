"""Ports for programs that must be told theirs before they listen, and ports that refuse.

A port that the kernel gave and got back may be somebody else's a moment later: of another test, or
of a connection going out. So these come from below the range that it gives from, and each is
reserved among all test processes of the machine by the name of an abstract Unix socket, which goes
with its process.
"""

import contextlib
import itertools
import os
import random
import socket
import sys
from collections import deque
from collections.abc import Iterator

FIRST, LAST = 10_000, 32_600  # Linux gives from 32,768
KEPT = 32  # reservations; a test wants a handful, and there may be few files that it may open

_turns = itertools.count(random.Random(os.urandom(8)).randrange(LAST - FIRST))
_reservations: deque[int] = deque()  # descriptors, which Python does not miss at its end


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody uses, and that nobody else is given."""
    for turn in itertools.islice(_turns, LAST - FIRST):
        port = FIRST + turn % (LAST - FIRST)
        if _reserved(port):
            with socket.socket() as sock, contextlib.suppress(OSError):
                sock.bind(("127.0.0.1", port))
                return port
    raise AssertionError(f"no port is free from {FIRST} to {LAST}")


def _reserved(port: int) -> bool:
    if sys.platform != "linux":
        return True
    mark = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        mark.bind(f"\0breb-proxy-tests-{port}")
    except OSError:
        mark.close()
        return False
    _reservations.append(mark.detach())
    if len(_reservations) > KEPT:
        os.close(_reservations.popleft())
    return True


def reserved() -> set[int]:
    """Return the descriptors of the reservations."""
    return set(_reservations)


@contextlib.contextmanager
def refusing_port(host: str = "127.0.0.1") -> Iterator[int]:
    """Give a port that refuses connections, and is nobody else's: bound, but not listening."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as sock:
        sock.bind((host, 0))
        yield sock.getsockname()[1]
