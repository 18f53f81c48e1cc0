"""The simulator's webhooks in the demo, as entries of the journal."""

import re
import time
from collections.abc import Callable

from proxy.asgi import App, Receive, Scope, Send
from proxy.http1.fields import Lines
from proxy.journal.beside import entry_beside
from proxy.journal.body import LIMIT, content
from proxy.journal.entry import Entry
from proxy.journal.journal import Journal

WEBHOOK = "webhook"  # a kind of entry
WEBHOOK_PATH = "/_demo/webhooks"


class WebhookInbox:
    """Stands before an app: each post to `WEBHOOK_PATH` becomes an entry."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.journal: Journal | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a webhook, or call the app."""
        if scope["type"] != "http" or scope["path"] != WEBHOOK_PATH:
            await self._app(scope, receive, send)
            return
        began, at, body, size = time.perf_counter(), time.time(), b"", 0
        more = True
        while more:
            message = await receive()
            part = message.get("body", b"")
            size += len(part)
            body += part[: LIMIT - len(body)]
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        if self.journal is not None:
            seconds = time.perf_counter() - began
            self.journal.add(_webhook(self.journal, at, seconds, scope["headers"], body, size))


def _webhook(
    journal: Journal, at: float, seconds: float, lines: Lines, body: bytes, size: int
) -> Callable[[int], Entry]:
    def entry(number: int) -> Entry:
        shown = tuple(journal.redaction.lines(lines))
        told = content(body, size, lines, journal.redaction)
        return entry_beside(
            WEBHOOK,
            number,
            at,
            WEBHOOK_PATH,
            status=204,
            seconds=seconds,
            received=size,
            note=_event(body),
            request_lines=shown,
            request=told,
        )

    return entry


def _event(body: bytes) -> str:
    found = re.search(rb'"event": ?"([\w.]{1,100})"', body)
    return found[1].decode() if found else ""
