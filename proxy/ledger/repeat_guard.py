"""Refuses a payment that looks like one in doubt, or only says so, as BREB_REPEATS wants."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple, Protocol

from proxy.errors import LedgerUnavailable
from proxy.exchange.preference import NAME, is_lenient
from proxy.exchange.record import Exchange
from proxy.http1.request import Request
from proxy.ledger.document import Document
from proxy.ledger.entry import LedgerEntry
from proxy.ledger.likeness import Likeness, Likenesses
from proxy.ledger.repeats import like_in_doubt
from proxy.ledger.row import End, Row
from proxy.ledger.trouble import LedgerRefused
from proxy.words import phrase

log = logging.getLogger("proxy.ledger")

_MINUTE = 60.0  # seconds
_MOST = 10_000  # payments of the last minute


class _RecentPayment(NamedTuple):
    """A payment that was made, when (seconds), and its row. Not the row: that is kilobytes."""

    at: float
    number: int
    likeness: Likeness


class LooksRepeated(Exception):
    """One like it is in doubt, and nothing was written; ``row`` is that one's number."""

    def __init__(self, row: int) -> None:
        super().__init__(row)
        self.row = row


class Questions(Protocol):
    """Asks the API about rows."""

    async def ask_now(self, number: int) -> None:
        """Ask about a row in doubt out of its turn, if the API may be asked; keep the answer."""


class RepeatGuard:
    """``row`` reads a row in doubt, None if it is not any more; without ``refuses`` it only warns.

    ``questions`` asks the API about it, if anybody does.
    """

    def __init__(
        self,
        likenesses: Likenesses,
        row: Callable[[int], LedgerEntry | None],
        *,
        refuses: bool,
    ) -> None:
        self._likenesses = likenesses
        self._row = row
        self._refuses = refuses
        self._recent: OrderedDict[str, _RecentPayment] = OrderedDict()
        self.questions: Questions | None = None

    def look_at(self, exchange: Exchange, request: Request, row: Row, document: Document) -> None:
        """Note what a payment looks like; warn if one like it was made a moment ago."""
        likeness = self._likenesses.of(exchange.caller, request.method, row.path, document)
        if likeness is None:
            return
        row.likeness = likeness
        if is_lenient(request.section.known.get(NAME, ())):
            return
        row.guarded = True
        before = self._recent.get(likeness.natural)
        if before is None or time.monotonic() - before.at > _MINUTE:
            return
        if likeness.like(before.likeness):
            self._warn(exchange, before.number)

    def over(self, row: Row, end: End) -> None:
        """Remember a payment that was made."""
        likeness = row.likeness
        if likeness is None or row.number is None or not _succeeded(end):
            return
        self._recent[likeness.natural] = _RecentPayment(time.monotonic(), row.number, likeness)
        self._recent.move_to_end(likeness.natural)
        if len(self._recent) > _MOST:
            self._recent.popitem(last=False)

    async def judge(self, exchange: Exchange, number: int) -> None:
        """Ask about the row in doubt that a payment looks like; raise LikeInDoubt, or warn."""
        if not self._refuses:
            self._warn(exchange, number)
            return
        if self.questions is not None:
            await self.questions.ask_now(number)
        try:
            entry = await asyncio.to_thread(self._row, number)
        except LedgerRefused as refusal:
            raise LedgerUnavailable(refusal.why) from refusal
        raise like_in_doubt(number, entry)

    def _warn(self, exchange: Exchange, number: int) -> None:
        exchange.note = phrase("repeat.looks-like", row=number)
        log.warning("a payment looks like that of row #%d [%s]", number, exchange.id)


def _succeeded(end: End) -> bool:
    return end.outcome == "answered" and (end.status or 500) < 300
