"""Limits requests that go at their caller's pace to half of the upstream's connections.

A caller that sends a byte a second would use one for hours, and some hundred of them would use all.
While there is a place, a body goes up as it comes, since the upstream may answer before its end. A
caller that sends further requests without waiting for an answer needs a place, too.
"""

import asyncio

from proxy.errors import PoolFull
from proxy.exchange.body import OutgoingBody
from proxy.words import phrase


class Uploads:
    """Places for requests that go out before their body is whole; each is given back, once.

    ``timeout`` (seconds) is the longest wait for a place.
    """

    def __init__(self, connections: int, timeout: float) -> None:
        self._places = asyncio.Semaphore(max(1, connections // 2))
        # With one connection, half leaves no place: a body must be longer than its kept part.
        self._early = connections > 1
        self._timeout = timeout

    async def admit(self, body: OutgoingBody, opening: bytes) -> bytes:
        """Wait until the request may go out; return the part of the body that goes with the head.

        Without a free place, that is when the body is whole, and needs none, or when it is as long
        as its kept part and a place has become free. Raises PoolFull.
        """
        if self._places.locked() or not self._early:
            opening = await body.gathered(opening)
            if not body.more:
                return opening
        body.place = await self.place()
        return opening

    async def place(self) -> asyncio.Semaphore:
        """Wait for a place, which has to be released later. Raises PoolFull."""
        try:
            async with asyncio.timeout(self._timeout):
                await self._places.acquire()
        except TimeoutError:
            raise PoolFull(phrase("uploads-full", seconds=self._timeout)) from None
        return self._places
