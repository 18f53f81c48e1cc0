"""Seconds that go on counting while the machine sleeps, whatever the wall clock does.

``time.monotonic`` stops in suspend on Linux; CLOCK_BOOTTIME does not. On macOS
CLOCK_MONOTONIC is the one that counts suspended time (Python's own ``time.monotonic``
uses mach_absolute_time, which does not). Elsewhere ``time.monotonic`` has to do.
"""

import functools
import time
from collections.abc import Callable

Clock = Callable[[], float]


def sleepless() -> Clock:
    """Return a clock: a function that gives seconds since some fixed moment."""
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):
        number = getattr(time, name, None)
        if number is not None:
            return functools.partial(time.clock_gettime, number)
    return time.monotonic
