"""The states of a connection to the upstream."""

from enum import IntEnum
from typing import Final


class UpstreamState(IntEnum):
    """The stage of the exchange on a connection; docs/connections.md draws it."""

    IDLE = 0
    """No exchange: bytes that arrive now close it."""
    SENDING = 1
    """The request is under way; its answer may be arriving already."""
    AWAITING = 2
    """The request is complete; its answer is due, or arriving, or whole."""
    FAILED = 3
    """The exchange has failed, and the connection is being closed."""
    CLOSED = 4


IDLE, SENDING, AWAITING, FAILED, CLOSED = UpstreamState

NEXT: Final[dict[UpstreamState, tuple[UpstreamState, ...]]] = {
    IDLE: (AWAITING, SENDING, FAILED, CLOSED),
    SENDING: (AWAITING, FAILED, CLOSED),
    AWAITING: (IDLE, FAILED, CLOSED),
    FAILED: (CLOSED,),
    CLOSED: (),
}
"""The states that may follow each state; any other change is an error of ours."""
