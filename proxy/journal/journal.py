"""The last exchanges, bounded and masked on the way in: no entry ever holds a secret.

An exchange that is over becomes an entry within a second, or when it is asked for
(`proxy.journal.backlog`).

Invariants: at most as many entries as were asked for, and they weigh at most `WEIGHT` bytes
together; an entry never changes; numbers grow by one, so that a reader can count the entries since
the last one that it saw, and those that have been dropped.
"""

import asyncio
import copy
import secrets
from collections import deque
from collections.abc import Callable, Iterable

from proxy.exchange.record import Exchange
from proxy.journal.assembly import entry_of
from proxy.journal.backlog import Backlog, Waiting
from proxy.journal.entry import Entry
from proxy.journal.recorder import Capture
from proxy.journal.redaction import Redaction

WEIGHT = 8 * 1024 * 1024  # bytes, with as much again for exchanges under way: 16 MiB in all


def _nothing() -> None:
    """Do nothing: there are no bodies to let go."""


class Journal:
    """Keeps the last exchanges; wakes its followers."""

    def __init__(
        self,
        names: Iterable[str],
        *,
        tls: bool = False,
        entries: int = 200,
        weight: int = WEIGHT,
    ) -> None:
        self.redaction = Redaction(names)
        self.run = secrets.token_hex(4)
        self.limit = entries
        self._tls = tls
        self._most = weight
        self._entries: deque[Entry] = deque()
        self._weight = 0
        self._numbered = self._last = 0
        self._cleared = 0
        self._followers: set[asyncio.Event] = set()
        self._backlog = Backlog(self._put, entries, lambda: bool(self._followers))

    def keep(self, exchange: Exchange, capture: Capture | None) -> None:
        """Take one exchange that is over, and its copied parts."""
        if capture is None:
            self.add(lambda number: self._entry(exchange, None, number))
            return
        if len(capture.target) < len(exchange.target):  # others need the whole, but not for long
            exchange = copy.copy(exchange)
            exchange.target = capture.target
        self.add(
            lambda number: self._entry(exchange, capture, number),
            capture.weight,
            capture.light,
            capture.lighten,
        )

    def _entry(self, exchange: Exchange, capture: Capture | None, number: int) -> Entry:
        return entry_of(exchange, capture, number, self.redaction, tls=self._tls)

    def add(
        self,
        make: Callable[[int], Entry],
        weight: int = 0,
        light: int = 0,
        lighten: Callable[[], None] = _nothing,
    ) -> None:
        """Take the entry that ``make`` returns for its number, of about ``weight`` bytes.

        If too much waits, ``lighten`` is called at any time before ``make``; the entry has about
        ``light`` bytes then.
        """
        self._numbered += 1
        self._backlog.add(Waiting(self._numbered, make, weight, light, lighten))

    def _put(self, entry: Entry) -> None:
        if entry.number <= self._cleared:
            return
        self._last = entry.number
        self._entries.append(entry)
        self._weight += entry.weight
        while len(self._entries) > self.limit or (self._weight > self._most and self._entries):
            self._weight -= self._entries.popleft().weight
        for event in self._followers:
            event.set()

    def settle(self) -> None:
        """Make entries of all that is over, here and now: where there is no event loop."""
        self._backlog.settle()

    async def settled(self) -> None:
        """Wait until all exchanges that are over by now are entries."""
        await self._backlog.done(self._numbered)

    def after(self, number: int) -> tuple[list[Entry], int]:
        """Return the entries after ``number``, and the count of those after it that were dropped.

        Entries that `clear` removed are not counted.
        """
        number = max(number, self._cleared)
        found = []
        for entry in reversed(self._entries):
            if entry.number <= number:
                break
            found.append(entry)
        found.reverse()
        return found, max(0, self._last - number - len(found))

    def find(self, name: str) -> Entry | None:
        """Return the entry of an exchange, if it is still kept."""
        return next((entry for entry in self._entries if entry.id == name), None)

    async def found(self, name: str) -> Entry | None:
        """Return it also for an exchange that is over and not yet an entry."""
        entry = self.find(name)
        if entry is None:
            await self.settled()
            entry = self.find(name)
        return entry

    def clear(self) -> None:
        """Forget all entries; numbers go on."""
        self._backlog.clear()
        self._entries.clear()
        self._weight = 0
        self._cleared = self._last = self._numbered

    @property
    def oldest(self) -> int:
        """The number of the oldest entry that is kept; without entries, the next number."""
        return self._entries[0].number if self._entries else self._last + 1

    @property
    def gone(self) -> int:
        """The count of dropped entries, without those that `clear` removed."""
        return self.oldest - 1 - self._cleared

    @property
    def last(self) -> int:
        """The youngest entry's number."""
        return self._last

    def follow(self) -> asyncio.Event:
        """Return an event that is set whenever there is a new entry; `unfollow` it at the end."""
        event = asyncio.Event()
        self._followers.add(event)
        self._backlog.hurry()
        return event

    def unfollow(self, event: asyncio.Event) -> None:
        """End what `follow` began."""
        self._followers.discard(event)
