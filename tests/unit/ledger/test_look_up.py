"""A look-up keeps nobody waiting, whatever the API puts on a page."""

import json
import threading
import time
from collections.abc import Mapping, Sequence
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from proxy.exchange.own_request import Ask, OwnAnswer, OwnRequest
from proxy.http1.fields import Line
from proxy.http1.request import Request
from proxy.ledger import questions
from proxy.ledger.comparison import Candidate, Comparison
from proxy.ledger.entry import LookedUp
from proxy.ledger.kin import Kin
from proxy.ledger.look_up import LookUp
from proxy.ledger.questions import Page, Question
from proxy.ledger.reading import reading
from proxy.moments import stamp
from tests.support.ledgers import filled

pytestmark = pytest.mark.anyio


def answering(page: bytes, *lines: Line) -> Ask:
    """Return an API whose every answer is ``page``, with these lines."""

    async def ask(request: Request, own: OwnRequest, most: int) -> OwnAnswer:
        del request, own
        answer = OwnAnswer("a-1", most)
        await answer.take({"type": "http.response.start", "status": 200, "headers": lines})
        await answer.take({"type": "http.response.body", "body": page})
        return answer

    return ask


async def looked_up(path: Path, page: bytes, *lines: Line) -> LookedUp:
    """Look up a row in doubt where the API answers so."""
    filled(path, "unknown")
    with reading(path) as reader:
        entry = reader.find("#1")[0]
    look_up = LookUp(answering(page, *lines), lambda text, _: text, lambda text: text, lambda: None)
    return await look_up.look_up(entry, lambda: Kin(frozenset(), {}, {}))


async def test_a_page_is_read_and_compared_beside_the_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, compare = questions.page, Comparison.candidates
    seen: list[threading.Thread] = []

    def page(question: Question, body: bytes) -> Page | None:
        seen.append(threading.current_thread())
        return read(question, body)

    def candidates(self: Comparison, things: Sequence[Mapping[str, Any]]) -> list[Candidate]:
        seen.append(threading.current_thread())
        return compare(self, things)

    monkeypatch.setattr(questions, "page", page)
    monkeypatch.setattr(Comparison, "candidates", candidates)
    await looked_up(tmp_path / "ledger.db", b'{"payments": []}')
    assert len(seen) >= 2
    assert threading.main_thread() not in seen


@pytest.mark.parametrize("thing", [b"{}", b'{"id":"p-1", "amount":%b}' % (b"[" * 9 + b"]" * 9)])
async def test_a_page_of_megabytes_is_not_read(tmp_path: Path, thing: bytes) -> None:
    page = b'{"payments": [' + b",".join([thing] * 300_000) + b"]}"
    found = await looked_up(tmp_path / "ledger.db", page)
    assert [each["read"] for each in found["asked"]] == [False]
    assert (found["kind"], found["candidates"]) == ("not-answered", [])


async def test_times_are_compared_by_the_clock_that_the_answer_itself_tells(tmp_path: Path) -> None:
    """Our clock was set since the last token came: what that told of the API's is no longer so."""
    there = time.time() + 86_400
    made = {"id": "p-1", "resolution_id": "r-1", "created_at": stamp(there)}
    page = json.dumps({"payments": [made]}).encode()
    date = (b"date", formatdate(there, usegmt=True).encode())
    found = await looked_up(tmp_path / "ledger.db", page, date)
    (candidate,) = found["candidates"]
    assert "time" in candidate["agrees"]
