"""A look-up keeps nobody waiting, whatever the API puts on a page."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from proxy.exchange.own_request import OwnAnswer, OwnRequest
from proxy.http1.request import Request
from proxy.ledger import questions
from proxy.ledger.comparison import Candidate, Comparison
from proxy.ledger.kin import Kin
from proxy.ledger.look_up import LookUp
from proxy.ledger.questions import Page, Question
from proxy.ledger.reading import reading
from tests.support.ledgers import filled

pytestmark = pytest.mark.anyio


async def ask(request: Request, own: OwnRequest, most: int) -> OwnAnswer:
    """Answer with an empty page."""
    del request, own
    answer = OwnAnswer("a-1", most)
    await answer.take({"type": "http.response.start", "status": 200, "headers": []})
    await answer.take({"type": "http.response.body", "body": b'{"payments": []}'})
    return answer


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
    path = tmp_path / "ledger.db"
    filled(path, "unknown")
    with reading(path) as reader:
        entry = reader.find("#1")[0]
    look_up = LookUp(ask, lambda text, _: text, lambda text: text, lambda: None)
    await look_up.look_up(entry, lambda: Kin(frozenset(), {}, {}))
    assert len(seen) >= 2
    assert threading.main_thread() not in seen
