"""The only rule for sending a request again, and for the connections that it may take."""

from proxy.errors import ConnectionStale, UpstreamError
from proxy.http1.fields import IDEMPOTENT
from proxy.upstream.pool import ANY, FRESH, NEW, Wanted


def wanted_for(method: str, *, whole: bool) -> Wanted:
    """Return the kind of connection that may take a request.

    A request that cannot go out again must not meet a connection that was closed long ago.
    """
    return ANY if whole and method in IDEMPOTENT else FRESH


def may_resend(error: UpstreamError, method: str, wanted: Wanted, *, whole: bool) -> bool:
    """Report whether a request that failed on a ``wanted`` connection may go out once more.

    It may only if that connection was closed before a byte of an answer, and only if the method is
    idempotent or nothing had been written. The second time it takes a `NEW` connection.
    """
    return (
        isinstance(error, ConnectionStale)
        and wanted is not NEW
        and whole
        and (method in IDEMPOTENT or not error.sent)
    )
