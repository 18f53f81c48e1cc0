"""How long rows are kept: days and bytes, in the background, and never less than what is in doubt.

Ages are told by the wall clock, which may be set. When it jumps ahead while we run, nothing is
pruned by age for a day: somebody may notice, and set it right.
"""

import logging
import math
import time
from collections.abc import Callable

from proxy.invocation import COMMAND
from proxy.ledger.row import stamp
from proxy.ledger.store import Store

log = logging.getLogger("proxy.ledger")

DAY = 86_400.0
_EVERY = 60.0
_JUMP = 3600.0


class Retention:
    """Prunes a store, a bit at a time."""

    def __init__(
        self,
        days: float,
        size: int,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep ``days`` days, and at most ``size`` bytes of rows."""
        self._days = days
        self._size = size
        self._wall = wall
        self._steady = steady
        self._offset = wall() - steady()
        self._held_until = -math.inf
        self._due = -math.inf
        self._full = False

    def wait(self, most: float) -> float:
        """Return the seconds until there is something to prune, at most ``most``."""
        return min(most, max(0.0, self._due - self._steady()))

    def prune(self, store: Store) -> None:
        """Delete some rows, if the time has come; more of them the next time."""
        now = self._steady()
        if now < self._due:
            return
        gone = store.prune(self._before(now), self._size)
        self._due = now + (0.0 if gone else _EVERY)
        if not gone:
            self._say_full(store.size())

    def _before(self, now: float) -> str | None:
        """Return the time before which rows are too old; None while that is in question."""
        wall = self._wall()
        offset = wall - now
        if offset - self._offset > _JUMP:
            log.warning("the clock jumped ahead: no row of the ledger is deleted by age for a day")
            self._held_until = now + DAY
        self._offset = offset
        if now < self._held_until or wall < self._days * DAY:
            return None
        return stamp(wall - self._days * DAY)

    def _say_full(self, size: int) -> None:
        full = size > self._size
        if full and not self._full:
            log.warning(
                "the ledger holds more than BREB_LEDGER_MIB in rows in doubt, which are never"
                " deleted: look them up and settle them (%s ledger --in-doubt)",
                COMMAND,
            )
        self._full = full
