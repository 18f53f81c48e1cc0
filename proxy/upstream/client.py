"""Whole requests and whole answers over a pool, for the token source, which needs no stream."""

from dataclasses import dataclass, field

from proxy.addresses import Url
from proxy.errors import ConnectionStale
from proxy.http1.fields import IDEMPOTENT, Lines, serialised, values
from proxy.upstream.connection import Connection
from proxy.upstream.pool import NEW, Pool, Wanted
from proxy.upstream.resend import may_resend, wanted_for

_WITH_BODY = ("POST", "PUT", "PATCH")


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    status: int
    lines: Lines
    body: bytes = field(repr=False)

    def value(self, name: bytes) -> str:
        """Return the value of a field by its lower-case name; several are joined, as a list is."""
        return b", ".join(values(self.lines, name)).decode("latin-1")


class Client:
    """Sends requests to the one origin of a pool."""

    def __init__(self, pool: Pool, origin: Url) -> None:
        self._pool = pool
        self._origin = origin

    async def send(
        self, method: str, target: str, lines: Lines, body: bytes = b"", *, limit: int
    ) -> Reply:
        """Send one request, read its answer; raise UpstreamError.

        Host and Content-Length are added to ``lines``. A body that is longer than ``limit`` (bytes)
        is cut somewhere beyond it.
        """
        data, idempotent = self._serialised(method, target, lines, body), method in IDEMPOTENT
        wanted = wanted_for(idempotent=idempotent, whole=True)
        try:
            return await self._attempt(data, method, wanted, limit)
        except ConnectionStale as error:
            if not may_resend(error, wanted, idempotent=idempotent, whole=True):
                raise
            return await self._attempt(data, method, NEW, limit)

    def _serialised(self, method: str, target: str, lines: Lines, body: bytes) -> bytes:
        lines = [(b"Host", self._origin.authority.encode()), *lines]
        if body or method in _WITH_BODY:
            lines.append((b"Content-Length", b"%d" % len(body)))
        head = method.encode(), target.encode(), serialised(lines), body
        return b"%b %b HTTP/1.1\r\n%b\r\n%b" % head

    async def _attempt(self, data: bytes, method: str, wanted: Wanted, limit: int) -> Reply:
        connection = await self._pool.acquire(wanted)
        try:
            connection.begin(data, head_only=method == "HEAD", complete=True)
            head = await connection.response()
            return Reply(head.status, head.lines, await _body(connection, limit))
        finally:
            self._pool.release(connection)


async def _body(connection: Connection, limit: int) -> bytes:
    body = b""
    while len(body) <= limit and (part := await connection.read()):
        body += part
    return body
