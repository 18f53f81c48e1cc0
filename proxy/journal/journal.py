"""The last exchanges, bounded and masked on the way in: no entry ever holds a secret.

What is over is masked within a second, or when it is asked for: under load most would not
outlive that, and masking costs several times what forwarding does.

Invariants: at most as many entries as were asked for, and they weigh at most `WEIGHT` bytes
together; an entry never changes; numbers grow by one, so that a reader who knows the last one he
saw knows what he missed, and everybody knows how many have fallen out.
"""

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import Callable, Iterable

from proxy.exchange.record import Exchange
from proxy.journal.assembly import entry_of
from proxy.journal.entry import Entry
from proxy.journal.recorder import Capture
from proxy.journal.redaction import Redaction

WEIGHT = 8 * 1024 * 1024  # with as much again for exchanges under way: 16 MiB in all
SOON = 1.0  # seconds
WAITING = 2 * 1024 * 1024  # bytes of bodies that wait to be masked


class Journal:
    """Keeps the last exchanges; wakes those who follow it."""

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
        # Over, and not yet masked: of many at once those alone are that will be kept.
        self._waiting: deque[tuple[int, Callable[[int], Entry], int]] = deque()
        self._waiting_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._entries: deque[Entry] = deque()
        self._weight = 0
        self._last = 0
        self._cleared = 0
        self._followers: set[asyncio.Event] = set()

    def keep(self, exchange: Exchange, capture: Capture | None) -> None:
        """Take one exchange that is over, and what was copied of it."""
        self.add(
            lambda number: entry_of(exchange, capture, number, self.redaction, tls=self._tls),
            capture.weight if capture is not None else 0,
        )

    def add(self, make: Callable[[int], Entry], weight: int = 0) -> None:
        """Take the entry that ``make`` gives for its number, of bodies of ``weight`` bytes."""
        self._last += 1
        self._waiting.append((self._last, make, weight))
        self._waiting_bytes += weight
        if len(self._waiting) > self.limit:
            self._waiting_bytes -= self._waiting.popleft()[2]
        if self._waiting_bytes > WAITING:
            self.settle()
        elif self._timer is None:
            with contextlib.suppress(RuntimeError):  # without a loop it is done when it is read
                self._timer = asyncio.get_running_loop().call_later(SOON, self.settle)
        for event in self._followers:
            event.set()

    def settle(self) -> None:
        """Mask what is over and make entries of it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._waiting_bytes = 0
        while self._waiting:
            number, make, _ = self._waiting.popleft()
            entry = make(number)
            self._entries.append(entry)
            self._weight += entry.weight
        while len(self._entries) > self.limit or (self._weight > self._most and self._entries):
            self._weight -= self._entries.popleft().weight

    def after(self, number: int) -> tuple[list[Entry], int]:
        """Return the entries younger than ``number``, and how many more there had been.

        What was cleared away is not counted.
        """
        self.settle()
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
        self.settle()
        return next((entry for entry in self._entries if entry.id == name), None)

    def clear(self) -> None:
        """Forget all entries; numbers go on."""
        self._waiting.clear()
        self._entries.clear()
        self._weight = 0
        self._cleared = self._last

    @property
    def oldest(self) -> int:
        """The number of the oldest entry that is kept, or would be."""
        self.settle()
        return self._entries[0].number if self._entries else self._last + 1

    @property
    def gone(self) -> int:
        """How many entries have fallen out; what was cleared away is not counted."""
        return self.oldest - 1 - self._cleared

    @property
    def last(self) -> int:
        """The youngest entry's number."""
        return self._last

    def follow(self) -> asyncio.Event:
        """Return an event that is set whenever there is a new entry; `unfollow` it at the end."""
        event = asyncio.Event()
        self._followers.add(event)
        return event

    def unfollow(self, event: asyncio.Event) -> None:
        """End what `follow` began."""
        self._followers.discard(event)
