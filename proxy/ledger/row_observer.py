"""The ledger's observer of one exchange: it collects the row's facts, and closes the row."""

import hashlib
import time
from collections.abc import Iterable
from functools import partial

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

LIMIT = 65_536  # bytes of a body: a longer one is not searched for its payment


class RowObserver(Observer):
    """Observes an exchange: hashes what it sends, keeps the first part of both bodies.

    ``row`` is set when it is to be written; ``whole``: all of the request's body came. ``guard``
    looks at its payment, if anybody does.
    """

    __slots__ = (
        "_answer",
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
        self._hash = hashlib.sha256()
        self._first: bytes | bytearray = b""
        self._size = 0
        self._answer = AnswerExcerpt()
        self.whole = request.framing == 0
        self.row: Row | None = None

    @property
    def sha256(self) -> str | None:
        """The hash of the request's body; None if it has not come whole, or is too long."""
        return self._hash.hexdigest() if self.whole and self._size <= LIMIT else None

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
        digest = self._hash.hexdigest()
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
        """Hash a part of the request's body, and keep it as far as there is room."""
        self._hash.update(data)
        self._size += len(data)
        self.whole = last
        if self._size > LIMIT:
            self._forget()
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
        if self.row is not None:
            end, told = self._end(), self._exchange.passed_on and self._answer.data
            claim = self.row.claim
            if claim is not None and claim.keeps:
                claim.answer = self._answer.kept(self._exchange)
            if self._guard is not None:
                self._guard.over(self.row, end)
            tell = partial(self.tell_answer, self.row, end) if told else None
            self._ledger.close(self.row, end, tell)

    def tell_answer(self, row: Row, end: End) -> None:
        """Complete the row's end with the kept part of the answer's body."""
        row.end = end.answered(self._picker.answer(self._answer.text()))

    def _end(self) -> End:
        exchange = self._exchange
        attempts = exchange.attempts
        return End(
            closed_at=stamp(time.time()),
            seconds=exchange.ended - exchange.started,
            attempts=len(attempts),
            status=exchange.status,
            answer=None,
            outcome=exchange.outcome,
            reason=exchange.reason,
            token_id=attempts[-1].token_id if attempts else None,
        )
