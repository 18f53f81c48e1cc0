"""A look-up: asks the API about a row, the way every caller's request goes, and only with GET.

The requests enter the callers' app in this process, in the name of the caller whose row it is: the
rules judge them, the keeper's token goes on them, and the log has a line for each.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from proxy.asgi import App, Message
from proxy.http1.fields import REQUEST, Section
from proxy.http1.request import Request
from proxy.ledger import look_up
from proxy.words import both

_LIMIT = 4 << 20  # bytes of one answer
_SECONDS = 30.0


class Inquiry:
    """Asks on behalf of a person."""

    def __init__(self, app: App, mask: look_up.Mask, caller: str = "") -> None:
        """Ask through ``app``; rows without a caller's name are asked about in ``caller``'s."""
        self._app = app
        self._mask = mask
        self._caller = caller

    async def look_up(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the API has that could be what a row tells of, as JSON."""
        asked, found = [], []
        for question in look_up.questions(entry):
            status, body = await self._get(question.target, entry["caller"] or self._caller)
            elements = look_up.elements(question, body) if status == 200 else []
            asked.append({"target": question.target, "status": status, "found": len(elements)})
            found += elements
        likely = look_up.candidates(entry, found, mask=self._mask)
        words = look_up.in_words(asked, likely)
        return {
            "row": entry,
            "asked": asked,
            "candidates": [asdict(each) for each in likely],
            "words": str(words),
            "said": both(words),
        }

    async def _get(self, target: str, caller: str) -> tuple[int | None, bytes]:
        """Return status and body; no status if nothing came in time."""
        told: list[int] = []
        body = bytearray()

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                told.append(message["status"])
            else:
                body.extend(message.get("body", b"")[: _LIMIT - len(body)])

        try:
            async with asyncio.timeout(_SECONDS):
                await self._app(
                    {"type": "http", "request": _request(target, caller)}, _no_more, send
                )
        except (ConnectionAbortedError, TimeoutError):
            return None, b""
        return (told[0] if told else None), bytes(body)


def _request(target: str, caller: str) -> Request:
    lines = [(b"Host", b"localhost"), (b"Accept", b"application/json")]
    request = Request("GET", target.encode(), "1.1", Section(lines, REQUEST), framing=0)
    request.caller = caller
    return request


async def _no_more() -> Message:  # pragma: no cover  the request has no body
    return {"type": "http.disconnect"}
