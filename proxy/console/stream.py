"""Live updates as server-sent events.

A reader is a number: that of the last entry it got. Entries that the journal no longer keeps are
counted and not queued, so a slow reader costs nothing, and a burst arrives as one event.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator

from proxy.admin.status import Status
from proxy.console.documents import PendingExchange
from proxy.console.views import pending, summary
from proxy.exchange.record import Exchange
from proxy.journal.assembly import Mask
from proxy.journal.journal import Journal
from proxy.journal.recorder import Capture, Recorder

PACE = 0.1  # seconds between two events of exchanges
TICK = 0.5  # seconds
FIRST = 1.0  # seconds that a page waits for entries that are not masked yet
PENDING_AFTER = 0.3  # seconds
PENDING_MOST = 20  # exchanges
_LONGEST = 512  # bytes of a target that is shown while its exchange is under way
NUMBER = re.compile(r"[0-9]{1,18}")


class Stream:
    """The events for one page after another."""

    def __init__(self, journal: Journal, recorder: Recorder, status: Status) -> None:
        self._journal = journal
        self._recorder = recorder
        self._status = status
        self._targets: dict[str, str] = {}  # of exchanges under way, masked once

    async def events(self, last_id: str) -> AsyncIterator[bytes]:
        """Yield events for ever, or until the drain begins."""
        run, _, number = last_id.partition("-")
        known = run == self._journal.run and NUMBER.fullmatch(number)
        # A new page has missed nothing: it starts with the entries that are kept.
        cursor = int(number) if known else self._journal.oldest - 1
        yield event("hello", {"run": self._journal.run, "limit": self._journal.limit})
        yield event("status", self._status.document())
        bell = self._journal.follow()
        try:
            async for news in self._news(cursor, bell):
                yield news
        finally:
            self._journal.unfollow(bell)
        yield event("status", self._status.document())

    async def _news(self, cursor: int, bell: asyncio.Event) -> AsyncIterator[bytes]:
        shown: list[PendingExchange] = []
        oldest = 0
        loop = asyncio.get_running_loop()
        with contextlib.suppress(TimeoutError):  # all that is kept at the start comes as one event
            async with asyncio.timeout(FIRST):
                await self._journal.settled()
        status_due = loop.time() + 1
        while not self._status.draining:
            entries, missed = self._journal.after(cursor)
            waiting = self._pending()
            kept_from = self._journal.oldest
            if entries or missed or waiting != shown or kept_from != oldest:
                cursor, shown, oldest = self._journal.last, waiting, kept_from
                news = {
                    "new": [*map(summary, entries)],
                    "oldest": oldest,
                    "gone": self._journal.gone,
                    "missed": missed,
                    "pending": waiting,
                }
                yield event("exchanges", news, f"{self._journal.run}-{cursor}")
            if loop.time() >= status_due:
                status_due = loop.time() + 1
                yield event("status", self._status.document())
            await _rung(bell)

    def _pending(self) -> list[PendingExchange]:
        old = self._recorder.older_than(PENDING_AFTER)[:PENDING_MOST]
        known = self._targets
        self._targets = {
            exchange.id: known.get(exchange.id) or self._target(exchange, capture)
            for exchange, capture in old
        }
        return [pending(*each, self._targets[each[0].id]) for each in old]

    def _target(self, exchange: Exchange, capture: Capture) -> str:
        target = exchange.target
        return Mask(self._journal.redaction, capture).target(target[:_LONGEST], len(target))


def event(name: str, document: object, number: str = "") -> bytes:
    """Return one event in the wire format; JSON never holds a line end."""
    mark = f"id: {number}\n" if number else ""
    return f"{mark}event: {name}\ndata: {json.dumps(document)}\n\n".encode()


async def _rung(bell: asyncio.Event) -> None:
    """Wait for the next event, but neither too briefly nor too long."""
    await asyncio.sleep(PACE)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(TICK - PACE):
            await bell.wait()
    bell.clear()
