"""The request on its way to the upstream: its connection, its token, its body being pumped.

Invariants: a body is never held back for the answer, nor the answer for the body; a body that
breaks off ends the connection to the upstream, so that it cannot look complete there.
"""

import asyncio
import contextlib
from typing import cast

from proxy.errors import ProxyError, UpstreamError
from proxy.exchange.body import OutgoingBody
from proxy.exchange.record import CallerLeft
from proxy.http1.request import Request
from proxy.token.leased import LeasedToken
from proxy.upstream import Connection, Pool


class OutgoingRequest:
    """The caller's request, and the connection it is being sent on."""

    __slots__ = ("body", "connection", "failure", "held", "place", "pump", "request")

    def __init__(self, request: Request, body: OutgoingBody | None) -> None:
        self.request = request
        self.body = body
        self.connection: Connection | None = None
        self.held: LeasedToken | None = None
        self.place: asyncio.Semaphore | None = None
        """What it holds a place of to its end, if others wait behind it."""
        self.failure: BaseException | None = None
        """What ended the caller's body before it was whole."""
        self.pump: asyncio.Task[None] | None = None

    @property
    def whole(self) -> bool:
        """Whether all of the body is at hand, so that the request could be sent again."""
        return self.body is None or self.body.whole

    def start_pump(self) -> None:
        """Send the rest of the body alongside the answer."""
        rest = self._rest(cast("Connection", self.connection), cast("OutgoingBody", self.body))
        self.pump = asyncio.get_running_loop().create_task(rest)

    async def _rest(self, connection: Connection, body: OutgoingBody) -> None:
        """Pump the rest of the body; ends quietly, since the answer tells how it went."""
        try:
            while body.more:
                await connection.drain()
                connection.write(await body.next())
            connection.finish()
            body.leave()
        except (ProxyError, CallerLeft) as error:
            if error is not connection.error:
                self.failure = error
                connection.abort()

    def tell_what_broke_first(self, error: UpstreamError) -> None:
        """Raise what is wrong with the caller's body, if that is why the connection ended."""
        if isinstance(self.failure, ProxyError):
            raise self.failure from error

    def leave(self) -> None:
        """Give the places to others that it and its body hold."""
        place, self.place = self.place, None
        if place is not None:
            place.release()
        if self.body is not None:
            self.body.leave()

    def give_up(self, pool: Pool) -> None:
        """Return the connection of an attempt that is over, or whose answer is not wanted."""
        connection, self.connection = self.connection, None
        if connection is not None:
            pool.release(connection)

    async def stop(self) -> None:
        """End the pump; an incomplete exchange ends its connection."""
        pump, self.pump = self.pump, None
        self.failure = None  # its frames hold us
        if pump is not None and not pump.done():
            pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await pump
