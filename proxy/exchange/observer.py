"""What an exchange tells on its way: the one way to observe it.

Metrics, log line, journal and ledger are told, and get no decision back. Those who only want to
know how each exchange ended are given to the shell (`record.Ended`); who wants to know all of one
joins it. Where nobody has joined, nothing is made to be told.
"""

from typing import Literal

from proxy.exchange.attempt import Attempt
from proxy.http1.fields import Lines

Part = Literal["intake", "ledger", "token"]
"""A part of the way after the guard: the body is read ahead, its row is written, the token."""


class Observer:
    """Is told what passes of one exchange, in this order; each takes what it needs."""

    __slots__ = ()

    def enters(self, part: Part) -> None:
        """Take which part of its way the request begins."""

    def received(self, data: bytes, *, last: bool) -> None:
        """Take a part of the request's body, as the caller sent it."""

    def sending(self, attempt: Attempt, head: bytes) -> None:
        """Take an attempt that goes out, and its head."""

    def answered(self, attempt: Attempt, lines: Lines) -> None:
        """Take the head of the answer to an attempt, as it came."""

    def answering(self, lines: Lines) -> None:
        """Take the head of the answer that the caller gets."""

    def passing(self, data: bytes) -> None:
        """Take a part of its body; the caller got all of it if the exchange is whole then."""

    def over(self) -> None:
        """Take that the exchange is over; nothing changes it any more."""


class Several(Observer):
    """Those who have joined one exchange, told one after the other."""

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

    def answered(self, attempt: Attempt, lines: Lines) -> None:
        """Tell both."""
        self._first.answered(attempt, lines)
        self._second.answered(attempt, lines)

    def answering(self, lines: Lines) -> None:
        """Tell both."""
        self._first.answering(lines)
        self._second.answering(lines)

    def passing(self, data: bytes) -> None:
        """Tell both."""
        self._first.passing(data)
        self._second.passing(data)

    def over(self) -> None:
        """Tell both."""
        self._first.over()
        self._second.over()
