"""Reads from the API on the way of every caller's request, and only with GET.

That is in the name of a caller: the rules judge the request, and the keeper's token goes on it. A
401 renews no token: here it says that the scope to read is missing.
"""

import asyncio
import time
from dataclasses import dataclass

from proxy.exchange.own_request import Ask, OwnRequest
from proxy.http1.fields import REQUEST, Section
from proxy.http1.request import Request
from proxy.token.response import lead, retry_after
from proxy.upstream import Reply

_LIMIT = 1 << 20  # bytes of one answer: a page of a hundred payments has a fifth of that
_SECONDS = 30.0  # seconds for one question
_LATEST = 86_400.0  # seconds: of a Retry-After
_PROBLEM = b"application/problem+json"


@dataclass(frozen=True, slots=True)
class OwnReply:
    """``ours``: it is this proxy's own; ``retry_after``: seconds until the next is welcome.

    ``status`` is None if nothing came in time.
    """

    status: int | None
    body: bytes
    ours: bool = False
    retry_after: float | None = None


class ApiReader:
    """Sends GET requests by ``ask``; a caller without a name is ``unnamed``."""

    def __init__(self, ask: Ask, unnamed: str = "") -> None:
        self._ask = ask
        self._unnamed = unnamed
        self.lead: float | None = None
        """Seconds that the API's clock is ahead of ours by its last answer, if that told."""

    async def get(self, target: str, caller: str) -> OwnReply:
        """Send a GET; return the reply."""
        own, asked = OwnRequest(caller or self._unnamed, renews=False), time.time()
        try:
            async with asyncio.timeout(_SECONDS):
                came = await self._ask(_request(target), own, _LIMIT)
        except TimeoutError:
            return OwnReply(None, b"")
        if came.status is None or not came.whole:
            return OwnReply(None, b"")
        ours = any(
            name.lower() == b"content-type" and value == _PROBLEM for name, value in came.lines
        )
        reply = Reply(came.status, came.lines, bytes(came.body))
        if not ours:
            self.lead = lead(reply, asked)
        later = retry_after(reply, _LATEST) if reply.status in (429, 503) else None
        return OwnReply(reply.status, reply.body, ours, later)


def _request(target: str) -> Request:
    lines = [(b"Host", b"localhost"), (b"Accept", b"application/json")]
    return Request("GET", target.encode(), "1.1", Section(lines, REQUEST), framing=0)
