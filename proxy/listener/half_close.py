"""Whether a caller is gone, where TCP does not tell.

The event loop hears nothing of a caller while it is not reading from it. And one who half-closes,
to say that its request is whole, looks like one who is gone until bytes are sent to it: from one
that is gone they come back as a reset. A connection whose caller is gone is aborted.
"""

import asyncio
import select
from typing import Protocol

from proxy.http1.framing import CONTINUE

LEAVING = 0.3  # how long a caller may be silent, that sends no more, before it is asked
ECHO = 0.1  # how long a reset may take to come back
ASKED = 5.0  # how long until it is asked again
PEEK = 0.1  # how often a caller that is not being read is looked at

_CAN_POLL = hasattr(select, "poll")
_END = getattr(select, "POLLRDHUP", 0)


class Caller(Protocol):
    """The connection of a caller that is watched."""

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    moves: int  # how often something was read or written
    reading_paused: bool
    peeking: asyncio.TimerHandle | None

    @property
    def interim_fits(self) -> bool | None:
        """Whether an interim response may be sent now; None if no answer is owed."""


def once_half_closed(caller: Caller) -> None:
    """Watch a caller who sends no more while its answer is awaited, or moves."""
    caller.loop.call_later(LEAVING, _ask, caller, caller.moves)


def _ask(caller: Caller, moves: int) -> None:
    """Ask, before the answer's head, with an interim response: clients of HTTP/1.1 read over it.

    See RFC 9110 section 15.2.1. Later there is nothing to ask with, and who gets nothing is gone.
    """
    transport, fits = caller.transport, caller.interim_fits
    if fits is None or transport.is_closing():
        return
    if caller.moves != moves or transport.get_write_buffer_size():
        once_half_closed(caller)
    elif fits and _CAN_POLL:
        transport.write(CONTINUE)
        caller.loop.call_later(ECHO, _judge, caller, moves)
    else:
        transport.abort()


def _judge(caller: Caller, moves: int) -> None:
    if caller.transport.is_closing():
        return
    if _polled(caller.transport, 0):  # errors are told unasked
        caller.transport.abort()
    else:
        caller.loop.call_later(ASKED, _ask, caller, moves)


def while_unread(caller: Caller, *, ended: bool = False) -> None:
    """Watch a caller while nothing is read from it; ``ended``: its end has come already.

    One that only half-closed is kept while its answer moves.
    """
    pause = LEAVING if ended else PEEK
    caller.peeking = caller.loop.call_later(pause, _peek, caller, ended, caller.moves)


def _peek(caller: Caller, ended: bool, moves: int) -> None:
    transport = caller.transport
    caller.peeking = None
    if not caller.reading_paused or transport.is_closing():
        return
    if not _polled(transport, _END):
        while_unread(caller)
    elif ended and caller.moves == moves and not transport.get_write_buffer_size():
        transport.abort()
    else:
        while_unread(caller, ended=True)


def _polled(transport: asyncio.Transport, events: int) -> bool:
    """Report whether one of ``events`` or an error has come, without reading (not on Windows)."""
    sock = transport.get_extra_info("socket")
    if sock is None or not _CAN_POLL:  # pragma: no cover  Windows
        return False
    poll = select.poll()
    poll.register(sock.fileno(), events)
    return bool(poll.poll(0))
