"""Attempts of exchanges, as the forwarder leaves them."""

import time

from proxy.exchange.attempt import Attempt


def attempt(
    status: int | None = None, *, sent: bool = True, reached: float | None = None
) -> Attempt:
    """Return an attempt that was answered ``status``, lost, or never ``sent``."""
    made = Attempt("token-1", time.perf_counter(), reached)
    made.sent = sent
    if status is not None:
        made.answered, made.status = time.perf_counter(), status
    return made
