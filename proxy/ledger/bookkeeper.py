"""The gate before the upstream: a request that may change something goes up after its row.

The body is read ahead a little, so that a row that is left open names its payment. A long or slow
body goes up without that, and its names are added before its last part goes up.
"""

import time
from functools import partial

from proxy.exchange.body import OutgoingBody
from proxy.exchange.record import Exchange
from proxy.http1.request import Request
from proxy.ledger.ledger import Ledger
from proxy.ledger.payment import Picker
from proxy.ledger.row import Body, Row
from proxy.ledger.row_observer import LIMIT, RowObserver
from proxy.moments import stamp

_PATIENCE = 1.0  # seconds of waiting for a body
_UNTOLD = Body()


class Bookkeeper:
    """Opens a row for each request that may change something; its row observer closes it."""

    def __init__(self, ledger: Ledger, picker: Picker) -> None:
        self._ledger = ledger
        self._picker = picker

    async def admit(self, exchange: Exchange, request: Request, body: OutgoingBody | None) -> None:
        """Return when the request is written down; raise LedgerUnavailable if it cannot be."""
        observer = RowObserver(exchange, request, self._ledger, self._picker)
        told = exchange.join(observer)
        if body is not None:
            told.enters("intake")
            await body.read_ahead(LIMIT, _PATIENCE)
        told.enters("ledger")
        observer.row = row = _row(exchange)
        await self._ledger.open(row, partial(observer.tell, row))
        if body is not None and not observer.whole:
            body.before_last = partial(observer.amend, row)


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
