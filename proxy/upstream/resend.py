"""The only rule for sending a request again, and for the connections that it may take."""

from proxy.errors import ConnectionStale, UpstreamError
from proxy.upstream.pool import ANY, FRESH, NEW, Wanted


def wanted_for(*, idempotent: bool, whole: bool) -> Wanted:
    """Return the kind of connection that may take a request.

    A request that cannot go out again must not meet a connection that was closed long ago.
    """
    return ANY if whole and idempotent else FRESH


def may_resend(error: UpstreamError, wanted: Wanted, *, idempotent: bool, whole: bool) -> bool:
    """Report whether a request that failed on a ``wanted`` connection may go out once more.

    It may only if that connection was closed before a byte of an answer, and only if it is
    idempotent or nothing had been written. The second time it takes a `NEW` connection.
    """
    return (
        isinstance(error, ConnectionStale)
        and wanted is not NEW
        and whole
        and (idempotent or not error.sent)
    )
