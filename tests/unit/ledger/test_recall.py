"""What the API has of a row's thing now: by its whole id, and nothing else."""

import asyncio
import json
from typing import Any, cast

import pytest

from proxy.exchange.own_request import OwnAnswer, OwnRequest
from proxy.http1.request import Request
from proxy.ledger.api_reader import ApiReader
from proxy.ledger.entry import LedgerEntry
from proxy.ledger.recall import recalled
from tests.support.looked_up import entry


class Things:
    """An API that shows one thing, or fails."""

    def __init__(self, document: object, status: int = 200) -> None:
        self.body = json.dumps(document).encode()
        self.status = status
        self.asked: list[tuple[str, str]] = []

    async def ask(self, request: Request, own: OwnRequest, most: int) -> OwnAnswer:
        self.asked.append((request.target.decode(), own.caller))
        answer = OwnAnswer("own", most)
        answer.status, answer.whole = self.status, True
        answer.body += self.body
        return answer

    def recalled(self, **given: Any) -> bytes | None:
        row = cast("LedgerEntry", entry(**{"evidence": [], **given}))
        return asyncio.run(recalled(row, ApiReader(self.ask, "payroll")))


def found(code: str, *known: str, sure: bool = True) -> dict[str, Any]:
    return {"code": code, "candidates": [{"known": {"id": each}, "sure": sure} for each in known]}


@pytest.mark.parametrize(
    "given",
    [
        {"answer": {"id": "p-1"}},
        {"evidence": [found("settled", "p-1")]},
        {"evidence": [found("not-final", "p-1"), found("nothing-back-to")]},
    ],
)
def test_the_thing_is_shown_by_its_id(given: dict[str, Any]) -> None:
    things = Things({"id": "p-1", "status": "SETTLED"})
    assert things.recalled(**given) == things.body
    assert things.asked == [("/v1/payments/p-1", "payroll")]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"answer": {"id": "••••-1"}},
        {"evidence": [found("settled", "p-1", sure=False)]},
        {"evidence": [found("alike", "p-1")]},
        {"method": "PATCH", "path": "/v1/keys/p-1/suspend", "answer": {"id": "p-1"}},
        {"path": "/v1/unknown", "answer": {"id": "p-1"}},
    ],
)
def test_without_a_whole_id_nothing_is_asked(given: dict[str, Any]) -> None:
    things = Things({"id": "p-1"})
    assert things.recalled(**given) is None
    assert things.asked == []


@pytest.mark.parametrize(
    ("document", "status"),
    [({"id": "p-2"}, 200), ({"payments": []}, 200), ("p-1", 200), ({"id": "p-1"}, 404)],
)
def test_what_is_not_the_thing_is_not_shown(document: object, status: int) -> None:
    assert Things(document, status).recalled(answer={"id": "p-1"}) is None
