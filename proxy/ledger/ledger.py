"""The ledger as the event loop sees it: a row is written before its request is sent."""

import asyncio
import contextlib
import logging
import sqlite3
from collections import Counter
from pathlib import Path

from proxy.counts import counted
from proxy.errors import LedgerUnavailable
from proxy.invocation import COMMAND
from proxy.ledger.retention import Retention
from proxy.ledger.row import End, Row
from proxy.ledger.store import LeftOpen, Store
from proxy.ledger.writer import Writer
from proxy.words import phrase

log = logging.getLogger("proxy.ledger")

_WAIT = (
    10.0  # seconds a request waits for its row: a disk that hangs must not hold callers for ever
)
_TOLD = 20  # rows left open that are named in the log, one line each


class Ledger:
    """Opens and closes rows; `aclose` ends it. Made in the event loop that serves."""

    def __init__(self, path: Path, retention: Retention) -> None:
        """Open the file and tell what was left open; raise LedgerRefused if it is no good."""
        self.path = path
        self.recovered: Counter[str] = Counter()
        self._loop = asyncio.get_running_loop()
        self._writer = Writer(path, self._open(), retention, self._told, self._tell_left)
        self._writer.begin()

    def _open(self) -> Store | None:
        """Open the file; None if that may succeed later, such as when the disk is full now."""
        try:
            store = Store.open(self.path)
            self._tell_left(store.recover())
        except (sqlite3.Error, OSError):
            return None  # the writer tries again, and says why not
        return store

    @property
    def problem(self) -> str:
        """Why nothing can be written; empty while it can."""
        return self._writer.problem

    @property
    def in_doubt(self) -> int:
        """Rows in doubt without a verdict, as of some seconds ago at most."""
        return self._writer.in_doubt

    async def open(self, row: Row) -> None:
        """Write ``row``; when this returns it is on the disk. Raises LedgerUnavailable."""
        row.written = self._loop.create_future()
        self._writer.open(row)
        try:
            async with asyncio.timeout(_WAIT):
                await row.written
        except TimeoutError:
            raise LedgerUnavailable(phrase("ledger-wrote-nothing", seconds=_WAIT)) from None
        finally:
            row.written = None

    def close(self, row: Row, end: End) -> None:
        """Write down how it ended, soon."""
        row.end = end
        self._writer.close(row)

    async def aclose(self) -> None:
        """Write what is there and close the file."""
        self._writer.stop()
        await asyncio.to_thread(self._writer.join, _WAIT)

    # -- told by the writer's thread ---------------------------------------------------------

    def _told(self, rows: list[Row], problem: str) -> None:
        with contextlib.suppress(RuntimeError):  # the event loop has ended: nobody waits
            self._loop.call_soon_threadsafe(self._wake, rows, problem)

    def _wake(self, rows: list[Row], problem: str) -> None:
        for row in rows:
            waiting = row.written
            if waiting is None or waiting.done():
                continue  # it left, or waited too long
            if problem:
                waiting.set_exception(LedgerUnavailable(problem))
            else:
                waiting.set_result(None)

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
                "%s of the ledger %s open at the start, in doubt now: %s ledger --in-doubt",
                counted(len(left), "row"),
                "was" if len(left) == 1 else "were",
                COMMAND,
            )
