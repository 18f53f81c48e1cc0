"""What happens beside the callers' exchanges, as entries of the journal: without any secret.

Token requests are told by their outcome alone: neither request nor reply is kept. Webhooks exist
in the demo, whose simulator sends them to the journal.
"""

import asyncio
import re
import time
from collections.abc import Callable

from proxy.asgi import App, Receive, Scope, Send
from proxy.errors import TokenError
from proxy.http1.fields import Lines
from proxy.journal.body import LIMIT, Content, content
from proxy.journal.entry import Entry, Trouble
from proxy.journal.journal import Journal
from proxy.token.source import AccessToken, TokenSource
from proxy.words import phrase

TOKEN = "token"  # noqa: S105  a kind of entry
WEBHOOK = "webhook"
WEBHOOK_PATH = "/_demo/webhooks"
_NOTHING = Content(b"", 0)


class WatchedSource:
    """A token source whose fetches are entries of the journal."""

    def __init__(self, source: TokenSource, journal: Journal, path: str) -> None:
        self._source = source
        self._journal = journal
        self._path = path
        self.revoke = source.revoke
        self.changed = source.changed
        self.ended = source.ended

    async def fetch(self) -> AccessToken:
        """Return a new token; raise TokenError."""
        began, at = time.perf_counter(), time.time()
        error: BaseException | None = None
        try:
            return await self._source.fetch()
        except BaseException as caught:
            error = caught
            raise
        finally:
            seconds = time.perf_counter() - began
            self._journal.add(lambda number: self._entry(number, at, seconds, error))

    def _entry(self, number: int, at: float, seconds: float, error: BaseException | None) -> Entry:
        trouble = None
        if isinstance(error, TokenError):
            trouble = Trouble("failed", error.kind, error.detail, error.next_step)
        elif error is not None:
            given_up = isinstance(error, asyncio.CancelledError)
            late = phrase("fetch-given-up") if given_up else phrase("fetch-broke")
            trouble = Trouble("failed", TokenError.kind, late, TokenError.next_step)
        status = 200 if error is None else None
        return _entry(
            TOKEN, number, at, self._path, status=status, seconds=seconds, trouble=trouble
        )


class WebhookInbox:
    """Stands before an app: what is posted to `WEBHOOK_PATH` becomes an entry."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.journal: Journal | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a webhook, or let the app do."""
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
        return _entry(
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


def _entry(
    kind: str,
    number: int,
    at: float,
    target: str,
    *,
    status: int | None,
    seconds: float,
    received: int = 0,
    note: str = "",
    request_lines: tuple[tuple[str, str], ...] = (),
    request: Content = _NOTHING,
    trouble: Trouble | None = None,
) -> Entry:
    return Entry(
        number=number,
        id=f"{kind}-{number}",
        at=at,
        method="POST",
        target=target,
        version="1.1",
        status=status,
        seconds=seconds,
        received=received,
        sent=0,
        left=False,
        note=note,
        caller="",
        uid=None,
        replay_of="",
        request_lines=request_lines,
        request=request,
        answer_lines=(),
        answer=_NOTHING,
        attempts=(),
        phases=(),
        trouble=trouble,
        kind=kind,
    )
