"""The events of an exchange, and the only way to observe them.

Metrics, log line, journal and ledger observe, and decide nothing. Observers that only need the end
of each exchange are given to the shell (`record.Ended`); one that needs all events of an exchange
joins it. Without an observer, no event is made.
"""

from collections.abc import Iterable
from typing import Literal

from proxy.exchange.attempt import Attempt
from proxy.http1.answer_fields import AnswerFields
from proxy.http1.fields import Line

Part = Literal["intake", "ledger", "token"]
"""A part of the way after the guard: the body is read ahead, its row is written, the token."""


class Observer:
    """Gets the events of one exchange, in this order, and uses those that it needs."""

    __slots__ = ()

    def enters(self, part: Part) -> None:
        """Take the part of its way that the request enters."""

    def received(self, data: bytes, *, last: bool) -> None:
        """Take a part of the request's body, as the caller sent it."""

    def sending(self, attempt: Attempt, head: bytes) -> None:
        """Take an attempt that goes out, and its head."""

    def answered(self, attempt: Attempt, fields: AnswerFields) -> None:
        """Take the head of the answer to an attempt, as it came."""

    def answering(self, lines: Iterable[Line]) -> None:
        """Take the head of the answer that the caller gets; a second one takes its place.

        Its lines may be split only when they are asked for, each time.
        """

    def passing(self, data: bytes) -> None:
        """Take a part of that answer's body; the caller got all if the exchange is whole then."""

    async def holding(self) -> None:
        """Keep the answer that is whole, and is held back now; raise ProxyError if that fails."""

    def over(self) -> None:
        """Take the end of the exchange; nothing changes it any more."""


class Several(Observer):
    """Two observers of one exchange, told one after the other."""

    __slots__ = ("_first", "_second")

    def __init__(self, first: Observer, second: Observer) -> None:
        self._first = first
        self._second = second

    def enters(self, part: Part) -> None:
        """Tell both."""
        self._first.enters(part)
        self._second.enters(part)

    def received(self, data: bytes, *, last: bool) -> None:
        """Tell both."""
        self._first.received(data, last=last)
        self._second.received(data, last=last)

    def sending(self, attempt: Attempt, head: bytes) -> None:
        """Tell both."""
        self._first.sending(attempt, head)
        self._second.sending(attempt, head)

    def answered(self, attempt: Attempt, fields: AnswerFields) -> None:
        """Tell both."""
        self._first.answered(attempt, fields)
        self._second.answered(attempt, fields)

    def answering(self, lines: Iterable[Line]) -> None:
        """Tell both."""
        self._first.answering(lines)
        self._second.answering(lines)

    def passing(self, data: bytes) -> None:
        """Tell both."""
        self._first.passing(data)
        self._second.passing(data)

    async def holding(self) -> None:
        """Tell both."""
        await self._first.holding()
        await self._second.holding()

    def over(self) -> None:
        """Tell both."""
        self._first.over()
        self._second.over()
