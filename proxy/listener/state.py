"""The states of a caller's connection."""

from enum import IntEnum
from typing import Final


class CallerState(IntEnum):
    """The stage of a connection; docs/connections.md draws it.

    The order counts: bytes are read up to `BODY`, kept from `ANSWER`, dropped from `LAST` on.
    """

    OPENED = 0
    """No request has begun yet."""
    IDLE = 1
    """All requests are answered; the next may begin."""
    HEAD = 2
    """A part of a head has come."""
    STOPPED = 3
    """Reading of a large head has stopped, for lack of memory."""
    BODY = 4
    """An exchange runs; the body of its request is arriving."""
    ANSWER = 5
    """An exchange runs; its request is whole. Further bytes are kept for the next."""
    UNTAKEN = 6
    """The exchange is over, but the caller has not taken the answer. Further bytes are kept."""
    LAST = 7
    """The last exchange runs: further bytes are dropped."""
    ENDING = 8
    """Nothing more is answered: further bytes are dropped, until the connection is closed."""
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
"""The states that may follow each state; any other change is an error of ours."""
