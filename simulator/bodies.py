"""Answers that break parsers: correct HTTP, with bodies that no client of the API expects."""

from collections.abc import Callable

import anyio
from starlette.types import Message, Send

_PAGE = """\
<html>
<head><title>{status} {reason}</title></head>
<body>
<center><h1>{status} {reason}</h1></center>
<hr><center>gateway</center>
</body>
</html>
"""
_REASONS = {502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Time-out"}
_JSON = "application/json"
# the replacement of an answer: its usual status, its type, its body
MADE: dict[str, tuple[int, str]] = {"html": (502, "text/html"), "empty": (200, _JSON)}
# what becomes of an answer's body, and the type that it then has
CHANGED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "cut-json": (lambda body: body[: len(body) // 2], _JSON),
    "garbage": (lambda body: body + b"\n<!-- served by a gateway -->", _JSON),
    "bom": (lambda body: b"\xef\xbb\xbf" + body, _JSON),
    "latin1": (
        lambda body: body.decode().encode("iso-8859-1", "replace"),
        f"{_JSON}; charset=iso-8859-1",
    ),
    "utf16": (lambda body: body.decode().encode("utf-16"), f"{_JSON}; charset=utf-16"),
}
KINDS = (*MADE, *CHANGED)


def made(kind: str, status: int | None) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    """Give the status, body and fields of an answer's replacement."""
    usual, media = MADE[kind]
    chosen = status or usual
    page = _PAGE.format(status=chosen, reason=_REASONS.get(chosen, "Error"))
    body = page.encode() if kind == "html" else b""
    return chosen, body, [(b"content-type", media.encode())]


class Changed:
    """A ``send`` that changes a whole answer's body, and says its new length and type."""

    def __init__(self, send: Send, kind: str) -> None:
        self._send = send
        self._change, self._media = CHANGED[kind]
        self._start: Message = {}

    async def __call__(self, message: Message) -> None:
        """Hold the head back until the body is known."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        body = message.get("body", b"")
        kept = [line for line in self._start["headers"] if line[0] not in _DESCRIBE]
        if body:
            body = self._change(body)
            kept += [
                (b"content-type", self._media.encode()),
                (b"content-length", str(len(body)).encode()),
            ]
        await self._send({**self._start, "headers": kept if body else self._start["headers"]})
        await self._send({"type": "http.response.body", "body": body})


_DESCRIBE = {b"content-type", b"content-length"}


class Trickle:
    """A ``send`` that lets a body through byte by byte."""

    def __init__(self, send: Send, pause: float) -> None:
        self._send = send
        self._pause = pause

    async def __call__(self, message: Message) -> None:
        """Pass a message on, a body in many."""
        if message["type"] != "http.response.body":
            await self._send(message)
            return
        body = message.get("body", b"")
        for at in range(len(body)):
            await self._send(
                {"type": "http.response.body", "body": body[at : at + 1], "more_body": True}
            )
            await anyio.sleep(self._pause)
        await self._send({"type": "http.response.body", "body": b""})
