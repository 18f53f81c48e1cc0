"""What is asked about a row, and what of the answer could be it."""

import json
import re
from typing import Any
from urllib.parse import parse_qs

import pytest

from proxy.ledger.look_up import Question, candidates, elements, in_words, questions


def entry(path: str = "/v1/payments/breb", method: str = "POST", **given: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "method": method,
        "path": path,
        "opened_at": "2026-11-25T10:00:00.000000Z",
        "payment": {
            "account_id": "a-1",
            "resolution_id": "r-1",
            "amount.value": "1500",
            "amount.currency": "COP",
        },
        "answer": {},
    }
    return values | given


def payment(**given: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "id": "p-1",
        "status": "SETTLED",
        "account_id": "a-1",
        "resolution_id": "r-1",
        "amount": {"value": "1500.00", "currency": "COP"},
        "created_at": "2026-11-25T10:00:01.7Z",
    }
    return values | given


def test_a_payment_is_looked_for_with_documented_filters() -> None:
    (question,) = questions(entry())
    path, _, query = question.target.partition("?")
    assert (path, question.holds) == ("/v1/payments", "payments")
    assert parse_qs(query) == {
        "direction": ["OUTBOUND"],
        "account_id": ["a-1"],
        "page_params.page_size": ["100"],
        "order_params.order_key": ["created_at"],
        "order_params.order_direction": ["DESC"],
    }


def test_a_payment_whose_id_is_known_is_asked_for_first() -> None:
    assert questions(entry(answer={"id": "p-1"}))[0] == Question("/v1/payments/p-1")
    confirm = entry("/v1/payments/breb/confirm", payment={"id": "p-2"})
    assert questions(confirm)[0] == Question("/v1/payments/p-2")


def test_masked_values_are_not_asked_with() -> None:
    (question,) = questions(entry(payment={"account_id": "••••-1"}))
    assert "account_id" not in question.target


@pytest.mark.parametrize(
    ("method", "path", "target"),
    [
        pytest.param("DELETE", "/v1/keys/k-1", "/v1/keys/k-1", id="a deleted key"),
        pytest.param("PATCH", "/v1/keys/k-1/suspend", "/v1/keys/k-1", id="a suspended key"),
        pytest.param("PATCH", "/v1/customers/c-1", "/v1/customers/c-1", id="a customer"),
        pytest.param("POST", "/v1/keys", "/v1/keys?account_id=a-1&", id="a new key"),
        pytest.param("POST", "/v1/qrcodes", "/v1/qrcodes?page_params", id="a QR code"),
    ],
)
def test_what_is_no_payment_is_looked_for_where_it_would_be(
    method: str, path: str, target: str
) -> None:
    assert questions(entry(path, method))[0].target.startswith(target)


@pytest.mark.parametrize(
    "path", ["/v1/resolve-key", "/v1/paas/entities/customers/payments/breb", "/elsewhere"]
)
def test_where_no_list_is_documented_nothing_is_asked(path: str) -> None:
    assert questions(entry(path)) == []


def test_the_payment_of_the_resolution_is_decisive_whatever_else_there_is() -> None:
    other = payment(id="p-2", resolution_id="r-2", amount={"value": "7", "currency": "COP"})
    found = candidates(entry(), [other, payment()])
    assert [each.known["id"] for each in found] == ["p-1"]
    assert found[0].decisive
    assert set(found[0].agrees) == {
        "resolution_id",
        "amount.value",
        "amount.currency",
        "account_id",
        "time",
    }


def test_without_a_resolution_amount_and_time_make_a_candidate_and_no_more() -> None:
    told = {"account_id": "a-1", "amount.value": "1500", "amount.currency": "COP"}
    found = candidates(entry(payment=told), [payment()])
    assert [(each.decisive, each.differs) for each in found] == [(False, ())]
    assert "may be this one" in str(in_words([{"target": "/", "status": 200, "found": 1}], found))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(payment(resolution_id="r-2"), id="another resolution"),
        pytest.param(
            payment(resolution_id=None, amount={"value": "1501", "currency": "COP"}), id="amount"
        ),
        pytest.param(
            payment(resolution_id=None, created_at="2026-11-25T08:00:00Z"), id="long before"
        ),
    ],
)
def test_what_differs_is_none(other: dict[str, Any]) -> None:
    assert candidates(entry(), [other]) == []


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        pytest.param([], "no documented way", id="no way"),
        pytest.param([("/a", 200, 7)], "nothing matches among 7 entries .* no proof", id="nothing"),
        pytest.param(
            [("/a", 404, 0)], "nothing matches among 0 entries .* no proof", id="an empty list"
        ),
        pytest.param([("/a", 403, 0)], "did not answer the question .403 to GET /a.", id="refused"),
        pytest.param([("/a", None, 0)], "did not answer the question .no answer", id="no answer"),
    ],
)
def test_what_was_not_found_is_worded_with_care(
    asked: list[tuple[str, int | None, int]], words: str
) -> None:
    told = [dict(zip(("target", "status", "found"), each, strict=True)) for each in asked]
    assert re.search(words, str(in_words(told, [])))


def test_a_masked_value_is_compared_by_what_is_left_of_it() -> None:
    told = {"key.key_value": "••••67"}
    assert candidates(entry(payment=told), [{"id": "k", "key": {"key_value": "3001234567"}}])
    assert not candidates(entry(payment=told), [{"id": "k", "key": {"key_value": "3001234568"}}])


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"payments": {}}', b'{"payments": [1]}', b"[" * 60_000]
)
def test_an_answer_that_is_not_as_documented_holds_nothing(body: bytes) -> None:
    assert elements(Question("/v1/payments", "payments"), body) == []


def test_one_thing_or_a_list() -> None:
    assert elements(Question("/v1/payments/p-1"), json.dumps(payment()).encode()) == [payment()]
    many = json.dumps({"payments": [payment()]}).encode()
    assert elements(Question("/v1/payments", "payments"), many) == [payment()]
