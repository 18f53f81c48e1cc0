"""The httpx face of a pool: any httpx client runs over the same connections, TLS and time-outs."""

from collections.abc import AsyncIterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx

from proxy.addresses import Url
from proxy.errors import (
    ConnectionStale,
    ConnectTimeout,
    PoolFull,
    ReadTimeout,
    ResponseInvalid,
    UpstreamError,
    WriteTimeout,
)
from proxy.http1.fields import serialised
from proxy.http1.response_parser import ResponseHead
from proxy.upstream.connection import Connection
from proxy.upstream.pool import NEW, Pool
from proxy.upstream.resend import may_resend, may_wait

if TYPE_CHECKING:
    from collections.abc import Iterator


_TRANSLATION: tuple[tuple[type[UpstreamError], type[httpx.TransportError]], ...] = (
    (ConnectTimeout, httpx.ConnectTimeout),
    (ReadTimeout, httpx.ReadTimeout),
    (WriteTimeout, httpx.WriteTimeout),
    (PoolFull, httpx.PoolTimeout),
    (ResponseInvalid, httpx.RemoteProtocolError),
)


class PoolTransport(httpx.AsyncBaseTransport):
    """Send httpx requests to the one origin of a pool.

    Raises httpx.UnsupportedProtocol for any other origin, and httpx.TransportError's children
    where the pool raises UpstreamError (as their ``__cause__``).
    """

    def __init__(self, pool: Pool, origin: Url) -> None:
        self._pool = pool
        self._origin = origin

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request, stream the answer; see httpx.AsyncBaseTransport."""
        if not self._reaches(request.url):
            raise httpx.UnsupportedProtocol(
                f"this client sends requests to {self._origin.authority} only"
            )
        body = b"".join([part async for part in _parts(request)])
        with _translated():
            connection, head = await self._exchange(request, body)
        return httpx.Response(
            status_code=head.status,
            headers=head.lines,
            stream=_Body(self._pool, connection),
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": head.reason},
        )

    def _reaches(self, url: httpx.URL) -> bool:
        ours = self._origin
        port = url.port or (443 if url.scheme == "https" else 80)
        return (url.scheme, url.host, port) == (ours.scheme, ours.host.strip("[]"), ours.port)

    async def _exchange(
        self, request: httpx.Request, body: bytes
    ) -> tuple[Connection, ResponseHead]:
        data, method = _serialised(request, body), request.method
        within = may_wait(method, whole=True)
        try:
            return await self._attempt(data, method, within)
        except ConnectionStale as error:
            if not may_resend(error, method, within, whole=True):
                raise
            return await self._attempt(data, method, NEW)

    async def _attempt(
        self, data: bytes, method: str, within: float
    ) -> tuple[Connection, ResponseHead]:
        connection = await self._pool.acquire(within)
        try:
            connection.begin(data, head_only=method == "HEAD", complete=True)
            return connection, await connection.response()
        except BaseException:
            self._pool.release(connection)
            raise


class _Body(httpx.AsyncByteStream):
    """The answer's body; closing it gives the connection back."""

    def __init__(self, pool: Pool, connection: Connection) -> None:
        self._pool = pool
        self._connection: Connection | None = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _translated():
            while self._connection is not None and (data := await self._connection.read()):
                yield data

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.release(connection)


async def _parts(request: httpx.Request) -> AsyncIterator[bytes]:
    stream = request.stream
    if isinstance(stream, httpx.AsyncByteStream):
        async for part in stream:
            yield part
    else:
        for part in stream:
            yield part


def _serialised(request: httpx.Request, body: bytes) -> bytes:
    target: bytes = request.extensions.get("target", request.url.raw_path)
    framing = (b"content-length", b"transfer-encoding")
    lines = [(name, value) for name, value in request.headers.raw if name.lower() not in framing]
    if body or request.method in ("POST", "PUT", "PATCH"):
        lines.append((b"Content-Length", b"%d" % len(body)))
    head = request.method.encode(), target, serialised(lines), body
    return b"%b %b HTTP/1.1\r\n%b\r\n%b" % head


@contextmanager
def _translated() -> "Iterator[None]":
    try:
        yield
    except UpstreamError as error:
        for ours, theirs in _TRANSLATION:
            if isinstance(error, ours):
                raise theirs(str(error)) from error
        kind = httpx.ReadError if error.sent else httpx.ConnectError
        raise kind(str(error)) from error
