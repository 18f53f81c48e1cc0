"""One exchange as facts, and who is told them. No decision comes back from observers."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from proxy.asgi import Send
from proxy.errors import ProxyError, TokenError, UpstreamError
from proxy.http1.fields import SAFE, Line, Lines
from proxy.http1.request import CallerLeft, Request
from proxy.passport.paths import only_reads
from proxy.words import Said

__all__ = ["CallerLeft", "Exchange", "Forward", "Observer", "Recording", "Tap"]


class Tap(Protocol):
    """Who is told what passes, while the console is on."""

    def enters(self, part: str) -> None:
        """Note which part of its way the request begins, after the guard.

        ``intake``: its body is read ahead; ``ledger``: its row is written; ``token``.
        """

    def hear(self, data: bytes, *, last: bool) -> None:
        """Take a part of the request's body."""

    def sending(self, head: bytes, reached: float | None) -> None:
        """Take a request's head; ``reached`` is when TCP stood, None on a kept-alive connection."""

    def answered(self, status: int, lines: Lines) -> None:
        """Take the head of an answer, as it came."""


class Exchange:
    """The facts of one request and its response.

    Times are seconds of ``time.perf_counter``, None for what did not happen. ``failure`` is the
    error that ended it, ``status`` None if the caller got no head. ``caller`` is the name of the
    key that came with it, ``uid`` the user at the other end of a Unix socket; ``target`` is in
    origin-form once the guard has let it in.
    """

    # All is set here: read from the class it costs ten times as much as setting it does.
    def __init__(self, exchange_id: str, method: str, target: bytes) -> None:
        self.id = exchange_id
        self.method = method
        self.target = target
        self.caller = ""
        self.uid: int | None = None
        self.traceparent: bytes | None = None
        self.cors: Sequence[Line] = ()
        self.tap: Tap | None = None
        self.token_ready: float | None = None
        self.connected: float | None = None
        self.first_byte: float | None = None
        self.ended = 0.0
        self.attempts = 0
        self.token_id: str | None = None  # of the token that was sent last
        self.received = 0
        self.sent = 0
        self.status: int | None = None
        self.passed_on = False  # the upstream's answer has begun to go to the caller
        self.whole = False  # all of it has come
        self.lost = False  # a try went out, and its connection was closed before any answer
        self.left = False
        self.failure: ProxyError | None = None
        self.note: Said = ""
        self.started = time.perf_counter()

    @property
    def path(self) -> bytes:
        """The target without its query, whose values are never logged."""
        return self.target.partition(b"?")[0]

    @property
    def reason(self) -> str:
        """One fixed word for why it failed, empty if it did not."""
        if self.left:
            return "caller-left"
        return "" if self.failure is None else self.failure.reason or self.failure.kind

    @property
    def outcome(self) -> str:
        """What became of it at the upstream: ``answered``, ``cut``, ``unknown`` or ``not-sent``.

        ``cut``: the answer began and did not come whole. ``unknown``: it may have been acted on, by
        any of its tries.
        """
        if self.passed_on and not self.answered_beside_the_point:
            return "answered" if self.whole else "cut"
        begun = self.attempts > 0
        if isinstance(self.failure, UpstreamError):
            begun = self.failure.sent or self.lost
        elif isinstance(self.failure, TokenError):
            begun = self.lost  # a first try was answered 401, which says that it did nothing
        return "unknown" if begun else "not-sent"

    @property
    def answered_beside_the_point(self) -> bool:
        """Whether the answer is to a later try, and leaves open what a lost one did.

        What is sent again after a loss is idempotent: that it went well is true of all tries (RFC
        9110 section 9.2.2). A refusal is about the last one alone.
        """
        return self.lost and (self.status or 0) // 100 != 2

    @property
    def in_doubt(self) -> bool:
        """Whether it may have changed something, and nobody knows."""
        return in_doubt(self.method, self.path, self.outcome, self.status)

    @property
    def upstream_seconds(self) -> float | None:
        """Seconds from the connection at hand to the head of the answer."""
        if self.first_byte is None or self.connected is None:
            return None
        return self.first_byte - self.connected


def may_change(method: str, path: bytes) -> bool:
    """Report whether a request may change something at the API."""
    return method not in SAFE and not only_reads(method, path)


def doubtful(outcome: str, status: int | None) -> bool:
    """Report whether nobody knows what the upstream did.

    A 5xx says that it failed, not that it did nothing: a gateway may have lost the answer.
    """
    return outcome in ("unknown", "cut") or (outcome == "answered" and (status or 0) >= 500)


def in_doubt(method: str, path: bytes, outcome: str, status: int | None) -> bool:
    """Report whether a request may have changed something, and nobody knows."""
    return doubtful(outcome, status) and may_change(method, path)


Observer = Callable[[Exchange], None]
Forward = Callable[[Exchange, Request, Send], Awaitable[None]]


class Recording(Protocol):
    """Who copies what passes, for people; there only while the console is on."""

    def begin(self, exchange: Exchange, request: Request, send: Send) -> Send:
        """Give the exchange its tap; return what the answer is to go through."""

    def end(self, exchange: Exchange) -> None:
        """Keep nothing more of the exchange."""
