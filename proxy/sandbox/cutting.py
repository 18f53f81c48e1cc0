"""Ways to end an exchange badly, by what ASGI offers and what uvicorn's servers allow."""

import socket
import struct
from asyncio import Transport

import anyio
from starlette.types import Message, Receive, Send

_NO_LINGER = struct.pack("ii", 1, 0)
_FAREWELL = 5.0


async def hang(receive: Receive, longest: float) -> None:
    """Say nothing until the caller leaves or patience ends."""
    with anyio.move_on_after(longest):
        await _until_gone(receive)


async def reset(receive: Receive, send: Send) -> None:
    """Reset the connection; where the server hides it, break an answer off instead."""
    transport = _transport(send)
    if transport is None:
        await send(_start(200, [(b"content-length", b"1")]))
        return
    sock = transport.get_extra_info("socket")
    if sock is not None and sock.family in {socket.AF_INET, socket.AF_INET6}:
        # closing without lingering is what makes the kernel send RST
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()
    with anyio.move_on_after(_FAREWELL):
        await _until_gone(receive)


def _transport(send: Send) -> Transport | None:
    # uvicorn's send is a method of the exchange, which knows its connection
    cycle = getattr(send, "__self__", None)
    transport = getattr(cycle, "transport", None)
    return transport if hasattr(transport, "abort") else None


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _start(status: int, fields: list[tuple[bytes, bytes]]) -> Message:
    return {"type": "http.response.start", "status": status, "headers": fields}


class Cut:
    """A ``send`` that lets a share of the body through and swallows the rest.

    The server is left with a body that is shorter than was promised, and closes.
    """

    def __init__(self, send: Send, share: float) -> None:
        self._send = send
        self._share = share

    async def __call__(self, message: Message) -> None:
        """Pass a message on, or what may be seen of it."""
        if message["type"] == "http.response.body":
            body = message.get("body", b"")
            seen = body[: int(len(body) * self._share)]
            message = {"type": "http.response.body", "body": seen, "more_body": True}
        await self._send(message)


class Held:
    """A ``send`` that keeps an answer back until it is released."""

    def __init__(self) -> None:
        self._messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        """Keep a message."""
        self._messages.append(message)

    async def release(self, send: Send) -> None:
        """Send what was kept."""
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
