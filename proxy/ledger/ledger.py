"""The ledger as the event loop sees it: a row is written before its request is sent."""

import asyncio
import contextlib
import logging
import math
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proxy.counts import counted
from proxy.errors import LedgerUnavailable
from proxy.invocation import COMMAND
from proxy.ledger.archive import Where, archive_of
from proxy.ledger.claim import KeyTaken
from proxy.ledger.marks import marked
from proxy.ledger.repeat_guard import LooksRepeated
from proxy.ledger.retention import Retention
from proxy.ledger.row import Body, End, Row
from proxy.ledger.store import LeftOpen, Store
from proxy.ledger.writer import Steps, Writer
from proxy.words import Said, phrase

if TYPE_CHECKING:  # imported only where there is one
    from proxy.ledger.asker import Asker

log = logging.getLogger("proxy.ledger")

_WAIT = 10.0  # seconds that a request waits for its row: no hanging disk holds callers for ever
_COMPANY = 0.01  # seconds that ends wait for an opening to share its commit: nobody waits for ends
_MORE = 0.001  # seconds that an opening waits for others: each commit costs what ten rows do
_CROWD = 0.003  # seconds between commits above which an opening waits for no others
_LOOK = 0.5  # seconds between looks at the writer
_STALLED = 1.0  # seconds after which a disk is called sick
_TOO_LONG = 12.0  # seconds after which a database is asked anew: it may be another server
_LAST = 0.2  # seconds for the last ends, when the process ends at once
_TOLD = 20  # rows left open that are named in the log, one line each


Tell = Callable[[], None]


