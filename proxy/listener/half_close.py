"""Whether a caller is gone, where the event loop does not hear of it.

It hears nothing of a caller while it does not read from it. And a caller that half-closes, to say
that its request is whole, looks like one that has closed, until something is sent to it: from one
that has closed a reset comes back. So it is asked with an interim response, which clients of
HTTP/1.1 discard (RFC 9110 section 15.2.1). HTTP/1.0 has none, and after a response's head none
fits. There TCP's own probes ask, which carry no bytes: an end that has forgotten the connection
(Linux: 60 s after it closed) answers them with a reset.
"""

import asyncio
import contextlib
import math
import select
import socket
from enum import Enum
from typing import Final

from proxy.http1.framing import CONTINUE

QUIET: Final = 0.3  # seconds without a move, after which a caller is asked
AGAIN: Final = 5.0  # seconds until it is asked again
_PROBES: Final = (("TCP_KEEPIDLE", 2), ("TCP_KEEPINTVL", 5))  # seconds
_END: Final = getattr(select, "POLLRDHUP", 0)


class Sight(Enum):
    """What the system knows of a caller, without reading from it."""

    THERE = "there"
    ENDED = "ended"  # it sends no more; it may have closed, or only half of it
    GONE = "gone"


def look(transport: asyncio.Transport) -> Sight:
    """Return what the system knows of a caller; on Windows it tells nothing."""
    sock = transport.get_extra_info("socket")
    if sock is None or not hasattr(select, "poll"):  # pragma: no cover  Windows
        return Sight.THERE
    poll = select.poll()
    poll.register(sock.fileno(), _END)
    told = sum(events for _, events in poll.poll(0))
    if told & ~_END:  # errors are told unasked, and so is the end of both directions
        return Sight.GONE
    return Sight.ENDED if told else Sight.THERE


class HalfClose:
    """A caller that sends no more, while its answer is owed."""

    __slots__ = ("_asked_at", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._asked_at = -math.inf
        sock = transport.get_extra_info("socket")
        if sock is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
            return
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, seconds in _PROBES:
                if hasattr(socket, name):  # pragma: no branch  macOS has another name
                    sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), seconds)

    def ask(self, now: float) -> None:
        """Send what only a caller that is gone answers, unless that was done just now."""
        if now - self._asked_at > AGAIN:
            self._asked_at = now
            self._transport.write(CONTINUE)
