"""The ledger's observer of one exchange: it collects the row's facts, and closes the row."""

import hashlib
import time
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from proxy.exchange.observer import Observer
from proxy.exchange.record import Exchange
from proxy.http1.fields import Line
from proxy.http1.request import Request
from proxy.ledger.answer import AnswerExcerpt
from proxy.ledger.document import Document
from proxy.ledger.ledger import Ledger
from proxy.ledger.payment import Picker
from proxy.ledger.repeat_guard import RepeatGuard
from proxy.ledger.row import Body, End, Row
from proxy.moments import stamp

if TYPE_CHECKING:
    from hashlib import _Hash

LIMIT = 65_536  # bytes of a body: a longer one is not searched for its payment


class RowObserver(Observer):
    """Observes an exchange: keeps the first part of both bodies.

    What is made of them is made just before it is written, together with that of other exchanges:
    amid the steps of its own exchange the same code costs nearly twice as much. ``row`` is set when
    it is to be written; ``whole``: all of the request's body came. ``guard`` looks at its payment,
    if anybody does.
    """

    __slots__ = (
        "_answer",
        "_closed_at",
        "_exchange",
        "_first",
        "_guard",
        "_hash",
        "_ledger",
        "_picker",
        "_request",
        "_size",
        "row",
        "whole",
    )

    def __init__(
        self,
        exchange: Exchange,
        request: Request,
        ledger: Ledger,
        picker: Picker,
        guard: RepeatGuard | None = None,
    ) -> None:
        self._exchange = exchange
        self._request = request
        self._ledger = ledger
        self._picker = picker
        self._guard = guard
        self._hash: _Hash | None = None  # of all that has come, where more has than is kept
        self._first: bytes | bytearray = b""
        self._size = 0
        self._answer = AnswerExcerpt()
        self.whole = request.framing == 0
        self.row: Row | None = None

    @property
    def sha256(self) -> str | None:
        """The hash of the request's body; None if it has not come whole, or is too long."""
        return self._digest() if self.whole and self._size <= LIMIT else None

    def _digest(self) -> str:
        """Return the hash of a body that is whole."""
        if self._hash is None:
            self._hash = hashlib.sha256(self._first)
        return self._hash.hexdigest()

    def tell(self, row: Row) -> None:
        """Complete the row with the request's body, once, and have its payment looked at.

        One that is not whole yet is left for `amend`.
        """
        if self.whole and row.body.size is None:
            row.body = self._body(row, self._guard)

    async def amend(self, row: Row) -> None:
        """Amend the row with a body that has become whole only now."""
        await self._ledger.amend(row, self._body(row, None))

    def _body(self, row: Row, guard: RepeatGuard | None) -> Body:
        """Return the ledger's part of the request's body, which is whole, and drop the body."""
        digest = self._digest()
        if self._size > LIMIT:
            return Body(self._size, digest)
        document = Document(bytes(self._first))
        self._forget()
        if guard is not None:
            guard.look_at(self._exchange, self._request, row, document)
        told, marks = self._picker.payment(document)
        if row.likeness is not None:
            marks = row.likeness.among(marks)
        return Body(self._size, digest, told, marks)

    # -- what the exchange tells -----------------------------------------------------------

    def received(self, data: bytes, *, last: bool) -> None:
        """Keep a part of the request's body as far as there is room, and hash a longer body."""
        self._size += len(data)
        self.whole = last
        if self._size > LIMIT:
            if self._hash is None:
                self._hash = hashlib.sha256(self._first)
                self._forget()
            self._hash.update(data)
            return
        self._request.kept += len(data)
        if not self._first:
            self._first = data  # most bodies come as one part, which needs no copy
            return
        if isinstance(self._first, bytes):
            self._first = bytearray(self._first)
        self._first += data

    def _forget(self) -> None:
        """Drop the kept part of the request's body."""
        self._request.kept -= len(self._first)
        self._first = b""

    def answering(self, lines: Iterable[Line]) -> None:
        """Take the head of the answer."""
        self._answer.begin(lines)

    def passing(self, data: bytes) -> None:
        """Keep the first part of the answer's body."""
        self._answer.take(data)

    async def holding(self) -> None:
        """Write the answer into the row before its end: a kill must not lose what is known."""
        if self.row is not None:
            self.row.status = self._exchange.status
            self.row.answer = self._picker.answer(self._answer.text())
            await self._ledger.note(self.row)

    def over(self) -> None:
        """Close the row, if there is one."""
        row = self.row
        if row is None:
            return
        self._closed_at = time.time()
        if row.claim is None:
            self._ledger.close(row, None, partial(self._tell_end, row))
            return
        if row.claim.keeps:
            row.claim.answer = self._answer.kept(self._exchange)
        self._tell_end(row)  # a repeat may look at it
        self._ledger.close(row, row.end)

    def _tell_end(self, row: Row) -> None:
        """Complete the row with its end."""
        exchange, answer = self._exchange, None
        attempts = exchange.attempts
        try:
            if exchange.passed_on and self._answer.data:
                answer = self._picker.answer(self._answer.text())
        finally:
            row.end = End(
                closed_at=stamp(self._closed_at),
                seconds=exchange.ended - exchange.started,
                attempts=len(attempts),
                status=exchange.status,
                answer=answer,
                outcome=exchange.outcome,
                reason=exchange.reason,
                token_id=attempts[-1].token_id if attempts else None,
            )
        if self._guard is not None:
            self._guard.over(row, row.end)
