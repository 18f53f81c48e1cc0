"""Ports for programs that must be told theirs before they listen.

A port that the kernel gave and got back may be somebody else's a moment later: of another test, or
of a connection going out. So these come from below the range that it gives from, and each process
of a test run has a stretch of its own.
"""

import itertools
import os
import socket

FIRST, STRETCH, STRETCHES = 10_000, 200, 113  # up to 32,600; Linux gives from 32,768

_turns = itertools.count()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody uses, and that nobody else is given."""
    start = FIRST + os.getpid() % STRETCHES * STRETCH
    for turn in itertools.islice(_turns, STRETCH):
        port = start + turn % STRETCH
        with socket.socket() as sock:
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError(f"no port is free from {start} to {start + STRETCH - 1}")
