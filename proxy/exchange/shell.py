"""The ASGI app in which every exchange runs: checked, forwarded, answered, observed.

It gives an exchange its id, turns errors into problem documents and tells metrics, access log and
journal when it is over.
"""

import asyncio
import contextlib
import itertools
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence

from proxy.asgi import Receive, Scope, Send
from proxy.errors import Draining, ProxyError, RequestRefused
from proxy.exchange.foreign import foreign_request
from proxy.exchange.own_answer import date_line, give
from proxy.exchange.own_request import OwnAnswer, OwnRequest
from proxy.exchange.problem import problem
from proxy.exchange.record import Begun, CallerLeft, Ended, Exchange, Forward
from proxy.http1.fields import Lines, values
from proxy.http1.framing import request_framing
from proxy.http1.request import Request
from proxy.words import Phrase, phrase, preferred

log = logging.getLogger("proxy.exchange")

# Returns None to let a request in, or the field lines of an answer of ours; raises RequestRefused.
Judge = Callable[[Exchange, Request], Lines | None]


class Shell:
    """The ASGI app of the callers' listener; runs under any server, faster under ours.

    ``ended`` are told of each exchange that is over, ``begun`` of each that begins.
    """

    def __init__(
        self,
        judge: Judge,
        forward: Forward,
        ended: Sequence[Ended],
        begun: Begun | None = None,
    ) -> None:
        self._judge = judge
        self._forward = forward
        self._ended = tuple(ended)
        self._begun = begun
        prefix = secrets.token_hex(4)
        self._ids = (f"{prefix}-{number:x}" for number in itertools.count(1))
        self.draining = False
        self.time_over = False  # from now on, a cancelled caller did not leave
        self._under_way: set[Exchange] = set()

    @property
    def in_flight(self) -> int:
        """The number of exchanges under way."""
        return len(self._under_way)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Run one exchange of a caller, under any server."""
        request = foreign_request(scope, receive)
        return self._run(self._opened(request), request, send, framed=False)

    def serve(self, request: Request, send: Send) -> Awaitable[None]:
        """Run one exchange of a caller, under our own listener, which has parsed the request."""
        return self._run(self._opened(request), request, send)

    async def ask(self, request: Request, own: OwnRequest, most: int) -> OwnAnswer:
        """Run one exchange of our own; keep at most ``most`` bytes of the answer's body."""
        exchange = self._opened(request, own)
        answer = OwnAnswer(exchange.id, most)
        with contextlib.suppress(ConnectionAbortedError):  # then the answer is not whole
            await self._run(exchange, request, answer.take)
        return answer

    async def _run(
        self, exchange: Exchange, request: Request, send: Send, *, framed: bool = True
    ) -> None:
        self._under_way.add(exchange)
        try:
            if not framed:
                request.framing = request_framing(request.section.known, request.version)
            own = self._judge(exchange, request)
            if own is None:
                await self._forward(exchange, request, send)
            else:  # it needs no upstream
                await give(exchange, send, 204, [date_line(), *own])
        except ProxyError as error:
            await self._failed(exchange, request, error, send)
        except CallerLeft:
            exchange.left = True
        except asyncio.CancelledError:
            ended = self._why_ended(request)
            if ended is None:
                exchange.left = True
                raise
            await self._failed(exchange, request, ended, send)
        except Exception as error:
            # Not its text: an unexpected error's message may repeat a secret.
            log.error("internal error %s in exchange %s", type(error).__name__, exchange.id)
            log.debug("where it happened", exc_info=error)
            await self._failed(exchange, request, ProxyError(phrase("internal")), send)
        finally:
            self._under_way.discard(exchange)
            self._over(exchange)

    def _why_ended(self, request: Request) -> ProxyError | None:
        """Return why an exchange was cancelled, None if its caller has left."""
        if request.given_way is None and self.time_over:
            return Draining(phrase("draining"))
        return request.given_way

    def _opened(self, request: Request, own: OwnRequest | None = None) -> Exchange:
        exchange = Exchange(next(self._ids), request.method, request.target, own)
        uid = request.peer.uid
        if uid is not None:
            exchange.uid = uid
            exchange.caller = f"uid:{uid}"
        if self._begun is not None:
            self._begun(exchange, request)
        return exchange

    async def _failed(
        self, exchange: Exchange, request: Request, error: ProxyError, send: Send
    ) -> None:
        exchange.failure = error
        if exchange.status is not None:
            # The head is out: an error now ends the connection, so that the caller sees it.
            raise ConnectionAbortedError from error
        language = preferred(values(request.section.lines, b"accept-language"))
        status, lines, body = problem(
            error,
            exchange.id,
            exchange.method,
            exchange.outcome,
            language,
            once=exchange.once,
        )
        await give(exchange, send, status, lines, body)

    def cut_off(self, why: Phrase) -> None:
        """Tell the end of all exchanges under way: the process ends now, and runs no task."""
        while self._under_way:
            exchange = self._under_way.pop()
            exchange.failure = exchange.failure or Draining(why)
            self._over(exchange)

    def refused(self, error: RequestRefused) -> tuple[int, Lines, bytes]:
        """Record and answer a request that the parser or the budget refused before its exchange."""
        exchange = Exchange(next(self._ids), error.method or "-", error.target)
        exchange.failure = error
        exchange.status = error.status
        answer = problem(error, exchange.id, error.method, language=error.language)
        exchange.sent = len(answer[2])
        self._over(exchange)
        return answer

    def _over(self, exchange: Exchange) -> None:
        exchange.ended = time.perf_counter()
        if exchange.observer is not None:
            exchange.observer.over()
        exchange.observer = None  # it may hold bodies, and the log, worded later, needs none
        for tell in self._ended:
            tell(exchange)
        if exchange.failure is not None:
            _unwind(exchange.failure)


def _unwind(error: ProxyError) -> None:
    """Remove an error's frames: they refer to the exchange, which refers to the error.

    The garbage collector runs seldom, and the cycle may hold a whole body.
    """
    error.__traceback__ = error.__context__ = error.__cause__ = None
