"""The gate before the upstream: a request that may change something goes up after its row.

The body is read ahead a little, so that a row that is left open names its payment. A long or slow
body goes up without that, and its names are added before its last part goes up. The body of a
request with a key is read whole.
"""

import time
from functools import partial

from proxy.errors import Repeated, RequestRefused
from proxy.exchange.body import OutgoingBody
from proxy.exchange.own_answer import KnownAnswer
from proxy.exchange.record import Exchange
from proxy.http1.request import Request
from proxy.ledger.claim import KeyClaim, fingerprint
from proxy.ledger.claims import Claims
from proxy.ledger.idempotency_key import NAME, key_of
from proxy.ledger.ledger import Ledger
from proxy.ledger.payment import Picker
from proxy.ledger.repeat_guard import LooksRepeated, RepeatGuard
from proxy.ledger.row import Body, Row
from proxy.ledger.row_observer import LIMIT, RowObserver
from proxy.moments import stamp
from proxy.words import phrase

_PATIENCE = 1.0  # seconds of waiting for a body
_UNTOLD = Body()


class Bookkeeper:
    """Opens a row for each request that may change something; its row observer closes it.

    ``claims`` open those of requests with a key; None if keys mean nothing here. ``guard`` refuses
    payments that look like one in doubt; None if nobody does. Without
    ``keeps``, no answer is kept for repeats. ``unkeyed`` are paths at which a key means nothing.
    """

    def __init__(
        self,
        ledger: Ledger,
        picker: Picker,
        claims: Claims | None = None,
        *,
        guard: RepeatGuard | None = None,
        keeps: bool = True,
        unkeyed: frozenset[bytes] = frozenset(),
    ) -> None:
        self._ledger = ledger
        self._picker = picker
        self._claims = claims
        self._guard = guard
        self._keeps = keeps
        self._unkeyed = unkeyed

    async def admit(
        self, exchange: Exchange, request: Request, body: OutgoingBody | None
    ) -> KnownAnswer | None:
        """Return when the request is written down, or the answer to one that is a repeat.

        Raise LedgerUnavailable if it cannot be written, Repeated if it is not to be sent.
        """
        try:
            return await self._admitted(exchange, request, body)
        except Repeated as repeated:
            self._ledger.repeats[repeated.reason] += 1
            exchange.repeat_of = repeated.row
            raise

    async def _admitted(
        self, exchange: Exchange, request: Request, body: OutgoingBody | None
    ) -> KnownAnswer | None:
        keys = request.section.known.get(NAME)
        if keys is not None and self._claims is not None and request.path not in self._unkeyed:
            return await self._admit_once(exchange, request, body, key_of(keys), self._claims)
        observer = RowObserver(exchange, request, self._ledger, self._picker, self._guard)
        told = exchange.join(observer)
        if body is not None:
            told.enters("intake")
            await body.read_ahead(LIMIT, _PATIENCE)
        told.enters("ledger")
        row = observer.row = _row(exchange)
        try:
            await self._ledger.open(row, partial(observer.tell, row))
        except LooksRepeated as alike:
            observer.row = None
            await self._judge(exchange, row, alike)
            observer.row = row
            await self._ledger.open(row)
        self._link(exchange, row)
        if body is not None and not observer.whole:
            body.before_last = partial(observer.amend, row)
        return None

    async def _judge(self, exchange: Exchange, row: Row, alike: LooksRepeated) -> None:
        """Return if a row may be opened although it looks like one in doubt; or raise."""
        if self._guard is not None:
            await self._guard.judge(exchange, alike.row)
        row.guarded, row.alike = False, None

    @staticmethod
    def _link(exchange: Exchange, row: Row) -> None:
        """Name its row, and the row in doubt whose resolution it repeats, if it does."""
        exchange.row = row.number
        if row.repeats is not None:
            exchange.repeat_of = row.repeats
            exchange.note = phrase("repeat.same-resolution", row=row.repeats)

    async def _admit_once(
        self,
        exchange: Exchange,
        request: Request,
        body: OutgoingBody | None,
        key: str,
        claims: Claims,
    ) -> KnownAnswer | None:
        """As `admit`, for a request with a key."""
        observer = RowObserver(exchange, request, self._ledger, self._picker, self._guard)
        told = exchange.join(observer)
        if body is not None:
            told.enters("intake")
            await body.read_ahead(LIMIT + 1, None)
        if (sha256 := observer.sha256) is None:
            too_large = phrase("key.body-too-large", bytes=LIMIT)
            raise RequestRefused(413, "body-too-large", too_large, phrase("step.no-key"))
        told.enters("ledger")
        row = _row(exchange)
        told_apart = fingerprint(exchange.method, exchange.target, sha256)
        claim = KeyClaim(exchange.caller, key, told_apart, keeps=self._keeps)
        try:
            known = await claims.open(row, claim, observer)
        except LooksRepeated as alike:
            observer.row = None
            await self._judge(exchange, row, alike)
            known = await claims.open(row, claim, observer)
        if known is None:
            exchange.once = True
            self._link(exchange, row)
            return None
        self._ledger.repeats[known.kind] += 1
        exchange.repeat_of, exchange.note = known.row, known.note
        return known.answer


def _row(exchange: Exchange) -> Row:
    traceparent = exchange.traceparent
    return Row(
        exchange=exchange.id,
        opened_at=stamp(time.time()),
        caller=exchange.caller,
        method=exchange.method,
        path=exchange.path.decode("latin-1"),
        token_id=None,  # it is known only when the request is sent
        traceparent=None if traceparent is None else traceparent.decode("latin-1"),
        body=_UNTOLD,
    )
