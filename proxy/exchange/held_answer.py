"""An answer that is held back until it is known whether a later one takes its place."""

import zlib
from typing import Any

from pydantic_core import from_json

from proxy.asgi import Message, Send
from proxy.exchange.record import Exchange
from proxy.http1.content_codings import CODINGS, decoded
from proxy.http1.fields import Lines, values

LIMIT = 65_536  # bytes of its body; a longer answer is not held back
# Fields about the answer's own body alone.
_OF_THE_BODY = frozenset(
    (
        b"accept-ranges",
        b"content-digest",
        b"content-encoding",
        b"content-length",
        b"content-md5",
        b"digest",
        b"etag",
        b"last-modified",
        b"repr-digest",
        b"transfer-encoding",
    )
)


class HeldAnswer:
    """Holds back a success that is JSON; passes on at once what is none, or too long.

    ``whole``: all of it is here, and none of it has gone out.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._parts: list[Message] = []
        self._passes = False
        self.body = bytearray()
        self.whole = False

    @property
    def lines(self) -> Lines:
        """Its field lines."""
        return [] if self._start is None else list(self._start["headers"])

    async def take(self, message: Message) -> None:
        """Take the next part, as an ASGI server does."""
        if self._passes:
            await self._send(message)
            return
        if message["type"] == "http.response.start":
            self._start = message
            if not (200 <= message["status"] < 300 and _is_json(message["headers"])):
                await self.release()
            return
        self._parts.append(message)
        self.body += message["body"]
        if len(self.body) > LIMIT:
            await self.release()
        else:
            self.whole = not message.get("more_body", False)

    async def release(self) -> None:
        """Pass on what is held back, as it came, and all that is to come."""
        self._passes, self.whole = True, False
        if self._start is not None:
            await self._send(self._start)
        for part in self._parts:
            await self._send(part)

    async def replace(self, exchange: Exchange, body: bytes, applied: str) -> None:
        """Give the caller ``body`` in its place; ``applied`` is the preference honoured."""
        if self._start is None:
            raise ValueError("there is no answer to replace")
        lines = [line for line in self.lines if line[0].lower() not in _OF_THE_BODY]
        lines.append((b"Content-Length", b"%d" % len(body)))
        lines.append((b"Preference-Applied", applied.encode()))
        status = self._start["status"]
        exchange.status = 200 if status == 202 else status  # it is done now
        exchange.sent = len(body)
        if exchange.observer is not None:
            exchange.observer.answering(lines)
            exchange.observer.passing(body)
        start = {"type": "http.response.start", "status": exchange.status, "headers": lines}
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def document(lines: Lines, body: bytes) -> tuple[Any, bytes]:
    """Return the JSON of an answer, None if it has none, and its body without its coding."""
    coding = b", ".join(values(lines, b"content-encoding")).decode("latin-1").strip().lower()
    try:
        if coding in CODINGS:
            body, whole = decoded(body, coding, LIMIT)
            return (from_json(body) if whole else None), body
        return (from_json(body) if coding in ("", "identity") else None), body
    except (ValueError, zlib.error):
        return None, body


def _is_json(lines: Lines) -> bool:
    kinds = [value.partition(b";")[0].strip().lower() for value in values(lines, b"content-type")]
    return kinds in ([b"application/json"], [])
