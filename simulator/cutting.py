"""Ways to end an exchange badly, with the means of ASGI and of uvicorn's servers."""

import contextlib
import socket
import struct
from asyncio import Transport
from collections import deque

import anyio
import anyio.lowlevel
from starlette.types import Message, Receive, Send

_NO_LINGER = struct.pack("ii", 1, 0)
_FAREWELL = 5.0  # seconds


async def hang(receive: Receive, send: Send, longest: float) -> None:
    """Say nothing until the caller leaves; reset the connection when patience ends."""
    with anyio.move_on_after(longest):
        await _until_gone(receive)
        return
    await reset(receive, send)


async def reset(receive: Receive, send: Send) -> None:
    """Reset the connection; where the server hides it, break an answer off instead."""
    transport = _transport(send)
    if transport is None:
        fields = [(b"content-length", b"1")]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        return
    sock = transport.get_extra_info("socket")
    # the caller may have been quicker; and a Unix socket has no RST to send
    with contextlib.suppress(OSError, ValueError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()
    with anyio.move_on_after(_FAREWELL):
        await _until_gone(receive)


async def close(receive: Receive, send: Send) -> None:
    """Close the connection after the bytes sent; a server that hides it does so itself."""
    transport = _transport(send)
    if transport is not None:
        transport.close()
        with anyio.move_on_after(_FAREWELL):
            await _until_gone(receive)


def _transport(send: Send) -> Transport | None:
    # uvicorn's send is a method of the exchange, which knows its connection
    cycle = getattr(send, "__self__", None)
    transport = getattr(cycle, "transport", None)
    return transport if hasattr(transport, "abort") else None


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        # what is received at once would never let the deadline through
        await anyio.lowlevel.checkpoint()


async def taken_in(receive: Receive, limit: int) -> Receive:
    """Read a request before a pause; give a ``receive`` that tells it once more.

    A caller that has sent it whole and leaves meanwhile still wants it, and a server would
    do it: the ASGI server itself no longer tells which bytes came before the caller left.
    """
    kept: deque[Message] = deque()
    size, more = 0, True
    while more and size <= limit:
        kept.append(message := await receive())
        size += len(message.get("body", b""))
        more = message.get("more_body", False)

    async def again() -> Message:
        return kept.popleft() if kept else await receive()

    return again


class Cut:
    """A ``send`` that lets a share of the body through and swallows the rest.

    The server is left with a body that is shorter than was promised, and closes.
    """

    def __init__(self, send: Send, share: float) -> None:
        self._send = send
        self._share = share

    async def __call__(self, message: Message) -> None:
        """Pass a message on, or the visible part of it."""
        if message["type"] == "http.response.body":
            body = message.get("body", b"")
            seen = body[: int(len(body) * self._share)]
            message = {"type": "http.response.body", "body": seen, "more_body": True}
        await self._send(message)


class Kept:
    """A ``send`` that keeps an answer back until it is released."""

    def __init__(self) -> None:
        self._messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        """Keep a message."""
        self._messages.append(message)

    async def release(self, send: Send) -> None:
        """Send the kept messages."""
        for message in self._messages:
            await send(message)


class Noted:
    """A ``send`` that remembers the status that went out."""

    def __init__(self, send: Send) -> None:
        self.inner = send
        self.status = 0

    async def __call__(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self.inner(message)
