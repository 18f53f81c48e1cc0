"""The ledger over the admin listener: list, one row, look-up, verdict; as JSON."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypedDict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from proxy.admin.answers import body, no
from proxy.admin.audit import deed
from proxy.ledger.entry import KeptLookUp, LedgerEntry, LedgerPage
from proxy.ledger.evidence import keep
from proxy.ledger.kin import Kin
from proxy.ledger.ledger import Ledger
from proxy.ledger.look_up import LookUp
from proxy.ledger.reading import LARGEST_NUMBER, Query, reading
from proxy.ledger.trouble import LedgerDamaged, LedgerRefused
from proxy.ledger.verdict import KINDS, settle
from proxy.words import both, phrase

_MOST = 500  # rows
_LARGEST = 16_384  # bytes of a verdict
GONE = phrase("row-gone")


class VerdictWish(TypedDict):
    """The verdict that a person asks to have written."""

    kind: str
    note: str
    author: str


class LedgerApi:
    """The routes; the admin listener guards them like its other ones."""

    def __init__(self, ledger: Ledger, look_up: LookUp) -> None:
        self._ledger = ledger
        self._where = ledger.where
        self._look_up = look_up

    def routes(self, prefix: str) -> list[Route]:
        """Return the routes below ``prefix``."""
        return [
            Route(prefix, self.entries),
            Route(f"{prefix}/{{row}}", self.entry),
            Route(f"{prefix}/{{row}}/look-up", self.look_up, methods=["POST"]),
            Route(f"{prefix}/{{row}}/verdict", self.verdict, methods=["POST"]),
        ]

    async def entries(self, request: Request) -> Response:
        """Give rows, the newest first, and counts; `_query` has the parameters."""
        try:
            query = _query(request)
        except ValueError:
            return no(phrase("send.numbers"), 400)
        return await self._answered(lambda: self._list(query))

    async def entry(self, request: Request) -> Response:
        """Give one row."""
        return await self._answered(lambda: self._find(request))

    async def look_up(self, request: Request) -> Response:
        """Ask the API for things that may come from this row's request."""
        facts = deed(request).facts
        facts["row"] = request.path_params["row"]
        try:
            entry = await asyncio.to_thread(self._find, request)
            if entry is None:
                return _gone()
            found = await self._look_up.look_up(entry, lambda: self._kin(entry))
            facts["found"] = found["kind"]
        except LedgerRefused as refusal:
            return self._refused(refusal)

        def kept() -> KeptLookUp:
            try:
                keep(self._where, found)
            except LedgerRefused as refusal:  # the caller still gets the finding
                (why,) = refusal.problems
                return KeptLookUp(**found, kept=str(why), kept_said=both(why))
            return KeptLookUp(**found, kept="", kept_said="")

        return await self._answered(kept)

    async def verdict(self, request: Request) -> Response:
        """Write a person's verdict: ``{"kind": "settled", "note": "…", "author": "…"}``.

        For ``kind`` see `proxy.ledger.verdict`; ``made``, true or false, is a coarser form of it.
        """
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            return no(phrase("send.json"), 415)
        wish = _wish(await body(request, _LARGEST) or b"")
        if wish is None:
            return no(phrase("send.verdict", kinds=", ".join(KINDS)), 400)

        deed(request).facts.update(
            row=request.path_params["row"], verdict=wish["kind"], author=wish["author"]
        )

        def written() -> Any:  # noqa: ANN401  JSON
            entry = self._find(request)
            if entry is None:
                return None
            before = settle(self._where, entry["number"], **wish)
            return {**(self._find(request) or {}), "reverses": before and asdict(before)}

        return await self._answered(written)

    async def _answered(self, work: Callable[[], Any]) -> Response:
        """Run ``work`` beside the event loop, and give its result as JSON."""
        try:
            found = await asyncio.to_thread(work)
        except LedgerRefused as refusal:
            return self._refused(refusal)
        return _gone() if found is None else JSONResponse(found)

    def _kin(self, entry: LedgerEntry) -> Kin:
        with reading(self._where) as reader:
            return reader.kin(entry)

    def _refused(self, refusal: LedgerRefused) -> Response:
        if isinstance(refusal, LedgerDamaged):
            self._ledger.damaged(refusal.why)  # the writer may not have read the damaged page yet
        return JSONResponse({"detail": str(refusal), "said": both(refusal.why)}, 503)

    def _list(self, query: Query) -> LedgerPage:
        with reading(self._where) as reader:
            rows = list(reader.entries(query))
            return {"rows": rows, "counts": reader.counts(), "head": reader.head()}

    def _find(self, request: Request) -> LedgerEntry | None:
        number = request.path_params["row"]
        if not (number.isascii() and number.isdigit()):
            return None
        with reading(self._where) as reader:
            return next(iter(reader.find(f"#{number}")), None)


def _query(request: Request) -> Query:
    asked = request.query_params
    before = asked.get("before")
    return Query(
        in_doubt=asked.get("in_doubt", "") in ("1", "true"),
        since=asked.get("since", ""),
        until=asked.get("until", ""),
        caller=asked.get("caller"),
        outcome=asked.get("outcome", ""),
        text=asked.get("text", ""),
        before=min(LARGEST_NUMBER, int(before)) if before else None,
        limit=max(1, min(_MOST, int(asked.get("limit", "50")))),
    )


def _wish(content: bytes) -> VerdictWish | None:
    try:
        wish = json.loads(content)
    except (ValueError, RecursionError):
        return None
    kind, note, author = _told(wish) if isinstance(wish, dict) else ("", "", "")
    if kind not in KINDS or not note or _no_text(note + author):
        return None
    return {"kind": kind, "note": note, "author": author}


def _told(wish: dict[str, object]) -> tuple[str, str, str]:
    made = wish.get("made")
    kind = wish.get("kind", ("made" if made else "not-made") if isinstance(made, bool) else "")
    note, author = wish.get("note"), wish.get("author", "console")
    if not (isinstance(kind, str) and isinstance(note, str) and isinstance(author, str)):
        return "", "", ""
    return kind, note.strip(), author


def _no_text(text: str) -> bool:
    """Report whether it has a lone surrogate: JSON can write one, but no file can keep it."""
    return any("\ud800" <= each <= "\udfff" for each in text)


def _gone() -> Response:
    return no(GONE, 404)
