"""Half of the upstream's connections are for requests that go on at their caller's pace, no more.

A caller that sends a byte a second would hold one for hours; some hundred such callers held all.
While there is a place a body goes up as it comes, since the upstream may answer before its end. Who
sends further requests without waiting for an answer needs a place, too.
"""

import asyncio

from proxy.errors import PoolFull
from proxy.exchange.body import OutgoingBody
from proxy.words import phrase


class Uploads:
    """Places for requests that go out before their body is whole; each is given back, once.

    ``timeout`` (seconds) is how long one may wait for a place.
    """

    def __init__(self, connections: int, timeout: float) -> None:
        self._places = asyncio.Semaphore(max(1, connections // 2))
        # Of one connection none is left for others: a body must be longer than what is kept.
        self._early = connections > 1
        self._timeout = timeout

    async def admit(self, body: OutgoingBody, opening: bytes) -> bytes:
        """Wait until the request may go out; return what goes out with the head.

        Where there is no place, that is when the body is whole, for which none is needed, or as
        long as what is kept of it, and then a place has become free. Raises PoolFull.
        """
        if self._places.locked() or not self._early:
            opening = await body.gathered(opening)
            if not body.more:
                return opening
        body.place = await self.place()
        return opening

    async def place(self) -> asyncio.Semaphore:
        """Wait for a place, which is to be released. Raises PoolFull."""
        try:
            async with asyncio.timeout(self._timeout):
                await self._places.acquire()
        except TimeoutError:
            raise PoolFull(phrase("uploads-full", seconds=self._timeout)) from None
        return self._places
