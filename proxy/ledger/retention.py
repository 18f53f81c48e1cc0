"""Deletes old rows in the background, by days and bytes; rows in doubt are always kept."""

import logging
import math
import time
from collections.abc import Callable

from proxy.counts import counted
from proxy.invocation import COMMAND
from proxy.ledger.believed import DAY, BelievedTime
from proxy.ledger.store import Store
from proxy.moments import stamp

log = logging.getLogger("proxy.ledger")

_EVERY = 60.0  # seconds
_HOUR = 3600  # seconds
AT_ONCE = 500  # rows in one transaction: payments wait for no more than that
BESIDE = 50  # the same while payments arrive
CLAIMS = 400.0  # days that a claim stays at least, and longer than its row
_ALL = "~"  # after any time


class Retention:
    """Prunes a store, a bit at a time."""

    def __init__(
        self,
        days: float,
        size: int,
        believed: BelievedTime | None = None,
        steady: Callable[[], float] = time.monotonic,
        hours: float = 24.0,
    ) -> None:
        """Keep ``days`` days, and at most ``size`` bytes of rows; answers for ``hours``."""
        self._days = days
        self._hours = hours
        self._size = size
        self.believed = believed or BelievedTime()
        self._steady = steady
        self._due = -math.inf
        self._gone = 0
        self._full = False

    def wait(self, most: float) -> float:
        """Return the seconds until there is something to prune, at most ``most``."""
        return min(most, max(0.0, self._due - self._steady()))

    @property
    def due(self) -> bool:
        """Whether there is something to prune now."""
        return self._steady() >= self._due

    def prune(self, store: Store, most: int = AT_ONCE) -> None:
        """Delete at most ``most`` rows, if the time has come; further ones the next time."""
        now = self._steady()
        if now < self._due:
            return
        before = self._before()
        forgot = self._forget(store, most)
        gone = 0 if forgot else store.prune(before, self._size, most)
        self._gone += gone
        self._due = now + (0.0 if gone or forgot else _EVERY)
        if not (gone or forgot):
            self._say_gone(before)
            self._say_full(full=store.exceeds(self._size))

    def _forget(self, store: Store, most: int) -> int:
        """Delete answers and claims that are too old; answers also where there is no room."""
        now = self.believed.now
        if now is None:
            return 0
        replies = stamp(now - self._hours * 3600)
        claims = stamp(now - max(self._days + 1, CLAIMS) * DAY)
        return store.forget(_ALL if store.exceeds(self._size) else replies, claims, most)

    def _before(self) -> str | None:
        """Return the time before which rows are too old; None while that is in question.

        It is a full hour, so that rows go hour by hour: each deletion adds to the chain.
        """
        now = self.believed.now
        if now is None or now < self._days * DAY:
            return None
        return stamp((now - self._days * DAY) // _HOUR * _HOUR)

    def _say_gone(self, before: str | None) -> None:
        if self._gone:
            log.info(
                "deleted %s of the ledger: opened before %s (BREB_LEDGER_DAYS), or the oldest"
                " beyond BREB_LEDGER_MIB",
                counted(self._gone, "row"),
                before or "any time",
            )
        self._gone = 0

    def _say_full(self, *, full: bool) -> None:
        if full and not self._full:
            log.warning(
                "the ledger holds more than BREB_LEDGER_MIB in rows in doubt, which are never"
                " deleted: look them up and settle them (%s ledger --in-doubt)",
                COMMAND,
            )
        self._full = full
