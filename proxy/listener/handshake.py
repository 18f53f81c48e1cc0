"""A caller's TLS handshake: weighed, bounded in time, and able to give way, like a connection.

The event loop alone would hide handshakes until they end, and strangers could open any number, of
60 KiB each.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, cast

from proxy.listener.connection import CallerConnection
from proxy.listener.turns import SOON, Deferred, Turns
from proxy.memory import Claim
from proxy.memory.records import Records, read_by_records, serves
from proxy.memory.rules import SECURED

if TYPE_CHECKING:
    from proxy.listener.connections import Callers

LONGEST = 65_536  # bytes of a client's part of a handshake, which usually is 2 KB
GREEDY = 8  # connections that read as much at a time as the event loop offers


class Handshake(asyncio.Protocol):
    """Stands at a connection until there is TLS on it, then puts ``make()`` there."""

    def __init__(
        self,
        callers: "Callers",
        context: ssl.SSLContext,
        timeout: float,
        make: Callable[[], CallerConnection],
    ) -> None:
        self._callers = callers
        self._context = context
        self._timeout = timeout
        self._make = make
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._early = _Early()
        self._first = b""
        self._begun = self._loop.time()
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._callers.handshakes.add(self)
        if not self._callers.has_place(self):
            self._transport.abort()
        # We own this task: it ends with the connection, or at its time-out.
        self._task = self._loop.create_task(self._secure())
        self._loop.call_soon(self._read_by_records)
        self._callers.budget.enter(self)

    def data_received(self, data: bytes) -> None:
        """Keep the bytes that come before TLS has taken our place: the event loop reads at once."""
        self._first += data
        self._transport.pause_reading()

    # -- as one of those who hold memory ---------------------------------------------------

    bare = SECURED

    def weigh(self) -> int:
        """Hold nothing beside."""
        return 0

    def stalls(self, now: float) -> float:
        """Hold no connection to the upstream."""
        del now
        return 0.0

    def claim(self, now: float) -> Claim | None:
        """Return its claim."""
        if self._transport.is_closing():
            return None
        return Claim(SECURED, 0, known=False, still=now - self._begun)

    def give_way(self) -> bool:
        """End the connection."""
        self._transport.abort()
        return True

    # --------------------------------------------------------------------------------------

    def _read_by_records(self) -> None:
        """Read the bytes for TLS record by record, from the first byte on.

        `start_tls` has taken our place already, in its first step; TLS begins in its next step, and
        then gets the bytes that came before.
        """
        transport = self._transport
        if not transport.is_closing():
            tls = cast("asyncio.BufferedProtocol", transport.get_protocol())
            records = _HandshakeRecords(tls, transport, self._early, self._callers.turns)
            transport.set_protocol(records)
            self._loop.call_soon(self._feed, records)

    def _feed(self, records: "_HandshakeRecords") -> None:
        records.feed(self._first)
        self._first = b""

    async def _secure(self) -> None:
        below = self._transport
        # A client that does not speak TLS, or leaves, is not worth a log line.
        with contextlib.suppress(OSError):
            try:
                if not below.is_closing():
                    secured = await self._loop.start_tls(
                        below,
                        self._early,
                        self._context,
                        server_side=True,
                        ssl_handshake_timeout=self._timeout,
                        ssl_shutdown_timeout=self._timeout,
                    )
            finally:
                self._callers.handshakes.discard(self)
                self._callers.budget.leave(self)
            # Also a connection that has ended is returned.
            if not below.is_closing():
                self._hand_over(cast("asyncio.Transport", secured))

    def _hand_over(self, secured: asyncio.Transport) -> None:
        below, early, connection = self._transport, self._early, self._make()
        records = cast("_HandshakeRecords", below.get_protocol())
        below.set_protocol(records.tls)
        if not serves(self._loop) or len(self._callers.connections) < GREEDY:
            secured.set_protocol(connection)
        else:
            connection.flow.by_records = True
            read_by_records(connection, secured, below)
        connection.connection_made(secured)
        if early.data:
            connection.data_received(b"".join(early.data))
            below.resume_reading()
        if early.ended and not connection.eof_received():
            secured.close()


class _Early(asyncio.Protocol):
    """Keeps the bytes that come between the end of the handshake and our next turn."""

    def __init__(self) -> None:
        self.data: list[bytes] = []
        self.ended = False

    def data_received(self, data: bytes) -> None:
        """Keep the bytes."""
        self.data.append(data)

    def eof_received(self) -> bool:
        """Note the end."""
        self.ended = True
        return True


class _HandshakeRecords(Records):
    """Reads for a handshake, which is short, and stops before any other data.

    Each step waits for its turn: with a key of RSA one takes up to 10 ms, and strangers can ask for
    thousands at once.
    """

    def __init__(
        self,
        tls: asyncio.BufferedProtocol,
        transport: asyncio.Transport,
        early: _Early,
        turns: Turns,
    ) -> None:
        super().__init__(tls)
        self._transport = transport
        self._early = early
        self._turns = turns
        self._left = LONGEST
        self._step: Deferred | None = None

    def buffer_updated(self, nbytes: int) -> None:
        """Hand the bytes on, in their turn."""
        self._wait(partial(self.hand_on, nbytes), nbytes)

    def feed(self, data: bytes) -> None:
        """Hand on the bytes that were read before this stood here, in their turn."""
        if data and not self._transport.is_closing():
            self._wait(partial(super().feed, data), len(data))

    def _wait(self, step: Callable[[], None], size: int) -> None:
        self._left -= size
        self._transport.pause_reading()  # the next read would overwrite the buffer
        # The newest first: of thousands, those that have waited for longest give way.
        self._step = self._turns.take(partial(self._take, step), SOON)

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand it on; what waits for its turn would keep TLS's memory until then."""
        if self._step is not None:
            self._step.cancel()
        super().connection_lost(exc)

    def _take(self, step: Callable[[], None]) -> None:
        transport = self._transport
        if transport.is_closing():
            return
        step()
        if self._early.data or transport.is_closing():
            return
        if self._left < 0:
            transport.abort()
        else:
            transport.resume_reading()
