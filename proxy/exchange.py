"""One exchange as facts, and the ASGI shell in which every exchange runs.

The shell gives an exchange its id, turns errors into problem documents (RFC 9457) and tells the
observers (metrics, access log, journal) when it is over. No decision comes back from them.
"""

import asyncio
import itertools
import json
import logging
import math
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from email.utils import formatdate
from typing import Any, Protocol

from proxy.errors import Draining, ProxyError, RequestRefused, TokenError, UpstreamError
from proxy.fields import Lines, first

log = logging.getLogger("proxy.exchange")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

IDEMPOTENT = frozenset(("GET", "HEAD", "OPTIONS", "PUT", "DELETE"))  # RFC 9110 section 9.2.2
_LOOK_UP = "look the payment up before trying again: it may have been made"


class Tap(Protocol):
    """Who is told what crosses the wire to the upstream; there only while the console is on."""

    def sending(self, head: bytes, reached: float | None) -> None:
        """Take a request's head; ``reached`` is when TCP stood, None on a kept-alive connection."""

    def answered(self, status: int, lines: Lines) -> None:
        """Take the head of an answer, as it came."""


class Exchange:
    """The facts of one request and its response.

    Times are seconds of ``time.perf_counter``; durations are None for what did not happen.
    ``failure`` is the error that ended it, ``status`` None if the caller got no head.
    """

    __slots__ = (
        "attempts",
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
    )

    def __init__(self, number: str, method: str, target: bytes) -> None:
        self.id = number
        self.method = method
        self.target = target
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


class Shell:
    """The outermost ASGI app of the callers' listener."""

    def __init__(self, app: App, observers: Sequence[Observer]) -> None:
        self._app = app
        self._observers = tuple(observers)
        prefix = secrets.token_hex(4)
        self._numbers = (f"{prefix}-{number:x}" for number in itertools.count(1))
        self.draining = False
        self.time_over = False  # whoever is cancelled from now on did not leave
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one exchange."""
        if "target" not in scope:
            scope["target"] = joined_target(scope)
        exchange = Exchange(next(self._numbers), scope["method"], scope["target"])
        scope["exchange"] = exchange
        self.in_flight += 1
        try:
            await self._app(scope, receive, send)
        except ProxyError as error:
            await self._failed(exchange, error, send)
        except CallerLeft:
            exchange.left = True
        except asyncio.CancelledError:
            if not self.time_over:
                exchange.left = True
                raise
            await self._failed(exchange, Draining("the time to finish is over"), send)
        except Exception as error:
            # Not its text: what a surprise says may hold what it was given.
            log.error("internal error %s in exchange %s", type(error).__name__, exchange.id)
            log.debug("where it happened", exc_info=error)
            await self._failed(exchange, ProxyError("an internal error, see the log"), send)
        finally:
            self.in_flight -= 1
            self._over(exchange)

    async def _failed(self, exchange: Exchange, error: ProxyError, send: Send) -> None:
        exchange.failure = error
        if exchange.status is not None:
            # The head is out: an error now ends the connection, it is never papered over.
            raise ConnectionAbortedError from error
        status, lines, body = problem(
            error, exchange.id, exchange.method, begun=exchange.attempts > 0
        )
        exchange.status = status
        exchange.sent = 0 if exchange.method == "HEAD" else len(body)
        await send(
            {"type": "http.response.start", "status": status, "headers": lines + exchange.cors}
        )
        await send({"type": "http.response.body", "body": body})

    def refused(self, error: RequestRefused) -> tuple[int, Lines, bytes]:
        """Record and word a request that never became one: the parser said no."""
        exchange = Exchange(next(self._numbers), "-", b"-")
        exchange.failure = error
        exchange.status = error.status
        answer = problem(error, exchange.id, "GET")
        exchange.sent = len(answer[2])
        self._over(exchange)
        return answer

    def _over(self, exchange: Exchange) -> None:
        exchange.ended = time.perf_counter()
        for observe in self._observers:
            observe(exchange)
        if exchange.failure is not None:
            _unwind(exchange.failure)


def _unwind(error: ProxyError) -> None:
    """Take from an error the frames it came through: they hold the exchange, which holds it.

    Nothing is left to the garbage collector, which looks seldom: it may be a whole body.
    """
    error.__traceback__ = error.__context__ = error.__cause__ = None


def joined_target(scope: Scope) -> bytes:
    """Return the request's target from its parts; our own listener keeps it as it came."""
    path: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    return path + b"?" + query if query else path


def problem(
    error: ProxyError, number: str, method: str, *, begun: bool = False
) -> tuple[int, Lines, bytes]:
    """Word an error as status, field lines and problem document (RFC 9457, RFC 9209).

    ``begun``: a part of the request may have reached the upstream before the caller's side failed.
    """
    document: dict[str, Any] = {
        "type": f"urn:breb-proxy:error:{getattr(error, 'reason', error.kind)}",
        "title": error.title,
        "status": error.status,
        "detail": str(error),
        "next_step": error.next_step,
        "exchange": number,
    }
    if method not in IDEMPOTENT:
        if isinstance(error, UpstreamError):
            begun = error.sent
        elif isinstance(error, TokenError):
            begun = False  # a first try was answered 401, which says that it did nothing
        document["outcome"] = "unknown" if begun else "not-sent"
        if begun and isinstance(error, RequestRefused):
            document["next_step"] = f"{_LOOK_UP}; then {error.next_step}"
        elif begun:
            document["next_step"] = _LOOK_UP
    body = json.dumps(document).encode() + b"\n"
    details = _quoted(str(error))
    lines = [
        (b"Date", formatdate(usegmt=True).encode()),
        (b"Content-Type", b"application/problem+json"),
        (b"Content-Length", b"%d" % len(body)),
        (b"Cache-Control", b"no-store"),
        (b"Proxy-Status", f"breb-proxy; error={error.kind}; details={details}".encode()),
        *getattr(error, "fields", ()),
    ]
    if _closes(error):
        lines.append((b"Connection", b"close"))
    # Who obeys Retry-After by itself must not pay twice.
    if error.retry_after is not None and document.get("outcome") != "unknown":
        lines.append((b"Retry-After", b"%d" % math.ceil(error.retry_after)))
    return error.status, lines, body


def _quoted(text: str) -> str:
    """Return a string of structured fields (RFC 8941 section 3.3.3): ASCII, two escapes."""
    plain = "".join(char if " " <= char <= "~" else "?" for char in text)
    return '"' + plain.replace("\\", r"\\").replace('"', r"\"") + '"'


def _closes(error: ProxyError) -> bool:
    """Report whether nothing more may be read after ``error``: how it is framed is in doubt."""
    return isinstance(error, RequestRefused) and error.status in (400, 505)


def traceparent(lines: Lines) -> bytes | None:
    """Return the caller's traceparent, if it could be one (W3C Trace Context)."""
    value = first(lines, b"traceparent")
    return value if value is not None and len(value) <= 64 else None
