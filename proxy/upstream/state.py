"""The states of a connection to the upstream."""

from enum import IntEnum
from typing import Final


class State(IntEnum):
    """What runs on a connection; docs/connections.md draws it."""

    IDLE = 0
    """No exchange: bytes that arrive now close it."""
    SENDING = 1
    """The request is under way; its answer may be arriving already."""
    AWAITING = 2
    """The request is complete; its answer is due, or arriving, or whole."""
    FAILED = 3
    """The exchange has failed, and the connection is being closed."""
    CLOSED = 4


NEXT: Final[dict[State, tuple[State, ...]]] = {
    State.IDLE: (State.AWAITING, State.SENDING, State.FAILED, State.CLOSED),
    State.SENDING: (State.AWAITING, State.FAILED, State.CLOSED),
    State.AWAITING: (State.IDLE, State.FAILED, State.CLOSED),
    State.FAILED: (State.CLOSED,),
    State.CLOSED: (),
}
"""What may follow a state: all else is an error of ours."""

IDLE, SENDING, AWAITING, FAILED, CLOSED = State
