"""Finds out whether a caller is gone, if the event loop cannot notice it.

The loop notices nothing of a caller while it does not read from it. And a caller that half-closes,
to end its request, looks like one that has closed, until we send something: a closed one answers
with a reset. So we send an interim response, which clients of HTTP/1.1 discard (RFC 9110 section
15.2.1). HTTP/1.0 has none, and none may follow a response's head. There TCP's own probes ask, which
carry no bytes: an end that has forgotten the connection (Linux: 60 s after it closed) answers them
with a reset.
"""

import asyncio
import contextlib
import math
import select
import socket
import sys
from enum import Enum
from typing import Final

from proxy.http1.framing import CONTINUE

QUIET: Final = 0.3  # seconds without a move, after which a caller is asked
AGAIN: Final = 5.0  # seconds until it is asked again
_PROBES: Final = (("TCP_KEEPIDLE", 2), ("TCP_KEEPINTVL", 5))  # seconds

if sys.platform == "win32":
    from proxy.windows.polling import ENDED as _END
    from proxy.windows.polling import polled as _polled
else:
    _END: Final = getattr(select, "POLLRDHUP", 0)

    def _polled(descriptor: int) -> int:
        poll = select.poll()
        poll.register(descriptor, _END)
        return sum(events for _, events in poll.poll(0))


class Sight(Enum):
    """The system's knowledge of a caller, without a read from it."""

    THERE = "there"
    ENDED = "ended"  # it sends no more; it may have closed, or only half of it
    GONE = "gone"


def look(transport: asyncio.Transport) -> Sight:
    """Return the system's knowledge of a caller."""
    sock = transport.get_extra_info("socket")
    if sock is None:
        return Sight.THERE
    told = _polled(sock.fileno())
    if told & ~_END:  # poll always reports errors, and the end of both directions
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
        """Send a probe that only a closed caller answers, unless one was sent just now."""
        if now - self._asked_at > AGAIN:
            self._asked_at = now
            self._transport.write(CONTINUE)
