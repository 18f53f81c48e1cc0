"""Stands before the forwarder: no byte of what may change something passes before its row.

The body is read ahead a little, so that a row which is left open names its payment; a body that is
long, or slow, goes on its way without, and its hash is added at the end.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable

from proxy.asgi import Message, Send
from proxy.exchange.record import Exchange, Forward
from proxy.http1.fields import SAFE
from proxy.http1.request import BodyPart, BodySource, Request
from proxy.ledger.answer import Answer
from proxy.ledger.ledger import Ledger
from proxy.ledger.payment import Picker
from proxy.ledger.row import Body, End, Row, stamp

LIMIT = 65_536
_PATIENCE = 1.0  # seconds a body is waited for

TokenId = Callable[[], str | None]


class Intake:
    """A request's body: what was read ahead, and the hash of all that passes."""

    def __init__(self, source: BodySource) -> None:
        self._source = source
        self._ahead: BodyPart | None = None
        self._hash = hashlib.sha256()
        self._first = bytearray()
        self._size = 0
        self._whole = False

    async def read_ahead(self) -> None:
        """Take the body, or the part of it that comes soon and is not too much to hold."""
        parts = []
        try:
            async with asyncio.timeout(_PATIENCE):
                while not self._whole and self._size < LIMIT:
                    part = self._source.now() or await self._source.next()
                    parts.append(self._taken(part).data)
        except TimeoutError:
            pass  # the upstream shall not wait for the rest
        if parts:
            self._ahead = BodyPart(b"".join(parts), self._whole)

    def _taken(self, part: BodyPart) -> BodyPart:
        self._hash.update(part.data)
        self._size += len(part.data)
        if self._size <= LIMIT:
            self._first += part.data
        self._whole = part.last
        return part

    def now(self) -> BodyPart | None:
        """Return what is there without waiting."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            return ahead
        part = self._source.now()
        return part and self._taken(part)

    async def next(self) -> BodyPart:
        """Wait for the next part."""
        ahead, self._ahead = self._ahead, None
        return ahead if ahead is not None else self._taken(await self._source.next())

    def body(self, picker: Picker) -> Body:
        """Return what the ledger holds of it; nothing yet of one that is not whole."""
        if not self._whole:
            return Body()
        told = picker.payment(bytes(self._first)) if self._size <= LIMIT else "{}"
        return Body(self._size, self._hash.hexdigest(), told)


class _Page:
    """What is known of one exchange while its row is open."""

    __slots__ = ("answer", "intake", "row")

    def __init__(self, row: Row, intake: Intake | None) -> None:
        self.row = row
        self.intake = intake
        self.answer = Answer()


class Bookkeeper:
    """Opens rows on the way of requests, and closes them as an observer of exchanges."""

    def __init__(self, forward: Forward, ledger: Ledger, picker: Picker, token_id: TokenId) -> None:
        self._forward = forward
        self._ledger = ledger
        self._picker = picker
        self._token_id = token_id
        self._pages: dict[Exchange, _Page] = {}

    def forward(self, exchange: Exchange, request: Request, send: Send) -> Awaitable[None]:
        """Write the row, then pass the request on; what only reads takes no step of ours."""
        if request.method in SAFE:
            return self._forward(exchange, request, send)
        return self._written(exchange, request, send)

    async def _written(self, exchange: Exchange, request: Request, send: Send) -> None:
        intake = None
        if request.framing:
            _enters(exchange, "intake")
            request.body = intake = Intake(request.body)
            await intake.read_ahead()
        row = self._row(exchange, _NO_BODY if intake is None else intake.body(self._picker))
        page = self._pages[exchange] = _Page(row, intake if row.body.size is None else None)
        _enters(exchange, "ledger")
        await self._ledger.open(row)

        async def told(message: Message) -> None:
            await send(message)
            page.answer.take(message)

        await self._forward(exchange, request, told)

    def _row(self, exchange: Exchange, body: Body) -> Row:
        traceparent = exchange.traceparent
        return Row(
            exchange=exchange.id,
            opened_at=stamp(time.time()),
            caller=exchange.caller,
            method=exchange.method,
            path=exchange.path.decode("latin-1"),
            token_id=self._token_id(),
            traceparent=None if traceparent is None else traceparent.decode("latin-1"),
            body=body,
        )

    def observe(self, exchange: Exchange) -> None:
        """Close the row of an exchange that is over."""
        page = self._pages.pop(exchange, None)
        if page is None:
            return
        row, answer = page.row, page.answer
        if page.intake is not None:
            row.body = page.intake.body(self._picker)
        end = End(
            closed_at=stamp(time.time()),
            seconds=exchange.ended - exchange.started,
            attempts=exchange.attempts,
            status=exchange.status,
            answer=self._picker.answer(answer.text()) if answer.data else None,
            outcome=_outcome(exchange, answer),
            reason=exchange.reason,
            token_id=row.token_id,
        )
        self._ledger.close(row, end)


def _enters(exchange: Exchange, part: str) -> None:
    if exchange.tap is not None:
        exchange.tap.enters(part)


def _outcome(exchange: Exchange, answer: Answer) -> str:
    """Return the outcome; one that has come whole is ``cut`` until all was handed to the caller."""
    outcome = exchange.outcome
    return "cut" if outcome == "answered" and not answer.whole else outcome


_NO_BODY = Body(0, hashlib.sha256().hexdigest())
