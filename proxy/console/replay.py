"""Sends a recorded request again, on the way of every caller's request: guard, rules, keeper.

It goes in the name of the original caller, and may do no more than that caller.

It enters the callers' app in this process, so that TLS, a Unix socket or a wide listener make no
difference. It is never sent to a production host; a request that is not safe needs a confirmation.
"""

import base64
import re

from pydantic import BaseModel, ConfigDict, Field

from proxy.console.caller_url import CallerUrl
from proxy.console.consequence import Consequence, consequence
from proxy.console.documents import ReplayOffer, ReplayOutcome
from proxy.console.sendable import Sendable, sendable
from proxy.exchange.own_request import OwnRequest
from proxy.exchange.shell import Shell
from proxy.http1.fields import REQUEST, Section
from proxy.http1.request import BodyPart, Request
from proxy.journal.journal import Journal
from proxy.mask import MASK
from proxy.words import Said, both, phrase

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")  # RFC 9110 section 5.6.2
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
_TARGET = re.compile(r"/[!-~]*")
PRODUCTION = phrase("replay.production")


class ReplayRefused(Exception):
    """The request is not sent; ``status`` is for the console's answer."""

    def __init__(self, status: int, words: Said, would: Consequence | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.status = status
        self.would = would


class Wish(BaseModel):
    """The page's wish: a part that is None stays as it was recorded."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    of: str = Field(max_length=64)
    method: str | None = Field(default=None, max_length=64)
    target: str | None = Field(default=None, max_length=65_536)
    fields: list[tuple[str, str]] | None = Field(default=None, max_length=200)
    body: str | None = None
    confirmed: bool = False


class Replay:
    """Sends recorded requests again."""

    def __init__(self, shell: Shell, journal: Journal, door: CallerUrl) -> None:
        self._shell = shell
        self._journal = journal
        self.door = door

    async def run(self, wish: Wish) -> ReplayOutcome:
        """Send the request that is wished for; raise ReplayRefused."""
        request = await self._request(wish)
        self._check(request)
        if not (request.safe or wish.confirmed):
            what = consequence(request.method, request.target, request.body)
            raise ReplayRefused(200, what.said, what)  # a question is no error
        return await self._send(request, wish.of)

    async def _request(self, wish: Wish) -> Sendable:
        if self.door.production:
            raise ReplayRefused(403, PRODUCTION)
        if self._shell.draining:
            raise ReplayRefused(503, phrase("replay.draining"))
        entry = await self._journal.found(wish.of)
        if entry is None:
            raise ReplayRefused(404, phrase("replay.gone"))
        if entry.kind:
            raise ReplayRefused(409, phrase("replay.no-caller"))
        old = sendable(entry)
        edited = wish.body is not None
        return Sendable(
            old.method if wish.method is None else wish.method,
            old.target if wish.target is None else wish.target,
            old.lines if wish.fields is None else tuple(wish.fields),
            old.body if wish.body is None else wish.body.encode("utf-8", "surrogatepass"),
            problem="" if edited and wish.target else old.problem,
            caller=old.caller,
        )

    def _check(self, request: Sendable) -> None:
        if request.problem:
            raise ReplayRefused(409, request.problem)
        if not _TOKEN.fullmatch(request.method) or request.method in ("CONNECT", "TRACE"):
            raise ReplayRefused(400, phrase("replay.method"))
        texts = [request.target, *(value for _, value in request.lines)]
        if any(MASK in text for text in texts) or MASK.encode() in request.body:
            raise ReplayRefused(409, phrase("replay.masks", mask=MASK))
        if not _TARGET.fullmatch(request.target):
            raise ReplayRefused(400, phrase("replay.path"))
        for name, value in request.lines:
            if not (_TOKEN.fullmatch(name) and _VALUE.fullmatch(value)):
                raise ReplayRefused(400, phrase("replay.header"))

    async def _send(self, wanted: Sendable, of: str) -> ReplayOutcome:
        own = OwnRequest(wanted.caller, replay_of=of)
        answer = await self._shell.ask(self._as_from_a_caller(wanted), own, 0)
        return {"id": answer.exchange_id, "status": answer.status, "whole": answer.whole}

    def _as_from_a_caller(self, wanted: Sendable) -> Request:
        lines = [(b"Host", self.door.host.encode())]
        lines += [
            (name.encode(), value.encode("utf-8", "surrogateescape"))
            for name, value in wanted.lines
            if name.lower() not in ("host", "content-length", "transfer-encoding", "x-proxy-key")
        ]
        if wanted.body or not wanted.safe:
            lines.append((b"Content-Length", b"%d" % len(wanted.body)))
        section = Section(lines, REQUEST)
        request = Request(wanted.method, wanted.target.encode(), "1.1", section, len(wanted.body))
        request.scheme = self.door.scheme
        request.body = _Whole(wanted.body)
        return request


class _Whole:
    """A body that is all there."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def now(self) -> BodyPart:
        return BodyPart(self._data, last=True)

    async def next(self) -> BodyPart:  # pragma: no cover  whoever has it from `now` asks no more
        return self.now()


def offer(request: Sendable, *, production: bool) -> ReplayOffer:
    """Word the consequence of a replay, for the page."""
    try:
        text: str | None = request.body.decode()
    except UnicodeDecodeError:
        text = None
    why_not = request.problem or (phrase("replay.masked") if request.masked else "")
    return {
        "allowed": not production,
        "why_not": both(PRODUCTION if production else why_not),
        "as_it_is": not (production or why_not),
        "asks": not request.safe,
        "method": request.method,
        "target": request.target,
        "fields": request.lines,
        "left_out": request.left_out,
        "body": text,
        "binary": base64.b64encode(request.body).decode() if text is None else None,
    }
