"""When a request may be sent again, and on which connections: decided here alone."""

import math

from proxy.errors import ConnectionStale, UpstreamError
from proxy.http1.fields import IDEMPOTENT
from proxy.upstream.pool import FRESH, NEW


def may_wait(method: str, *, whole: bool) -> float:
    """Return for how many seconds a connection may have been idle that is to take the request.

    One that cannot go out again must not meet a connection that was closed long ago.
    """
    return math.inf if whole and method in IDEMPOTENT else FRESH


def may_resend(error: UpstreamError, method: str, within: float, *, whole: bool) -> bool:
    """Report whether a request that failed on a connection of ``within`` may go out once more.

    Only if that connection was closed before a byte of an answer, and then only if the method is
    idempotent or nothing had been written. The second time it takes a `NEW` one.
    """
    return (
        isinstance(error, ConnectionStale)
        and within != NEW
        and whole
        and (method in IDEMPOTENT or not error.sent)
    )
