"""The time of day, if it can be believed.

Rows are deleted by their age, and a clock may be set wrong, while we run or while we do not. So a
clock that has jumped ahead is believed only after a day, in which somebody may notice and correct
it. The rest of that day is kept in the ledger, so that a restart does not shorten it.
"""

import logging
import time
from collections.abc import Callable

from proxy.clock import sleepless
from proxy.moments import moment, stamp

log = logging.getLogger("proxy.ledger")

DAY = 86_400.0  # seconds
_JUMP = 3600.0  # seconds that a clock may be ahead of the time since the last look


class BelievedTime:
    """`look` is called now and then; the ledger keeps ``at`` and ``held``."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] | None = None,
    ) -> None:
        """Take two clocks (seconds): the wall's, and one never set that counts suspended time."""
        self._wall = wall
        self._steady = steady or sleepless()
        self._looked = self._steady()
        self._at: float | None = None
        self.held = 0.0

    @property
    def at(self) -> str:
        """The believed time, as RFC 3339."""
        return "" if self._at is None else stamp(self._at)

    @property
    def now(self) -> float | None:
        """Seconds since 1970; None while the clock is in doubt."""
        return None if self.held > 0 else self._at

    def resume(self, at: str, held: float) -> None:
        """Go on from a ledger's state: the process may have been away for a day, unnoticed."""
        self._looked, self.held = self._steady(), held
        away = 0.0 if held > 0 else DAY
        last = moment(at)
        self._at = None if last is None else min(last.timestamp() + away, self._wall())

    def look(self) -> None:
        """Look at the clocks."""
        steady, wall = self._steady(), self._wall()
        passed, self._looked = steady - self._looked, steady
        if self._at is None:
            self._at = wall
            return
        expected = self._at + passed
        ahead = wall - expected
        if ahead <= _JUMP:
            self._at, self.held = wall, 0.0
        elif self.held <= 0:
            self._at, self.held = expected, DAY
            log.warning(
                "the clock jumped ahead by %.1f h, to %s: no row of the ledger is deleted by age"
                " for a day; if it is wrong, set it right",
                ahead / 3600,
                stamp(wall),
            )
        else:
            self.held = max(0.0, self.held - passed)
            self._at = expected if self.held else wall
