"""The states of a caller's connection."""

from enum import IntEnum
from typing import Final


class CallerState(IntEnum):
    """What a connection is about; docs/connections.md draws it.

    The order counts: what comes is read up to `BODY`, kept from `ANSWER`, dropped from `LAST` on.
    """

    OPENED = 0
    """No request has begun yet."""
    IDLE = 1
    """All requests are answered; the next may begin."""
    HEAD = 2
    """A part of a head has come."""
    STOPPED = 3
    """A large head is not read on, for want of memory."""
    BODY = 4
    """An exchange runs; the body of its request is arriving."""
    ANSWER = 5
    """An exchange runs; its request is whole. What comes is kept for the next."""
    UNTAKEN = 6
    """The exchange is over, but the caller has not taken the answer. What comes is kept."""
    LAST = 7
    """An exchange runs, after which there is none: what comes is dropped."""
    ENDING = 8
    """Nothing more is answered: what comes is dropped, until the connection is closed."""
    CLOSED = 9


OPENED, IDLE, HEAD, STOPPED, BODY, ANSWER, UNTAKEN, LAST, ENDING, CLOSED = CallerState

_BEGINS: Final = (ANSWER, BODY, LAST)
NEXT: Final[dict[CallerState, tuple[CallerState, ...]]] = {
    OPENED: (*_BEGINS, HEAD, ENDING, CLOSED),
    IDLE: (*_BEGINS, HEAD, ENDING, CLOSED),
    HEAD: (*_BEGINS, STOPPED, ENDING, CLOSED),
    STOPPED: (HEAD, ENDING, CLOSED),
    BODY: (ANSWER, LAST, ENDING, CLOSED),
    ANSWER: (IDLE, UNTAKEN, LAST, ENDING, CLOSED),
    UNTAKEN: (IDLE, CLOSED),
    LAST: (ENDING, CLOSED),
    ENDING: (CLOSED,),
    CLOSED: (),
}
"""What may follow a state: all else is an error of ours."""
