"""The one thread that writes the ledger; waiting rows share a commit.

While the disk takes one commit, the rows that come meanwhile gather, and go with the next.

Invariants: a row's end is written after its opening, into the file that holds it; an end that could
not be written is kept and tried again; every waiting request gets a result; rows that an earlier
process left open are found before anything else is written.
"""

import logging
import math
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from proxy.ledger.archive import Where, archive_of
from proxy.ledger.heads import Heads
from proxy.ledger.retention import AT_ONCE, BESIDE, Retention
from proxy.ledger.row import Row, of_rows
from proxy.ledger.sqlite.store import FileStore
from proxy.ledger.store import LeftOpen, Store
from proxy.ledger.trouble import LedgerRefused, Moved, damaged, words
from proxy.moments import stamp
from proxy.words import Said, phrase

_PROBE = 5.0  # seconds between questions whether the file can still be written, while it can
_RETRY = 1.0  # seconds, while it cannot
_MOST = 1000  # rows in one commit
STAYS = 900.0  # seconds after which doubt is said to stay: most heals before
_LONG_LOG = 64 << 20  # bytes: a program has been reading for long

log = logging.getLogger("proxy.ledger")


class Steps:
    """Rows, by what is to be written of them; one that is opened may get its end meanwhile."""

    __slots__ = ("amended", "closings", "openings")

    def __init__(self) -> None:
        self.openings: list[Row] = []
        self.amended: list[Row] = []
        self.closings: list[Row] = []


Told = Callable[[list[Row], Said], None]
"""Rows that were written, or the reason why they were not."""


