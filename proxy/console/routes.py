"""The console's routes; the admin listener guards them (`proxy.admin.local_only`)."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from proxy.admin.answers import body
from proxy.admin.audit import Deed, Endpoint, deed
from proxy.admin.status import Status
from proxy.console.caller_url import CallerUrl
from proxy.console.copying import FORMS, NotCopied, copied
from proxy.console.find import find
from proxy.console.har import written
from proxy.console.replay import Replay, ReplayRefused, Wish
from proxy.console.sendable import sendable
from proxy.console.stream import NUMBER, Stream, event
from proxy.console.views import detail
from proxy.journal.journal import Journal
from proxy.journal.recorder import Recorder
from proxy.words import Said, both, phrase

PAGE = Path(__file__).parent / "page"
_TYPES = {".css": "text/css", ".html": "text/html", ".js": "text/javascript"}
_WISH_LIMIT = 262_144  # bytes
_STREAMS = 32  # streams
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none';"
    " form-action 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Console:
    """The page and its JSON, over the journal."""

    def __init__(
        self, journal: Journal, recorder: Recorder, status: Status, replay: Replay
    ) -> None:
        self._journal = journal
        self._stream = Stream(journal, recorder, status)
        self._replay = replay
        self._streams = 0

    @property
    def _door(self) -> CallerUrl:
        return self._replay.door

    def page(self) -> list[Route]:
        """Return the routes of the page itself, which holds no secret."""
        files = [path.name for path in sorted(PAGE.iterdir()) if path.suffix in _TYPES]
        named = [_route(f"/console/{name}", _file(name)) for name in files]
        return [_route("/", _file("index.html")), *named]

    def routes(self) -> list[Route]:
        """Return the routes of the data that the page shows."""
        return [
            _route("/console/api/events", self.events),
            _route("/console/api/exchanges/{id}", self.exchange),
            _route("/console/api/exchanges/{id}/{form}", self.copy),
            _route("/console/api/find", self.find),
            _route("/console/api/har", self.har),
            _route("/console/api/clear", self.clear, "POST"),
            _route("/console/api/replay", self.replay, "POST"),
        ]

    async def events(self, request: Request) -> Response:
        """Stream what happens."""
        last = request.headers.get("last-event-id") or request.query_params.get("after", "")
        if self._streams >= _STREAMS:
            return _no(phrase("admin.many-pages"), 503)

        async def counted() -> Any:  # noqa: ANN401  an asynchronous generator
            self._streams += 1
            try:
                door = {"example": self._door.example, "production": self._door.production}
                yield event("door", door)
                async for each in self._stream.events(last):
                    yield each
            finally:
                self._streams -= 1

        # The page sends no other request on this connection: it ends with the stream.
        headers = {**HEADERS, "Connection": "close"}
        return StreamingResponse(counted(), headers=headers, media_type="text/event-stream")

    async def exchange(self, request: Request) -> Response:
        """Give one exchange, whole."""
        entry = await self._journal.found(request.path_params["id"])
        if entry is None:
            return _gone()
        return _json(detail(entry, self._door))

    async def copy(self, request: Request) -> Response:
        """Give a request as something to paste."""
        entry = await self._journal.found(request.path_params["id"])
        form = request.path_params["form"]
        deed(request).facts.update(of=request.path_params["id"], form=form)
        if entry is None or form not in FORMS:
            return _gone()
        again = sendable(entry)
        if again.problem:
            return _no(again.problem, 409)
        try:
            text = copied(form, again, self._door)
        except NotCopied as refusal:
            return _no(refusal.why, 409)
        return Response(text, headers=HEADERS, media_type="text/plain")

    async def find(self, request: Request) -> Response:
        """Tell which exchanges younger than ``after`` hold which ``term``."""
        after = request.query_params.get("after", "")
        await self._journal.settled()
        entries, _ = self._journal.after(int(after) if NUMBER.fullmatch(after) else 0)
        last = self._journal.last
        terms = await find(entries, request.query_params.getlist("term"))
        return _json({"last": last, "terms": terms})

    async def har(self, request: Request) -> Response:
        """Give all exchanges, or those named, as a HAR archive."""
        wanted = set(request.query_params.getlist("id"))
        await self._journal.settled()
        entries = [e for e in self._journal.after(0)[0] if not wanted or e.id in wanted]
        deed(request).facts["exchanges"] = len(entries)

        async def pieces() -> AsyncIterator[str]:
            for piece in written(entries, self._door):
                yield piece
                await asyncio.sleep(0)  # others have their turn

        headers = {**HEADERS, "Content-Disposition": 'attachment; filename="breb-proxy.har"'}
        return StreamingResponse(pieces(), headers=headers, media_type="application/json")

    async def clear(self, request: Request) -> Response:
        """Forget all exchanges."""
        del request
        self._journal.clear()
        return _json({"cleared": True})

    async def replay(self, request: Request) -> Response:
        """Send a request again."""
        if request.headers.get("content-type") != "application/json":
            return _no(phrase("send.json"), 415)
        content = await body(request, _WISH_LIMIT)
        if content is None:
            return _no(phrase("send.less"), 413)
        try:
            wish = Wish.model_validate_json(content)
            _tell(wish, deed(request))
            outcome = await self._replay.run(wish)
            deed(request).facts.update(exchange=outcome["id"], answer=outcome["status"] or 0)
            return _json(outcome)
        except ValidationError:
            return _no(phrase("send.replay"), 400)
        except ReplayRefused as refusal:
            deed(request).done = refusal.status != 200  # a question is not yet an action
            would = refusal.would and {"action": refusal.would.action, "money": refusal.would.money}
            asks = {"detail": both(refusal.words), "asks": would is not None, "would": would}
            return _json(asks, refusal.status)


def _tell(wish: Wish, action: Deed) -> None:
    action.facts["of"] = wish.of
    edited = [
        part for part in ("method", "target", "fields", "body") if getattr(wish, part) is not None
    ]
    if edited:
        action.action = "edit"
        action.facts["edited"] = ",".join(edited)


def _route(path: str, endpoint: Endpoint, method: str = "GET") -> Route:
    return Route(path, endpoint, methods=[method])


def _file(name: str) -> Endpoint:
    data = (PAGE / name).read_bytes()
    media_type = _TYPES[Path(name).suffix]

    async def page(request: Request) -> Response:
        del request
        return Response(data, headers=HEADERS, media_type=media_type)

    return page


def _json(document: object, status: int = 200) -> Response:
    # ASCII alone: bytes that are no text may stand in it as lone surrogates.
    return Response(json.dumps(document), status, HEADERS, "application/json")


def _gone() -> Response:
    return _no(phrase("replay.gone"), 404)


def _no(detail: Said, status: int) -> Response:
    return _json({"detail": both(detail)}, status)
