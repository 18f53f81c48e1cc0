"""The one thread that writes the ledger: those who wait share a commit.

While the disk takes one commit, the rows of all who come meanwhile gather, and go with the next.
Ends wait a moment for company: nobody waits for them, and a commit of their own would hold up the
next payment.

Invariants: a row's end is written after its opening; an end that could not be written is kept and
tried again; whoever waits for an opening is told, whatever happens.
"""

import logging
import math
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from proxy.ledger.retention import Retention
from proxy.ledger.row import Row
from proxy.ledger.store import LeftOpen, Moved, Store
from proxy.ledger.trouble import words

_COMPANY = 0.01  # seconds an end waits for an opening
_CROWD = 4  # openings in one commit, from which on the next waits for more:
_MORE = 0.001  # seconds: fewer commits, each of which costs what ten rows do
_PROBE = 5.0  # seconds between questions whether the file can still be written, while it can
_RETRY = 1.0  # the same, while it cannot
_MOST = 1000  # rows in one commit

log = logging.getLogger("proxy.ledger")

Step = tuple[Row, bool]
"""A row, and whether it is to be closed; not whether it has its end, which may come meanwhile."""
Told = Callable[[list[Row], str], None]
"""Openings that were written, or why they were not."""


class Writer(threading.Thread):
    """Owns the store. ``problem`` says why nothing can be written, empty while it can."""

    def __init__(
        self,
        path: Path,
        store: Store | None,
        retention: Retention,
        told: Told,
        left: Callable[[list[LeftOpen]], None],
    ) -> None:
        """Write to ``store``, or open it at ``path`` as soon as that can be done.

        ``told`` and ``left`` are called in this thread; ``left`` with what a reopening found open.
        """
        super().__init__(name="ledger", daemon=True)
        self._path = path
        self._store = store
        self._retention = retention
        self._told = told
        self._left = left
        self.problem = ""
        self.in_doubt = 0
        self._arrived: queue.SimpleQueue[Step | None] = queue.SimpleQueue()
        self._closings: list[Row] = []
        self._crowd = 0
        self._ending = False
        self._probed = self._counted = -math.inf

    def begin(self) -> None:
        """Learn whether it can be written before anybody asks, and start the thread."""
        self._attempt([], [])
        self.start()

    def open(self, row: Row) -> None:
        """Take a row to be written; ``told`` says when it is."""
        self._arrived.put((row, False))

    def close(self, row: Row) -> None:
        """Take a row that has got its end."""
        self._arrived.put((row, True))

    def stop(self) -> None:
        """Write what is there, close the file and end the thread; returns at once."""
        self._arrived.put(None)

    def run(self) -> None:
        """Write until told to stop."""
        while not self._ending:
            openings = self._gather()
            if openings or self._closings:
                self._write(openings)
            elif time.monotonic() - self._probed >= (_RETRY if self.problem else _PROBE):
                self._attempt([], [])
            if self._store is not None and not self.problem:
                self._prune(self._store)
        if self._store is not None:
            self._store.close()

    # -- gathering -------------------------------------------------------------------------

    def _gather(self) -> list[Row]:
        """Return the openings that have come; ends go to ``_closings``."""
        openings: list[Row] = []
        wait = _RETRY if self.problem else self._retention.wait(_PROBE)
        while len(openings) + len(self._closings) < _MOST:
            try:
                step = self._arrived.get(timeout=wait)
            except queue.Empty:
                break
            if step is None:
                self._ending = True
                wait = 0
            elif step[1]:
                self._closings.append(step[0])
                wait = min(wait, _COMPANY)
            else:
                if not openings and self._crowd >= _CROWD:
                    time.sleep(_MORE)  # once: to wake for each who comes would cost more
                openings.append(step[0])
                wait = 0
        return openings

    # -- writing ---------------------------------------------------------------------------

    def _write(self, openings: list[Row]) -> None:
        # A row whose opening failed was never sent, and has no number.
        opened = set(openings)
        closings = [row for row in self._closings if row.number is not None or row in opened]
        self._crowd = len(openings)
        self._closings = [] if self._attempt(openings, closings) else closings
        if openings:
            self._told(openings, self.problem)

    def _attempt(self, openings: list[Row], closings: list[Row]) -> bool:
        """Write, or only ask whether it can be done, and note whether it could."""
        self._probed = now = time.monotonic()
        try:
            store = self._store or self._reopen()
            if openings or closings:
                store.write(openings, closings)
            else:
                store.probe()
            if now >= self._counted + _PROBE or any(row.doubtful for row in closings):
                self.in_doubt, self._counted = store.in_doubt(), now
        except Exception as error:  # noqa: BLE001  whatever it is: who waits must be told
            self._failed(error)
            return False
        self._note("")
        return True

    def _failed(self, error: Exception) -> None:
        self._note(words(error))
        if isinstance(error, Moved) and self._store is not None:
            self._store.close()
            self._store = None

    def _reopen(self) -> Store:
        self._store = store = Store.open(self._path)
        self._left(store.recover())
        return store

    def _prune(self, store: Store) -> None:
        try:
            self._retention.prune(store)
        except (sqlite3.Error, OSError) as error:
            self._note(words(error))

    def _note(self, problem: str) -> None:
        """Say when it begins and when it ends."""
        before, self.problem = self.problem, problem
        if problem and problem != before:
            log.error(
                "the ledger %s cannot be written: %s; requests that may change something get"
                " 503, reads still work",
                self._path,
                problem,
            )
        elif before and not problem:
            log.info("the ledger %s can be written again", self._path)
