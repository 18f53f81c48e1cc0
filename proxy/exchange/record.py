"""One exchange as facts; `proxy.exchange.observer` tells them to others."""

import time
from collections.abc import Awaitable, Callable, Sequence

from proxy.asgi import Send
from proxy.errors import ProxyError
from proxy.exchange.attempt import Attempt
from proxy.exchange.observer import Observer, Several
from proxy.exchange.own_request import OwnRequest
from proxy.http1.fields import SAFE, Line
from proxy.http1.request import CallerLeft, Request
from proxy.passport.paths import only_reads
from proxy.words import Said

__all__ = ["Begun", "CallerLeft", "Ended", "Exchange", "Forward"]


class Exchange:
    """The facts of one request and its response.

    Times are seconds of ``time.perf_counter``, None for events that did not happen. ``attempts``
    are the requests to the upstream for it, in order; ``observer`` gets its events. ``failure`` is
    the error that ended it, ``status`` None if the caller got no head. ``caller`` is the name of
    the key that came with it, ``uid`` the user at the other end of a Unix socket; ``own`` is None
    of a caller's request. ``target`` is in origin-form after the guard has let it in; a body of
    more than ``max_body`` bytes is refused. ``once``: it has a key, so it is sent again only if it
    was not carried out for sure, whatever its method.
    """

    __slots__ = (  # a third cheaper than a dictionary, for each request
        "attempts",
        "caller",
        "cors",
        "ended",
        "failure",
        "id",
        "left",
        "max_body",
        "method",
        "note",
        "observer",
        "once",
        "own",
        "passed_on",
        "received",
        "repeat_of",
        "row",
        "sent",
        "started",
        "status",
        "target",
        "token_ready",
        "traceparent",
        "uid",
        "whole",
    )

    def __init__(
        self, exchange_id: str, method: str, target: bytes, own: OwnRequest | None = None
    ) -> None:
        self.id = exchange_id
        self.method = method
        self.target = target
        self.caller = ""
        self.uid: int | None = None
        self.own = own
        self.max_body: int | None = None
        self.once = False
        self.traceparent: bytes | None = None
        self.cors: Sequence[Line] = ()
        self.observer: Observer | None = None
        self.token_ready: float | None = None
        self.ended = 0.0
        self.attempts: tuple[Attempt, ...] = ()
        self.received = 0
        self.sent = 0
        self.status: int | None = None
        self.passed_on = False  # the upstream's answer has begun to go to the caller
        self.whole = False  # the whole answer was handed to the caller
        self.left = False
        self.failure: ProxyError | None = None
        self.note: Said = ""
        self.repeat_of: int | None = None  # the ledger's row of the request that this one repeats
        self.row: int | None = None  # the ledger's, if it has one
        self.started = time.perf_counter()

    def join(self, observer: Observer) -> Observer:
        """Add ``observer`` for all events from now on; return the observer of all."""
        before = self.observer
        self.observer = told = observer if before is None else Several(before, observer)
        return told

    @property
    def path(self) -> bytes:
        """The target without its query, whose values are never logged."""
        return self.target.partition(b"?")[0]

    @property
    def reason(self) -> str:
        """One fixed word for the reason of its failure, empty if it did not fail."""
        if self.left:
            return "caller-left"
        return "" if self.failure is None else self.failure.reason or self.failure.kind

    @property
    def outcome(self) -> str:
        """Its outcome at the upstream: ``answered``, ``cut``, ``unknown`` or ``not-sent``.

        ``cut``: the answer began and did not reach the caller whole. ``unknown``: it may have been
        carried out, by any of its attempts.
        """
        if self.passed_on and (len(self.attempts) < 2 or not self.lost_before):
            return "answered" if self.whole else "cut"
        return "not-sent" if all(each.harmless for each in self.attempts) else "unknown"

    @property
    def lost_before(self) -> bool:
        """Whether an attempt was lost, and the answer to the last one does not tell its effect.

        A request that is sent again after a loss is idempotent: a success holds for all attempts
        (RFC 9110 section 9.2.2). A refusal is about the last one alone.
        """
        *earlier, last = self.attempts
        return (last.status or 0) // 100 != 2 and any(each.lost for each in earlier)

    @property
    def in_doubt(self) -> bool:
        """Whether the request may have changed something, and nobody knows whether it did."""
        return doubtful(self.outcome, self.status) and may_change(self.method, self.path)

    @property
    def upstream_seconds(self) -> float | None:
        """Seconds from the ready connection to the head of the answer, in the last attempt."""
        if not self.attempts:
            return None
        last = self.attempts[-1]
        return None if last.answered is None else last.answered - last.began


def may_change(method: str, path: bytes) -> bool:
    """Report whether a request may change something at the API."""
    return method not in SAFE and not only_reads(method, path)


def doubtful(outcome: str, status: int | None) -> bool:
    """Report whether the upstream's action is unknown.

    A 5xx means that it failed, not that it did nothing: a gateway may have lost the answer.
    """
    return outcome in ("unknown", "cut") or (outcome == "answered" and (status or 0) >= 500)


def in_doubt(method: str, path: bytes, outcome: str, status: int | None) -> bool:
    """Report whether a request may have changed something, and that is unknown."""
    return doubtful(outcome, status) and may_change(method, path)


Forward = Callable[[Exchange, Request, Send], Awaitable[None]]
Begun = Callable[[Exchange, Request], None]
"""Is called for each exchange that begins, and may let an observer join it."""
Ended = Callable[[Exchange], None]
"""Is called for each exchange that is over; nothing changes it any more."""
