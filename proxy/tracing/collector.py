"""A collector, which takes spans by OTLP over HTTP.

It is reached directly, by the same client as the upstream: no redirect is followed, no cookie
kept, of an answer no more than `_LIMIT` bytes are read.
https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

import asyncio
import zlib

from proxy import __version__
from proxy.errors import UpstreamError
from proxy.settings.tracing import TracingOptions
from proxy.token.response import retry_after
from proxy.tracing.protobuf import Unreadable, rejected
from proxy.upstream import Client, Connector, Pool, PoolLimits, Reply
from proxy.upstream.tls import tls_context
from proxy.words import Said, phrase

_LIMIT = 4096  # bytes: a longer one takes the event loop's time
_CONNECT = 5.0  # seconds
_IDLE = 30.0  # seconds
_AGAIN = frozenset((429, 502, 503, 504))  # by OTLP all others are for good
_MOST = 60.0  # seconds that a collector may have us wait
_GZIP = 31  # zlib's word for a window of 32 KiB in gzip's form


class NotTaken(Exception):
    """A batch was not taken; ``again``: it may be sent again, not before ``after`` seconds."""

    def __init__(self, why: Said, *, again: bool, after: float | None = None) -> None:
        super().__init__(str(why))
        self.why = why
        self.again = again
        self.after = after


class Collector:
    """Sends batches to one collector, one after the other; needs a running event loop."""

    def __init__(self, options: TracingOptions) -> None:
        self.url = url = options.endpoint
        tls = None
        if url.scheme == "https":
            tls = tls_context(options.authorities, options.certificate, options.key)
        self._timeout = limit = options.timeout
        connector = Connector(url.origin, min(_CONNECT, limit), tls)
        self._pool = Pool(connector, PoolLimits(1, limit, limit, limit, _IDLE))
        self._client = Client(self._pool, url.origin)
        self._compressed = options.compressed
        self._lines = [
            (b"Content-Type", b"application/x-protobuf"),
            (b"User-Agent", b"breb-proxy/" + __version__.encode()),
            *options.headers,
        ]
        if options.compressed:
            self._lines.append((b"Content-Encoding", b"gzip"))

    async def take(self, body: bytes) -> tuple[int, str]:
        """Send a batch; return how many of its spans are rejected, and why. Raises NotTaken."""
        if self._compressed:
            body = await asyncio.to_thread(zlib.compress, body, 1, _GZIP)
        try:
            async with asyncio.timeout(self._timeout):
                reply = await self._client.send(
                    "POST", self.url.below(), self._lines, body, limit=_LIMIT
                )
        except TimeoutError:
            late = phrase("traces.late", seconds=self._timeout)
            raise NotTaken(late, again=True) from None
        except UpstreamError as error:
            raise NotTaken(error.detail, again=True) from None
        return _judged(reply)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._pool.aclose()


def _judged(reply: Reply) -> tuple[int, str]:
    if not 200 <= reply.status < 300:
        says = phrase("traces.status", status=reply.status)
        again = reply.status in _AGAIN
        raise NotTaken(says, again=again, after=retry_after(reply, _MOST) if again else None)
    try:
        return rejected(reply.body) if len(reply.body) <= _LIMIT else (0, "")
    except Unreadable:  # of a proxy in between, perhaps; the status says that all were taken
        return 0, ""
