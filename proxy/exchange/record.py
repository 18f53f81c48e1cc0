"""One exchange as facts, and who is told them. No decision comes back from observers."""

import time
from collections.abc import Callable
from typing import Protocol

from proxy.errors import ProxyError, RequestRefused
from proxy.http1.fields import Lines


class Tap(Protocol):
    """Who is told what crosses the wire to the upstream; there only while the console is on."""

    def sending(self, head: bytes, reached: float | None) -> None:
        """Take a request's head; ``reached`` is when TCP stood, None on a kept-alive connection."""

    def answered(self, status: int, lines: Lines) -> None:
        """Take the head of an answer, as it came."""


class Exchange:
    """The facts of one request and its response.

    Times are seconds of ``time.perf_counter``; durations are None for what did not happen.
    ``failure`` is the error that ended it, ``status`` None if the caller got no head. ``caller`` is
    the name of the key that came with it, ``uid`` the user at the other end of a Unix socket.
    """

    __slots__ = (
        "attempts",
        "caller",
        "connected",
        "cors",
        "ended",
        "failure",
        "first_byte",
        "id",
        "left",
        "method",
        "note",
        "received",
        "sent",
        "started",
        "status",
        "tap",
        "target",
        "token_ready",
        "traceparent",
        "uid",
    )

    def __init__(self, number: str, method: str, target: bytes) -> None:
        self.id = number
        self.method = method
        self.target = target
        self.caller = ""
        self.uid: int | None = None
        self.started = time.perf_counter()
        self.token_ready: float | None = None
        self.connected: float | None = None
        self.first_byte: float | None = None
        self.ended = self.started
        self.status: int | None = None
        self.failure: ProxyError | None = None
        self.left = False
        self.attempts = 0
        self.received = 0
        self.sent = 0
        self.note = ""
        self.traceparent: bytes | None = None
        self.cors: Lines = []
        self.tap: Tap | None = None

    @property
    def path(self) -> bytes:
        """The target without its query, whose values are never logged."""
        return self.target.partition(b"?")[0]

    @property
    def reason(self) -> str:
        """One fixed word for why it failed, empty if it did not."""
        if self.left:
            return "caller-left"
        if isinstance(self.failure, RequestRefused):
            return self.failure.reason
        return self.failure.kind if self.failure is not None else ""

    @property
    def upstream_seconds(self) -> float | None:
        """Seconds from the connection at hand to the head of the answer."""
        if self.first_byte is None or self.connected is None:
            return None
        return self.first_byte - self.connected


class CallerLeft(Exception):
    """The caller went away; nobody is there to read an answer."""


Observer = Callable[[Exchange], None]
