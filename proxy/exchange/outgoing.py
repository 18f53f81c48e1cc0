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
    """The caller's request, and the connection on which it is sent."""

    __slots__ = ("body", "connection", "failure", "held", "place", "pump", "request")

    def __init__(self, request: Request, body: OutgoingBody | None) -> None:
        self.request = request
        self.body = body
        self.connection: Connection | None = None
        self.held: LeasedToken | None = None
        self.place: asyncio.Semaphore | None = None
        """The uploads that it has a place of until its end, if others wait behind it."""
        self.failure: BaseException | None = None
        """The error that ended the caller's body before it was whole."""
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
        """Pump the rest of the body; end without an error, since the answer tells the result."""
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
        """Raise the error of the caller's body, if that ended the connection."""
        if isinstance(self.failure, ProxyError):
            raise self.failure from error

    def leave(self) -> None:
        """Give back the places that it and its body have."""
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
        self.failure = None  # the error's frames refer to us
        if pump is not None and not pump.done():
            pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await pump
