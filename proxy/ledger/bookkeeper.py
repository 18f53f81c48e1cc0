"""Stands before the forwarder: no byte of what may change something passes before its row.

The body is read ahead a little, so that a row which is left open names its payment; a body that is
long, or slow, goes on its way without, and its hash is added at the end.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from functools import partial

from proxy.asgi import Message, Send
from proxy.exchange.record import Exchange, Forward, may_change
from proxy.http1.request import BodyPart, Request
from proxy.ledger.answer import Answer
from proxy.ledger.ledger import Ledger
from proxy.ledger.payment import Picker
from proxy.ledger.row import Body, End, Row
from proxy.moments import stamp

LIMIT = 65_536
_PATIENCE = 1.0  # seconds a body is waited for

Late = Callable[[], Awaitable[None]]
"""Called before the last part of a body goes on, if its row does not name it yet."""


class Intake:
    """A request's body: what was read ahead, and the hash of all that passes."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._source = request.body
        self._ahead: BodyPart | None = None
        self._hash = hashlib.sha256()
        self._first = bytearray()
        self._size = 0
        self.whole = False
        self.late: Late | None = None

    async def read_ahead(self) -> None:
        """Take the body, or the part of it that comes soon and is not too much to hold."""
        part = self._source.now()
        if part is not None and part.last:  # most bodies are there at once
            self._ahead = self._taken(part)
            return
        parts = [] if part is None else [self._taken(part).data]
        try:
            async with asyncio.timeout(_PATIENCE):
                while not self.whole and self._size < LIMIT:
                    part = self._source.now() or await self._source.next()
                    parts.append(self._taken(part).data)
        except TimeoutError:
            pass  # the upstream shall not wait for the rest
        if parts:
            self._ahead = BodyPart(b"".join(parts), self.whole)

    def _taken(self, part: BodyPart) -> BodyPart:
        self._hash.update(part.data)
        self._size += len(part.data)
        if self._size <= LIMIT:
            self._first += part.data
            self._request.kept += len(part.data)
        self.whole = part.last
        return part

    def now(self) -> BodyPart | None:
        """Return what is there without waiting."""
        ahead = self._ahead
        if ahead is None:
            part = self._source.now()
            ahead = part and self._taken(part)
        if ahead is not None and ahead.last and self.late is not None:
            self._ahead = ahead  # it waits for its row
            return None
        self._ahead = None
        return ahead

    async def next(self) -> BodyPart:
        """Wait for the next part; the last one waits until the row names what has gone up."""
        ahead, self._ahead = self._ahead, None
        part = ahead if ahead is not None else self._taken(await self._source.next())
        late = self.late
        if part.last and late is not None:
            self.late = None
            await late()
        return part

    def body(self, picker: Picker) -> Body:
        """Return what the ledger holds of it; nothing yet of one that is not whole."""
        if not self.whole:
            return Body()
        told, marks = picker.payment(bytes(self._first)) if self._size <= LIMIT else ("{}", "{}")
        return Body(self._size, self._hash.hexdigest(), told, marks)


class _Page:
    """What is known of one exchange while its row is open."""

    __slots__ = ("answer", "row")

    def __init__(self, row: Row) -> None:
        self.row = row
        self.answer = Answer()


class Bookkeeper:
    """Opens rows on the way of requests, and closes them as an observer of exchanges."""

    def __init__(self, forward: Forward, ledger: Ledger, picker: Picker) -> None:
        self._forward = forward
        self._ledger = ledger
        self._picker = picker
        self._pages: dict[Exchange, _Page] = {}

    def forward(self, exchange: Exchange, request: Request, send: Send) -> Awaitable[None]:
        """Write the row, then pass the request on; what only reads takes no step of ours."""
        if not may_change(request.method, request.path):
            return self._forward(exchange, request, send)
        return self._written(exchange, request, send)

    async def _written(self, exchange: Exchange, request: Request, send: Send) -> None:
        intake, body = None, _NO_BODY
        if request.framing:
            _enters(exchange, "intake")
            request.body = intake = Intake(request)
            await intake.read_ahead()
            body = intake.body(self._picker)
        row = _row(exchange, body)
        page = self._pages[exchange] = _Page(row)
        _enters(exchange, "ledger")
        await self._ledger.open(row)
        if intake is not None and not intake.whole:
            intake.late = partial(self._named, row, intake)

        async def told(message: Message) -> None:
            await send(message)
            page.answer.take(message)

        await self._forward(exchange, request, told)

    async def _named(self, row: Row, intake: Intake) -> None:
        await self._ledger.amend(row, intake.body(self._picker))

    def observe(self, exchange: Exchange) -> None:
        """Close the row of an exchange that is over."""
        page = self._pages.pop(exchange, None)
        if page is None:
            return
        answer = page.answer
        end = End(
            closed_at=stamp(time.time()),
            seconds=exchange.ended - exchange.started,
            attempts=exchange.attempts,
            status=exchange.status,
            answer=self._picker.answer(answer.text()) if answer.data else None,
            outcome=_outcome(exchange, answer),
            reason=exchange.reason,
            token_id=exchange.token_id,
        )
        self._ledger.close(page.row, end)


def _row(exchange: Exchange, body: Body) -> Row:
    traceparent = exchange.traceparent
    return Row(
        exchange=exchange.id,
        opened_at=stamp(time.time()),
        caller=exchange.caller,
        method=exchange.method,
        path=exchange.path.decode("latin-1"),
        token_id=None,  # which one it is shows when it is sent
        traceparent=None if traceparent is None else traceparent.decode("latin-1"),
        body=body,
    )


def _enters(exchange: Exchange, part: str) -> None:
    if exchange.tap is not None:
        exchange.tap.enters(part)


def _outcome(exchange: Exchange, answer: Answer) -> str:
    """Return the outcome; one that has come whole is ``cut`` until all was handed to the caller."""
    outcome = exchange.outcome
    return "cut" if outcome == "answered" and not answer.whole else outcome


_NO_BODY = Body(0, hashlib.sha256().hexdigest())