class Writer(threading.Thread):
    """Owns the store. ``problem`` says why nothing can be written, empty while it can.

    ``since`` is when it began what it is about to do with the disk (seconds of ``time.monotonic``),
    None while it waits for rows. ``damage`` is what a reader found broken: it stays. ``salt`` is
    that of the file that was open last, empty while none has been.
    """

    def __init__(
        self,
        where: Where,
        store: Store | None,
        retention: Retention,
        told: Told,
        over: Callable[[list[Row]], None],
        left: Callable[[list[LeftOpen]], None],
    ) -> None:
        """Write to ``store``, or open it at ``where`` as soon as that can be done.

        ``told``, ``over`` and ``left`` are called in this thread; ``over`` with rows that had a
        claim, when their end is written or they never were; ``left`` with what a reopening found
        open.
        """
        super().__init__(name="ledger", daemon=True)
        self._where = where
        self._heads = Heads(where)
        self._store = store
        self._gone: FileStore | None = None  # a store whose file is no longer at its place
        self._opened = store is not None
        self.salt = b"" if store is None else store.salt
        self._retention = retention
        self._told = told
        self._over = over
        self._left = left
        self.problem: Said = ""
        self.damage: Said = ""
        self.since: float | None = None
        self.in_doubt = self.long_in_doubt = self.log_size = 0
        self.doubted: Callable[[], None] = lambda: None
        """Called in this thread when a row has come to be in doubt."""
        self._arrived: queue.SimpleQueue[Steps | None] = queue.SimpleQueue()
        self._amended: list[Row] = []
        self._closings: list[Row] = []
        self._under_way: set[Row] = set()
        self._home: Store | None = None  # the store that holds all of these
        self._ending = self._long_log = False
        self._probed = self._counted = -math.inf

    def begin(self) -> None:
        """Learn whether it can be written before anybody asks, and start the thread."""
        if self._store is not None:
            self._retention.believed.resume(*self._store.probed())
        self._attempt([], [], [])
        if self._store is not None:
            self._heads.tell(self._store)
        self.start()

    def take(self, steps: Steps) -> None:
        """Take rows to open, rows whose body has come whole, and rows that have got their end.

        ``told`` says when the first two are written.
        """
        self._arrived.put(steps)

    def break_off(self) -> None:
        """Make what the store waits for fail, if that is possible."""
        if self._store is not None:
            self._store.break_off()

    def stop(self) -> None:
        """Write what is there, close the file and end the thread; returns at once."""
        self._arrived.put(None)

    def run(self) -> None:
        """Write until told to stop."""
        while not self._ending:
            openings = self._gather()
            if openings or self._amended or self._closings:
                self._write(openings)
            elif time.monotonic() - self._probed >= (_RETRY if self.problem else _PROBE):
                self._attempt([], [], [])
            if self._store is not None and not self.problem:
                self._keep(self._store)
        for store in filter(None, (self._gone, self._store)):
            store.close()
        for row in self._closings:
            if row.end is not None:
                log.error("not in the ledger: %s ended as %s", row.exchange, row.end.outcome)

    # -- gathering -------------------------------------------------------------------------

    def _gather(self) -> list[Row]:
        """Return the openings that have come; amended rows and ends go to lists of their own."""
        openings: list[Row] = []
        wait = _RETRY if self.problem else self._retention.wait(_PROBE)
        most = len(self._closings) + _MOST  # ends that could not be written count for nothing
        while len(openings) + len(self._closings) < most:
            try:
                steps = self._arrived.get(timeout=wait)
            except queue.Empty:
                break
            if steps is None:
                self._ending = True
            else:
                openings += steps.openings
                self._amended += steps.amended
                self._closings += steps.closings
            if self._arrived.empty():
                break
        return openings

    # -- writing ---------------------------------------------------------------------------

    def _write(self, openings: list[Row]) -> None:
        closings = of_rows(self._closings, openings)
        amended, self._amended = self._amended, []
        before = self._closings
        self._closings = [] if self._attempt(openings, amended, closings) else closings
        if waiting := openings + amended:
            self._told(waiting, self.problem)
        if self._gone is not None:
            self._close_there(self._gone)
        if claimed := [row for row in before if row.claim is not None]:
            kept = set(self._closings)
            self._over([row for row in claimed if row not in kept])

    def _attempt(self, openings: list[Row], amended: list[Row], closings: list[Row]) -> bool:
        """Write, or only ask whether it can be done, and note whether it could."""
        self.since = self._probed = now = time.monotonic()
        try:
            store = self._usable()
            if openings or amended or closings:
                self._write_to(store, openings, amended, closings)
            else:
                self._probe(store)
            new = any(row.end is not None and row.end.doubtful for row in closings)
            if new or now >= self._counted + _PROBE:
                self._count(store, now, new=new)
        except Exception as error:  # noqa: BLE001  whatever it is: who waits must be told
            self._failed(error)
            return False
        finally:
            self.since = None
        self._note("")
        return True

    def _count(self, store: Store, now: float, *, new: bool) -> None:
        before, self.in_doubt, self._counted = self.in_doubt, store.in_doubt(), now
        since = stamp(time.time() - STAYS)
        self.long_in_doubt = store.long_in_doubt(since) if self.in_doubt else 0
        if left := store.abandoned():
            self._left(left)
        # A new row may come for one that was settled: the count alone does not tell.
        if new or self.in_doubt > before:
            self.doubted()

    @contextmanager
    def _at_the_disk(self) -> Iterator[None]:
        """Publish the time since which it is at the disk."""
        self.since = time.monotonic()
        try:
            yield
        finally:
            self.since = None

    def _write_to(
        self, store: Store, openings: list[Row], amended: list[Row], closings: list[Row]
    ) -> None:
        """Write to ``store``, and anew what was under way in a file that is gone."""
        anew: list[Row] = []
        if store is not self._home:
            anew = [row for row in self._under_way if row.home is not store]
        openings = store.enter(openings, closings, amended, anew=anew)
        self._home = store
        self._under_way.update(openings)
        self._under_way.difference_update(closings)

    def _probe(self, store: Store) -> None:
        believed = self._retention.believed
        believed.look()
        store.probe(believed.at, believed.held)
        self.log_size = store.log_size()
        long = self.log_size > _LONG_LOG
        if long and not self._long_log:
            log.warning(
                "the ledger's log %s-wal has %d MiB and cannot be folded in: another program has"
                " been reading the ledger for long; end it, and read a backup instead",
                self._where,
                self.log_size >> 20,
            )
        self._long_log = long

    def _failed(self, error: Exception) -> None:
        if damaged(error):
            self.damage = words(error)
        self._note(words(error))
        if isinstance(error, Moved) and isinstance(self._store, FileStore):
            self._gone, self._store = self._store, None
            self._gone.fold()  # whoever has moved it may not have moved its log

    # -- the file --------------------------------------------------------------------------

    def _usable(self) -> Store:
        """Return the store; open it if that was not possible until now, or its file has gone."""
        if self.damage:
            raise LedgerRefused(phrase("ledger.restart", why=self.damage))
        if self._store is None:
            if self._gone is not None:
                self._leave(self._gone)
            if self._store is None:
                self._store = self._reopened()
        return self._store

    def _leave(self, gone: FileStore) -> None:
        """Go on with a file that was put back; part from one that was replaced by another."""
        if gone.place.in_place:
            self._store, self._gone = gone, None
            return
        if not gone.path.exists():
            gone.place.check()
        gone.recover("ledger-moved")
        gone.close()
        self._gone = None
        log.warning("the ledger %s is another file now: the proxy goes on with it", self._where)

    def _reopened(self) -> Store:
        store = archive_of(self._where).store(may_make=not self._opened)
        try:
            left = store.recover(ours=self._under_way)
        except BaseException:
            store.close()
            raise
        if not self._opened:
            self._retention.believed.resume(*store.probed())
        self._opened, self.salt = True, store.salt
        self._left(left)
        return store

    def _close_there(self, gone: FileStore) -> None:
        """Close rows where they lie, in a file that is no longer at its place."""
        there = [row for row in self._closings if row.home is gone]
        if not there or gone.place.deleted:
            return
        try:
            with self._at_the_disk():
                gone.write([], there, wherever=True)
                gone.fold()
        except (sqlite3.Error, OSError) as error:
            log.error("the ledger that was moved takes no ends: %s", words(error))
            return
        self._closings = [row for row in self._closings if row.home is not gone]
        self._under_way.difference_update(there)

    def _keep(self, store: Store) -> None:
        """Do what is not for the rows that have just come."""
        if self._retention.due:
            self._prune(store)
        self._heads.tell(store, last=self._ending)

    def _prune(self, store: Store) -> None:
        try:
            with self._at_the_disk():
                self._retention.prune(store, AT_ONCE if self._arrived.empty() else BESIDE)
        except Exception as error:  # noqa: BLE001  or the thread would end, and all would wait
            self._failed(error)

    def _note(self, problem: Said) -> None:
        """Say when it begins and when it ends."""
        before, self.problem = self.problem, problem
        if problem and problem != before:
            log.error(
                "the ledger %s cannot be written: %s; requests that may change something get"
                " 503, reads still work",
                self._where,
                problem,
            )
        elif before and not problem:
            log.info("the ledger %s can be written again", self._where)
