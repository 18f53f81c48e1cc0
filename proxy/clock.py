"""Seconds that go on while the machine sleeps, and do not depend on the wall clock.

``time.monotonic`` stops in suspend on Linux; CLOCK_BOOTTIME does not. On macOS
CLOCK_MONOTONIC is the one that counts suspended time (Python's own ``time.monotonic``
uses mach_absolute_time, which does not). Elsewhere ``time.monotonic`` has to do.
"""

import functools
import time
from collections.abc import Callable, Sequence

Clock = Callable[[], float]


def sleepless(names: Sequence[str] = ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC")) -> Clock:
    """Return a clock: a function that gives seconds since some fixed moment.

    ``names`` are the system's clocks to try, the best first.
    """
    for name in names:
        number = getattr(time, name, None)
        if isinstance(number, int) and _runs(number):
            return functools.partial(time.clock_gettime, number)
    return time.monotonic


def _runs(number: int) -> bool:
    try:
        time.clock_gettime(number)
    except (AttributeError, OSError):  # Windows has none; sandboxes may forbid one
        return False
    return True