class Ledger:
    """Opens and closes rows; `aclose` ends it. Made in the event loop that serves."""

    def __init__(self, where: Where, retention: Retention) -> None:
        """Open the ledger, report rows left open; raise LedgerRefused if it cannot be used."""
        self.where = where
        self._kept_by = "disk" if isinstance(where, Path) else "database"
        self.recovered: Counter[str] = Counter()
        self.asker: Asker | None = None
        """Asks the API about rows in doubt, if that is wanted."""
        self.repeats: Counter[str] = Counter()
        """Repeats of a key's request that were not sent, by their answers."""
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[Row, float] = {}
        self._sick = self._closed = False
        self._steps = Steps()
        self._tells: list[Tell] = []
        self._handed = -math.inf  # when rows were handed over last that somebody waited for
        self._under_way: set[Row] = set()  # these are written, and have no end yet
        self._soon: asyncio.Handle | None = None  # will hand over rows that are waited for
        self._later = False  # ends will be handed over that find no company
        self._writer = Writer(
            where, self._open(), retention, self._told, self._told_over, self._tell_left
        )
        self._writer.begin()
        self._look = self._loop.call_later(_LOOK, self._watch)

    def _open(self) -> Store | None:
        """Open the file; None if that may succeed later, such as when the disk is full now."""
        try:
            store = archive_of(self.where).store()
        except (sqlite3.Error, OSError):
            return None  # the writer tries again, and reports the reason
        try:
            self._tell_left(store.recover())
        except (sqlite3.Error, OSError):
            store.close()  # rows left open must be found first: the writer tries again
            return None
        return store

    @property
    def problem(self) -> Said:
        """The reason why nothing can be written; empty while it can."""
        stalled = self._stalled()
        if stalled > _STALLED:
            seconds = round(stalled)
            if self._kept_by == "disk":
                return phrase("disk.silent", seconds=seconds)
            return phrase("ledger.database-silent", seconds=seconds)
        return self._writer.problem or self._writer.damage

    @property
    def in_doubt(self) -> int:
        """Rows in doubt without a verdict, as of some seconds ago at most."""
        return self._writer.in_doubt

    @property
    def long_in_doubt(self) -> int:
        """Those of them that have been in doubt for a quarter of an hour."""
        return self._writer.long_in_doubt

    def asked_by(self, asker: "Asker") -> None:
        """From now on, tell ``asker`` of each row that comes to be in doubt."""
        self.asker = asker

        def told() -> None:
            with contextlib.suppress(RuntimeError):  # the event loop has ended
                self._loop.call_soon_threadsafe(asker.doubted)

        self._writer.doubted = told

    @property
    def log_size(self) -> int:
        """Bytes of the write-ahead log, as of some seconds ago."""
        return self._writer.log_size

    def mark(self, value: str) -> str:
        """Return the keyed hash under which this ledger knows a value that it holds masked."""
        return marked(self._writer.salt, value)

    def damaged(self, words: Said) -> None:
        """Note that a reader found the file broken: nothing more is written to it."""
        self._writer.damage = words

    def open(self, row: Row, tell: Tell | None = None) -> Coroutine[Any, Any, None]:
        """Write ``row``; when this was awaited it is on the disk. Raises LedgerUnavailable.

        ``tell`` completes the row just before it is written. Raises KeyTaken, with nothing written,
        if the row has a claim and another row has its key; LooksRepeated, if it is guarded and one
        like it is in doubt.
        """
        return self._written(row, self._steps.openings, tell)

    def amend(self, row: Row, body: Body) -> Coroutine[Any, Any, None]:
        """Write what ``row`` holds of a body that has come whole only now; as `open`."""
        row.body = body
        return self._written(row, self._steps.amended)

    def note(self, row: Row) -> Coroutine[Any, Any, None]:
        """Write the answer of ``row``, which has no end yet; as `open`."""
        return self._written(row, self._steps.amended)

    async def _written(self, row: Row, rows: list[Row], tell: Tell | None = None) -> None:
        if self._closed:
            raise LedgerUnavailable(phrase("ledger-closed"))
        if tell is not None:
            self._tells.append(tell)
        row.written = written = self._loop.create_future()
        self._waiting[row] = self._loop.time() + _WAIT
        rows.append(row)
        if self._soon is None:
            self._soon = self._loop.call_soon(self._gather)
        elif not self._under_way:  # no more are to come
            self._soon.cancel()
            self._soon = self._loop.call_soon(self._hand_over)
        try:
            await written
        finally:
            row.written = None
            self._waiting.pop(row, None)

    def close(self, row: Row, end: End | None, tell: Tell | None = None) -> None:
        """Write down soon how the request ended; ``tell`` as for `open`.

        Without an ``end`` it is ``tell`` that gives the row its end, whatever fails in it.
        """
        row.end = end
        if tell is not None:
            self._tells.append(tell)
        self._under_way.discard(row)
        self._steps.closings.append(row)
        if tell is not None and not self._under_way and self._soon is None:
            self._loop.call_soon(self._tell)  # now nobody waits for it: the next row would
        if not self._later:
            self._later = True
            self._loop.call_later(_COMPANY, self._alone)

    def _alone(self) -> None:
        """Hand over the ends that found no company; the oldest came after the last that did."""
        self._later = False
        if not self._steps.closings:
            return
        left = self._handed + _COMPANY - time.monotonic()
        if left > 0:
            self._later = True
            self._loop.call_later(left, self._alone)
        else:
            self._hand_over()

    def _gather(self) -> None:
        """Hand over what came in one turn of the event loop, or wait for those who are to come."""
        if self._under_way and time.monotonic() < self._handed + _CROWD:
            self._soon = self._loop.call_later(_MORE, self._hand_over)
        else:
            self._hand_over()

    def _hand_over(self) -> None:
        """Wake the writer, once for many: each time it wakes costs what some rows do."""
        soon, self._soon = self._soon, None
        if soon is not None:
            soon.cancel()
            self._handed = time.monotonic()
        self._tell()
        steps, self._steps = self._steps, Steps()
        self._writer.take(steps)

    def _tell(self) -> None:
        """Complete all rows in turn: amid the rest of its request each would cost nearly twice."""
        tells, self._tells = self._tells, []
        for tell in tells:
            try:
                tell()
            except Exception as error:  # the row is written without, or all would wait
                log.error("internal error %s: a row names no payment", type(error).__name__)
                log.debug("where it happened", exc_info=error)

    async def aclose(self) -> None:
        """Write what is there and close the file."""
        self._look.cancel()
        self._hand_over()
        self._closed = True
        self._writer.stop()
        await asyncio.to_thread(self._writer.join, _WAIT)

    def last_words(self) -> None:
        """Write the ends that are there, and wait a moment for it: the process ends at once."""
        self._hand_over()
        self._writer.stop()
        self._writer.join(_LAST)

    # -- the disk --------------------------------------------------------------------------

    def _stalled(self) -> float:
        since = self._writer.since
        return 0.0 if since is None else time.monotonic() - since

    def _watch(self) -> None:
        """Watch whether the disk answers, so that nobody waits for ever."""
        self._look = self._loop.call_later(_LOOK, self._watch)
        stalled = self._stalled()
        sick = stalled > _STALLED
        if sick and not self._sick:
            log.error(
                "the ledger %s cannot be written: the %s has not answered for %.1f s; requests"
                " that may change something wait, and get 503 after %g s",
                self.where,
                self._kept_by,
                stalled,
                _WAIT,
            )
        elif self._sick and not sick:
            log.info("the %s of the ledger %s answers again", self._kept_by, self.where)
        if stalled > _TOO_LONG:
            self._writer.break_off()
        self._sick = sick
        now = self._loop.time()
        for row in [row for row, until in self._waiting.items() if until <= now]:
            self._wake([row], phrase("ledger-wrote-nothing", seconds=_WAIT))

    # -- told by the writer's thread ---------------------------------------------------------

    def _told(self, rows: list[Row], problem: Said) -> None:
        with contextlib.suppress(RuntimeError):  # the event loop has ended: nobody waits
            self._loop.call_soon_threadsafe(self._wake, rows, problem)

    def _told_over(self, rows: list[Row]) -> None:
        with contextlib.suppress(RuntimeError):  # as above
            self._loop.call_soon_threadsafe(self._end_claims, rows)

    def _end_claims(self, rows: list[Row]) -> None:
        for row in rows:
            if row.claim is not None and not row.claim.over.done():
                row.claim.over.set_result(None)

    def _wake(self, rows: list[Row], problem: Said) -> None:
        for row in rows:
            waiting = row.written
            if waiting is None or waiting.done():
                continue  # it left, or waited too long
            if problem:
                waiting.set_exception(LedgerUnavailable(problem))
            elif row.claim is not None and row.claim.taken is not None:
                waiting.set_exception(KeyTaken)
            elif row.alike is not None:
                waiting.set_exception(LooksRepeated(row.alike))
            else:
                waiting.set_result(None)
                self._under_way.add(row)

    def _tell_left(self, left: list[LeftOpen]) -> None:
        """Say which requests were under way when the process before ended."""
        self.recovered.update(each.method for each in left)
        for each in left[:_TOLD]:
            log.warning(
                "outcome unknown: %s %s of %s was under way when the process ended [%s]",
                each.method,
                each.path,
                each.opened_at,
                each.exchange,
            )
        if left:
            log.warning(
                "%s of the ledger %s left open, in doubt now: %s ledger --in-doubt",
                counted(len(left), "row"),
                "was" if len(left) == 1 else "were",
                COMMAND,
            )
