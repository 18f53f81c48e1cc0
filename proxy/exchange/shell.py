"""The ASGI app in which every exchange runs.

It gives an exchange its id, turns errors into problem documents and tells the observers (metrics,
access log, journal) when it is over.
"""

import asyncio
import itertools
import logging
import secrets
import time
from collections.abc import Sequence

from proxy.asgi import App, Receive, Scope, Send
from proxy.errors import Draining, ProxyError, RequestRefused
from proxy.exchange.problem import problem
from proxy.exchange.record import CallerLeft, Exchange, Observer
from proxy.http1.fields import Lines

log = logging.getLogger("proxy.exchange")


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
        if "uid" in scope:
            exchange.uid = scope["uid"]
            exchange.caller = f"uid:{exchange.uid}"
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
