"""Waits with the answer to a payment until its state is final, for callers that prefer that.

After a whole answer that is not final the proxy asks for the payment, with GET, in longer and
longer pauses, and answers with the final document. It answers with the first one, untouched, when
the time is over, the drain begins, memory is short, or the API refuses to show it: a preference is
never an error.
An answer is kept by the ledger before the first question, so that a known payment stays known.
"""

import asyncio
import random
import time
from collections.abc import Awaitable
from functools import partial
from typing import Any, NamedTuple

from proxy.asgi import Send
from proxy.errors import ProxyError
from proxy.exchange.held_answer import LIMIT, HeldAnswer, document
from proxy.exchange.own_request import Ask, OwnRequest
from proxy.exchange.preference import NAME, seconds_to_wait
from proxy.exchange.record import Exchange, Forward
from proxy.http1.fields import REQUEST, Section
from proxy.http1.request import Request
from proxy.passport.paths import KnownOperation, known
from proxy.token.response import retry_after
from proxy.upstream import Reply
from proxy.words import phrase

_FIRST, _GROWS, _LONGEST = 0.5, 1.3, 3.0  # seconds of the pauses
_JITTER = 0.2  # of a pause, so that payments that were made together are not asked for in step
_SHARE = 8  # a part of so many of the connections is for questions
_ID = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_")
_WRAPPED = "payment"  # the first generation answers {"breb_resolved_key": …, "payment": …}


class Stated(NamedTuple):
    """A thing of the API, and its state."""

    id: str
    state: str


class FinalState:
    """The step before the forwarder. ``ask`` sends questions; without it nobody waits."""

    def __init__(self, forward: Forward, always: int, connections: int) -> None:
        """Wait ``always`` seconds for callers who do not say how long they would."""
        self._forward = forward
        self._always = always
        self._places = asyncio.Semaphore(max(1, connections // _SHARE))
        self._limits: set[asyncio.Timeout] = set()
        self._hurries = False
        self.ask: Ask | None = None

    def forward(self, exchange: Exchange, request: Request, send: Send) -> Awaitable[None]:
        """Forward a request; wait with its answer if that is preferred."""
        preferences = request.section.known.get(NAME)
        if preferences is None and not self._always:
            return self._forward(exchange, request, send)
        seconds = seconds_to_wait(preferences or (), self._always)
        operation = known(request.method, request.path.decode("latin-1")) if seconds else None
        if operation is None or not operation.operation.final or self.ask is None:
            return self._forward(exchange, request, send)
        return self._waiting(exchange, request, send, operation, seconds)

    def hurry(self) -> None:
        """Wait for nothing any more: the drain has begun."""
        self._hurries = True
        for limit in self._limits:
            _end(limit)

    async def _waiting(
        self,
        exchange: Exchange,
        request: Request,
        send: Send,
        operation: KnownOperation,
        seconds: int,
    ) -> None:
        held = HeldAnswer(send)
        try:
            await self._forward(exchange, request, held.take)
        except ProxyError:
            await held.release()
            raise
        if not held.whole:
            return
        exchange.whole = False  # nothing of it has gone out
        request.kept += len(held.body)
        try:
            final = await self._final(exchange, request, held, operation, seconds)
        finally:
            request.kept -= len(held.body)
            request.hurry = None
        if final is None:
            await held.release()
        else:
            await held.replace(exchange, final, f"wait={seconds}")
        exchange.whole = True

    async def _final(
        self,
        exchange: Exchange,
        request: Request,
        held: HeldAnswer,
        operation: KnownOperation,
        seconds: int,
    ) -> bytes | None:
        """Return the document whose state is final; None if there is no way to it."""
        shown = operation.operation.shown_by
        first = stated(document(held.lines, bytes(held.body))[0])
        if shown is None or first is None or first.state in operation.operation.final:
            return None
        target = operation.target(shown, first.id)
        left = exchange.started + seconds - time.perf_counter()
        try:
            async with asyncio.timeout(0 if self._hurries else left) as limit:
                self._limits.add(limit)
                request.hurry = partial(_end, limit)
                if exchange.observer is not None:
                    await exchange.observer.holding()
                return await self._asked(exchange, target, operation.operation.final)
        except (TimeoutError, ProxyError):
            return None
        finally:
            self._limits.discard(limit)

    async def _asked(self, exchange: Exchange, target: str, final: tuple[str, ...]) -> bytes | None:
        """Ask until the state is final; None if the API refuses to show it."""
        pause, times = _FIRST, 0
        while True:
            await asyncio.sleep(pause * (1 + _JITTER * random.random()))  # noqa: S311
            reply = await self._reply(target, exchange.caller)
            times += 1
            if reply is not None and reply.status == 200:
                told, body = document(reply.lines, reply.body)
                found = stated(told)
                if found is not None and found.state in final:
                    waited = time.perf_counter() - exchange.started
                    exchange.note = phrase(
                        "waited-final", state=found.state, seconds=round(waited, 1), times=times
                    )
                    return body
            if reply is not None and reply.status in (401, 403):
                return None
            pause = min(pause * _GROWS, _LONGEST)
            if reply is not None and reply.status in (429, 503):
                pause = max(pause, retry_after(reply, _LONGEST * 10) or 0.0)

    async def _reply(self, target: str, caller: str) -> Reply | None:
        """Return the whole answer to one question; None if there is none."""
        if self.ask is None:
            raise ValueError("nobody asks")
        lines = [(b"Host", b"localhost"), (b"Accept", b"application/json")]
        request = Request("GET", target.encode(), "1.1", Section(lines, REQUEST), framing=0)
        async with self._places:
            came = await self.ask(request, OwnRequest(caller, renews=False), LIMIT)
        if came.status is None or not came.whole:
            return None
        return Reply(came.status, came.lines, bytes(came.body))


def _end(limit: asyncio.Timeout) -> None:
    if not limit.expired():
        limit.reschedule(0.0)


def stated(told: Any) -> Stated | None:  # noqa: ANN401  JSON
    """Return the id and the state of a document; None if it does not tell both."""
    if not isinstance(told, dict):
        return None
    thing = told.get(_WRAPPED, told)
    if not isinstance(thing, dict):
        return None
    name, state = thing.get("id"), thing.get("status")
    if not (isinstance(name, str) and isinstance(state, str)):
        return None
    return Stated(name, state) if 0 < len(name) <= 128 and _ID.issuperset(name) else None
