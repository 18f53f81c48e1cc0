"""How the time that something takes grows with its input: a ratio, never a number of seconds."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

TIMES = 4  # the larger input is so much longer than the smaller one
# Linear cost gives 4, quadratic cost 16. In between is room for a busy machine and for caches.
MOST = 8.0
_TRIES = 5
_BEST_OF = 3
_LEAST = 100e-6  # seconds: what is shorter is not measured well
_TOO_LONG = 2.0  # seconds of CPU that the smaller input may take, before the larger one is tried


def growth(run: Callable[[T], object], make: Callable[[int], T], size: int) -> float:
    """Return how many times longer ``run`` takes for an input `TIMES` as long; infinite if at once.

    The best of some tries counts: others may disturb a measurement, and never make it better.
    """
    small, large = make(size), make(size * TIMES)
    best = float("inf")
    for _ in range(_TRIES):
        seconds = _seconds(run, small)
        if seconds > _TOO_LONG:
            return best
        best = min(best, _seconds(run, large) / max(seconds, _LEAST))
        if best < MOST:
            break
    return best


def _seconds(run: Callable[[T], object], value: T) -> float:
    """Return the CPU time of this thread, the best of some."""
    found = []
    for _ in range(_BEST_OF):
        began = time.thread_time()
        run(value)
        found.append(time.thread_time() - began)
        if found[-1] > _TOO_LONG:
            break
    return min(found)
