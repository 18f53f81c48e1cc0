"""The caller's body on its way up: counted, bounded, copied and framed in one place."""

import asyncio
from collections.abc import Awaitable, Callable

from proxy.exchange.guard import body_too_large
from proxy.exchange.record import Exchange
from proxy.http1.framing import CHUNKED, chunk
from proxy.http1.request import BodyPart, Request


class OutgoingBody:
    """A request's body; it goes out as it comes, and again from a copy if it was short enough."""

    __slots__ = (
        "_ahead",
        "_exchange",
        "_held",
        "_keeps",
        "_kept",
        "_request",
        "before_last",
        "more",
        "place",
    )

    def __init__(self, exchange: Exchange, request: Request, keeps: Callable[[], int]) -> None:
        self._exchange = exchange
        self._request = request
        self._keeps = keeps
        self._ahead: BodyPart | None = None  # a part that came and was not sent yet
        self._held = 0  # bytes, which are a part of those that the request holds
        self._kept: bytes | bytearray | None = b""
        self.more = True
        """Whether a part of it is still to come from the caller."""
        self.place: asyncio.Semaphore | None = None
        """The uploads that it has a place of, while more of it is to come."""
        self.before_last: Callable[[], Awaitable[None]] | None = None
        """The function to call before the last part goes out."""

    @property
    def whole(self) -> bool:
        """Whether all of the body is at hand, so that it could be sent again."""
        return not self.more and self._kept is not None

    def opening(self) -> bytes:
        """Return the part that goes out with the head: all that is at hand, the whole in a replay.

        It does not wait for the body, since the upstream may answer before that begins to arrive.
        """
        if not self.more and self._kept is not None:
            return self._framed(bytes(self._kept), last=True)
        part, self._ahead = self._ahead or self._now(), None
        if part is None:
            return b""
        if part.last and self.before_last is not None:
            self._ahead = part  # `next` waits for that
            return b""
        return self._taken(part)

    async def read_ahead(self, most: int, seconds: float | None) -> None:
        """Read ahead, before anything goes out, until all or ``most`` bytes are at hand."""
        part = self._now()
        if part is not None and part.last:  # most bodies have come already
            self._ahead = part
            if len(part.data) > most:  # no observer holds it
                self._hold(len(part.data))
            return
        parts = [] if part is None else [part.data]
        last = False
        try:
            async with asyncio.timeout(seconds):
                while not last and self._exchange.received < most:
                    self._hold(self._exchange.received)
                    data, last = self._now() or await self._next()
                    parts.append(data)
        except TimeoutError:
            pass  # the upstream must not wait for the rest
        if parts:
            self._ahead = BodyPart(b"".join(parts), last)
            self._hold(self._exchange.received)

    async def gathered(self, opening: bytes) -> bytes:
        """Wait until all of it, or more than is kept, is at hand; return the new opening."""
        kept = self._kept
        while self.more and kept is not None:
            part = await self.next()
            before, kept = kept, self._kept
            if kept is None:
                self._hold(len(before) + len(part))
                return self._framed(bytes(before), last=False) + part
        return opening if kept is None else self._framed(bytes(kept), last=True)

    async def next(self) -> bytes:
        """Wait for the next part, framed as it is sent."""
        part, self._ahead = self._ahead or await self._next(), None
        before = self.before_last
        if part.last and before is not None:
            self.before_last = None
            await before()
        return self._taken(part)

    def leave(self) -> None:
        """Give its place to another body."""
        place, self.place = self.place, None
        if place is not None:
            place.release()

    def _now(self) -> BodyPart | None:
        """Return the next part if it has come."""
        part = self._request.body.now()
        return part and received(self._exchange, part)

    async def _next(self) -> BodyPart:
        """Wait for the next part to come."""
        return received(self._exchange, await self._request.body.next())

    def _taken(self, part: BodyPart) -> bytes:
        data, last = part
        self.more = not last
        kept = self._kept
        if kept is None or len(kept) + len(data) > self._keeps():
            self._kept = None
        elif not kept:
            self._kept = data  # most bodies come as one part, which needs no copy
        else:
            self._kept = bytearray(kept) if isinstance(kept, bytes) else kept
            self._kept += data
        self._hold(len(data if self._kept is None else self._kept))
        return self._framed(data, last=last)

    def _hold(self, size: int) -> None:
        """Count the kept bytes; of a body that is not kept, the part on its way."""
        self._request.kept += size - self._held
        self._held = size

    def _framed(self, data: bytes, *, last: bool) -> bytes:
        if self._request.framing != CHUNKED:
            return data
        parts: list[bytes] = []
        chunk(parts, data, last=last)
        return b"".join(parts)


def received(exchange: Exchange, part: BodyPart) -> BodyPart:
    """Count and tell a part of a body; raise RequestRefused if the body is too large by now."""
    data, last = part
    if exchange.observer is not None:
        exchange.observer.received(data, last=last)
    limit = exchange.max_body
    if limit is not None and exchange.received + len(data) > limit:
        raise body_too_large(limit)
    exchange.received += len(data)
    return part
