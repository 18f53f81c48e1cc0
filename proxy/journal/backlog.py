"""Exchanges that are over and not yet entries: a thread masks them, a little at a time.

Under load the journal soon drops most exchanges, and masking one costs several times as much as
forwarding it. So they wait a moment, and only those that will be kept are masked.

Invariants: the event loop never waits for the masking; the thread rests several times as long as it
works, because the loop would otherwise have to wait for the interpreter at each step; at most
``most`` exchanges wait, with at most `WAITING` bytes: the bodies of the oldest are dropped first.
If the heads alone are more than `HEADS`, the oldest exchanges are dropped.
"""

import asyncio
import contextlib
import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from proxy.journal.entry import Entry

SOON = 1.0  # seconds until an exchange is masked, while nobody looks
AT_ONCE = 0.05  # seconds, while somebody looks
WAITING = 1024 * 1024  # bytes that wait to be masked
HEADS = 4 * WAITING  # bytes of heads that wait, whose bodies may be gone
_BATCH = 65_536  # bytes that are masked without a rest, unless one exchange is larger
_MANY = 16  # exchanges in one batch
_REST = 3  # times the duration of the work before it; once that, while somebody waits
_LONGEST_REST = 1.0  # seconds


@dataclass(slots=True, eq=False)
class Waiting:
    """One exchange: ``make`` gives its entry; ``lighten`` lets its bodies go.

    It has ``weight`` bytes, and without bodies ``light``.
    """

    number: int
    make: Callable[[int], Entry]
    weight: int
    light: int
    lighten: Callable[[], None]


Made = tuple[list[Entry], float]
"""Entries, and the seconds that it took to make them."""


class Backlog:
    """Hands entries to ``keep``, in their order; in the event loop where there is one."""

    def __init__(
        self, keep: Callable[[Entry], None], most: int, watched: Callable[[], bool]
    ) -> None:
        """Keep ``most`` waiting; ``watched`` tells whether somebody looks at new entries."""
        self._keep = keep
        self._most = most
        self._watched = watched
        self._askers = 0
        self._waiting: deque[Waiting] = deque()
        self._heavy: deque[Waiting] = deque()  # those of them that still have their bodies
        self._bytes = 0  # bytes of the heavy ones
        self._heads = 0  # bytes of all that wait, without their bodies
        self._work: Future[Made] | None = None
        self._first = self._until = 0  # numbers: the first in work, the last of this round
        self._turn = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._due = math.inf  # when the timer fires (the loop's clock)
        self._rested = 0.0  # when the next work may begin (the loop's clock)
        self._threads: ThreadPoolExecutor | None = None

    def __len__(self) -> int:
        """Return the number that wait, without those that are being masked."""
        return len(self._waiting)

    def add(self, item: Waiting) -> None:
        """Take an exchange that is over."""
        self._waiting.append(item)
        self._heavy.append(item)
        self._bytes += item.weight
        self._heads += item.light
        while len(self._waiting) > self._most or self._heads > HEADS:
            self._taken()
        while self._bytes > WAITING:
            oldest = self._heavy.popleft()
            oldest.lighten()
            self._bytes -= oldest.weight
        self.hurry()

    def hurry(self) -> None:
        """Start the masking as early as is wanted now."""
        if self._waiting:
            self._begin_in(AT_ONCE if self._watched() else SOON)

    def clear(self) -> None:
        """Forget all exchanges that wait."""
        self._waiting.clear()
        self._heavy.clear()
        self._bytes = self._heads = 0
        self._end_turn()

    async def done(self, number: int) -> None:
        """Return when all up to ``number`` are entries, or gone."""
        self._askers += 1
        try:
            while (first := self._oldest()) and first <= number:
                self._begin_in(0)
                await self._turn.wait()
        finally:
            self._askers -= 1

    def settle(self) -> None:
        """Make entries of all that wait, here and now: where there is no event loop."""
        self._cancel_timer()
        if self._work is not None:
            self._made(self._work)
        self._cancel_timer()
        while self._waiting:
            item = self._taken()
            self._keep(item.make(item.number))
        self._end_turn()

    def _oldest(self) -> int:
        """Return the number of the oldest exchange that is no entry yet, 0 if there is none."""
        if self._work is not None:
            return self._first
        return self._waiting[0].number if self._waiting else 0

    def _taken(self) -> Waiting:
        item = self._waiting.popleft()
        self._heads -= item.light
        if self._heavy and self._heavy[0] is item:
            self._heavy.popleft()
            self._bytes -= item.weight
        return item

    # -- in the event loop -----------------------------------------------------------------

    def _begin_in(self, seconds: float) -> None:
        """Start the next work by then at the latest, but not before the rest is over."""
        if self._work is not None:
            return
        with contextlib.suppress(RuntimeError):  # without a loop, `settle` does the work
            loop = asyncio.get_running_loop()
            due = max(loop.time() + seconds, self._rested)
            if due < self._due:
                self._cancel_timer()
                self._due = due
                self._timer = loop.call_at(due, self._begin, loop)

    def _cancel_timer(self) -> None:
        self._due = math.inf
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give the next exchanges to the thread."""
        self._cancel_timer()
        if not self._waiting:
            return
        if self._waiting[0].number > self._until:  # a round is all that wait at its beginning
            self._until = self._waiting[-1].number
        batch = list(self._batch())
        self._first = batch[0].number
        self._threads = self._threads or ThreadPoolExecutor(1, "journal")
        self._work = work = self._threads.submit(_entries, batch)

        def tell(work: Future[Made]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody will look
                loop.call_soon_threadsafe(self._made, work)

        work.add_done_callback(tell)

    def _batch(self) -> Iterator[Waiting]:
        weight = 0
        for _ in range(min(_MANY, len(self._waiting))):
            item = self._taken()
            yield item
            weight += item.weight
            if weight > _BATCH:
                return

    def _made(self, work: Future[Made]) -> None:
        """Keep the entries that were made, and go on after a rest."""
        if work is not self._work:
            return  # it was settled meanwhile
        self._work = None
        try:
            entries, seconds = work.result()
            for entry in entries:
                self._keep(entry)
            self._rest(seconds)
        finally:
            self._end_turn()
            if self._waiting and self._waiting[0].number <= self._until:
                self._begin_in(0)
            self.hurry()

    def _rest(self, seconds: float) -> None:
        with contextlib.suppress(RuntimeError):
            now = asyncio.get_running_loop().time()
            self._rested = now + min((1 if self._askers else _REST) * seconds, _LONGEST_REST)

    def _end_turn(self) -> None:
        """Wake those who wait; each checks its own condition."""
        self._turn.set()
        self._turn = asyncio.Event()


def _entries(batch: list[Waiting]) -> Made:
    began = time.thread_time()
    entries = [item.make(item.number) for item in batch]
    return entries, time.thread_time() - began
