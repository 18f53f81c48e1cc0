"""Servers that follow a script, on real sockets in the test's own loop, and pools to meet them."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from proxy.addresses import Url
from proxy.upstream import Connection, Connector, EgressProxy, Pool, ResponseHead
from proxy.upstream.connection import BUFFER
from proxy.upstream.tls import ResumingContext
from tests.support.limits import pool_limits
from tests.support.patience import PATIENCE

Script = Callable[["Peer"], Awaitable[None]]

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Peer:
    """The server's side of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def request(self) -> bytes:
        """Return the next request's head, its body taken; raise IncompleteReadError at the end."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                await self.reader.readexactly(int(line.partition(b":")[2]))
        return head

    async def send(self, *parts: bytes) -> None:
        """Send each part in a segment of its own."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            await asyncio.sleep(0)

    async def closed(self) -> bytes:
        """Wait until the other side is gone; return what it sent until then."""
        with contextlib.suppress(ConnectionError):
            return await self.reader.read()
        return b""

    def reset(self) -> None:
        """End the connection with RST."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


@dataclass
class Server:
    """What has happened at a scripted server."""

    port: int = 0
    connections: int = 0
    requests: int = 0
    open: int = 0
    resumed: list[bool] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    errors: list[BaseException] = field(default_factory=list)


@contextlib.asynccontextmanager
async def serving(
    script: Script, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[Server]:
    """Run ``script`` for each connection; what it raises fails the test."""
    state = Server()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.connections += 1
        state.open += 1
        task = asyncio.current_task()
        assert task is not None
        state.tasks.add(task)
        wire = writer.get_extra_info("ssl_object")
        if wire is not None:
            state.resumed.append(wire.session_reused)
        try:
            await script(Peer(reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        except Exception as error:  # noqa: BLE001  told at the end
            state.errors.append(error)
        finally:
            state.open -= 1
            state.tasks.discard(task)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    server = await asyncio.start_server(connected, host, 0, ssl=tls)
    state.port = server.sockets[0].getsockname()[1]
    try:
        async with asyncio.timeout(3 * PATIENCE):
            yield state
    finally:
        server.close()
        for task in list(state.tasks):
            task.cancel()
        await asyncio.gather(*state.tasks, return_exceptions=True)
        assert not state.errors, state.errors


def answering(*parts: bytes, then_close: bool = False) -> Script:
    """Give the same answer to each request, in these parts."""

    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.send(*parts)
            if then_close:
                return

    return script


async def silent(peer: Peer) -> None:
    """Take requests and never answer."""
    await peer.closed()


@contextlib.asynccontextmanager
async def pooled(
    port: int,
    *,
    host: str = "127.0.0.1",
    tls: ResumingContext | None = None,
    egress: int | None = None,
    connect_timeout: float = 5.0,
    **limits: Any,
) -> AsyncIterator[Pool]:
    """A pool to a loopback port; at the end nothing is open, opening or waiting in it."""
    origin = Url("https" if tls else "http", host, port)
    through = EgressProxy(Url("http", "127.0.0.1", egress)) if egress else None
    pool = Pool(Connector(origin, connect_timeout, tls, through), pool_limits(**limits))
    try:
        yield pool
    finally:
        await pool.aclose()
        await until(lambda: not any(pool.counts.values()), lambda: pool)


async def until(true: Callable[[], bool], state: Callable[[], object] = lambda: "") -> None:
    """Wait until something has become true."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE
    while not true():
        assert loop.time() < deadline, f"never came true: {state()}"
        await asyncio.sleep(0.005)


async def begun(pool: Pool, data: bytes = GET, *, complete: bool = True) -> Connection:
    """Acquire a connection and send a request on it."""
    connection = await pool.acquire()
    connection.begin(data, head_only=data.startswith(b"HEAD"), complete=complete)
    return connection


async def body_of(connection: Connection) -> bytes:
    """Read the body to its end."""
    parts = []
    while part := await connection.read():
        parts.append(part)
    return b"".join(parts)


async def fetch(pool: Pool, data: bytes = GET) -> tuple[ResponseHead, bytes]:
    """Run one whole exchange."""
    connection = await begun(pool, data)
    try:
        async with asyncio.timeout(PATIENCE):
            head = await connection.response()
            return head, await body_of(connection)
    finally:
        pool.release(connection)


async def pour(connection: Connection) -> None:
    """Send without end, waiting where one must."""
    while True:
        connection.write(b"x" * BUFFER)
        await connection.drain()
        await asyncio.sleep(0)  # the loop has to turn where there is nothing to wait for
