"""What is asked about a row."""

import json
from urllib.parse import parse_qs

import pytest

from proxy.ledger.questions import MOST, Page, Question, not_found, operation, page, questions
from tests.support.looked_up import entry, payment

OLD = "/v1/paas/entities/customers"


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


def test_an_id_that_the_caller_wrote_is_not_the_payments() -> None:
    (question,) = questions(entry(payment={"id": "p-of-another"}))
    assert "p-of-another" not in question.target


def test_the_answer_of_a_repeat_is_asked_for_first() -> None:
    targets = [each.target for each in questions(entry(answer={"id": "p-1"}), ["p-1", "p-2"])]
    assert targets[:2] == ["/v1/payments/p-1", "/v1/payments/p-2"]
    assert len(targets) == 3


def test_masked_values_are_not_asked_with() -> None:
    (question,) = questions(entry(payment={"account_id": "••••-1"}, answer={"id": "••••-1"}))
    assert "account_id" not in question.target


@pytest.mark.parametrize(
    ("method", "path", "target", "changes"),
    [
        ("DELETE", "/v1/keys/k-1", "/v1/keys/k-1", True),
        ("PATCH", "/v1/keys/k-1/suspend", "/v1/keys/k-1", True),
        ("PATCH", "/v1/keys/k-1/activate", "/v1/keys/k-1", True),
        ("PATCH", "/v1/customers/c-1", "/v1/customers/c-1", True),
        ("POST", "/v1/keys", "/v1/keys?account_id=a-1&", False),
        ("POST", "/v1/qrcodes", "/v1/qrcodes?page_params", False),
    ],
)
def test_what_is_no_payment_is_looked_for_where_it_would_be(
    method: str, path: str, target: str, changes: bool
) -> None:
    assert questions(entry(path, method))[0].target.startswith(target)
    found = operation(entry(path, method))
    assert found is not None
    assert found.operation.changes_one is changes


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/resolve-key"),
        ("POST", f"{OLD}/payments/breb"),
        ("POST", f"{OLD}/payments/ach"),
        ("PATCH", f"{OLD}/accounts/keys/suspend"),
        ("DELETE", f"{OLD}/accounts/keys/k-1"),
        ("POST", "/elsewhere"),
    ],
)
def test_where_nothing_is_documented_nothing_is_asked(method: str, path: str) -> None:
    """A 404 to a path that the API does not have would look as if the thing were gone."""
    assert questions(entry(path, method)) == []


@pytest.mark.parametrize("path", ["payments/breb", "breb/payments", "accounts", "recipients/breb"])
def test_a_thing_of_the_first_generation_is_asked_for_where_that_shows_it(path: str) -> None:
    asked = questions(entry(f"{OLD}/{path}", answer={"id": "x-1"}))
    assert asked == [Question(f"{OLD}/{path}/x-1")]


def test_further_pages_are_of_the_moment_of_the_first() -> None:
    question = Question("/v1/payments?a=b", "payments")
    assert question.page(1, {}) == "/v1/payments?a=b"
    asked = question.page(3, {"first_request_timestamp": "2026-11-25T10:00:00.250Z"})
    assert parse_qs(asked.partition("?")[2]) == {
        "a": ["b"],
        "page_params.page_number": ["3"],
        "page_params.first_request_timestamp.seconds": ["1795600800"],
        "page_params.first_request_timestamp.nanos": ["250000000"],
    }
    odd = question.page(2, {"first_request_timestamp": {}})
    assert odd == "/v1/payments?a=b&page_params.page_number=2"


@pytest.mark.parametrize(
    ("count", "total", "number", "ends"),
    [
        pytest.param(100, "3", 2, False, id="not the last"),
        pytest.param(100, "3", 3, True, id="the last"),
        pytest.param(100, None, 1, False, id="full, and nothing is said"),
        pytest.param(7, None, 1, True, id="not full, and nothing is said"),
        pytest.param(7, "many", 1, True, id="nonsense is said"),
    ],
)
def test_a_list_ends_where_it_says_or_where_it_is_not_full(
    count: int, total: str | None, number: int, ends: bool
) -> None:
    info = {} if total is None else {"total_pages": total}
    assert Page([{}] * count, info).ends(number) is ends


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"payments": {}}', b"<html>", b"[" * 60_000, b"\xff"]
)
def test_an_answer_that_is_not_as_documented_is_none(body: bytes) -> None:
    assert page(Question("/v1/payments", "payments"), body) is None


@pytest.mark.parametrize(
    ("thing", "times", "read"),
    [
        pytest.param("{}", MOST, True, id="ten times what was asked for"),
        pytest.param("{}", MOST + 1, False, id="a thing more"),
        pytest.param("{}", 300_000, False, id="very many things"),
        pytest.param("1", 300_000, False, id="very many numbers"),
        pytest.param(f"[{'[],' * 70_000}1]", 2, False, id="very many lists in few"),
    ],
)
def test_a_page_that_is_far_too_long_is_none(thing: str, times: int, *, read: bool) -> None:
    body = '{"payments": [' + ",".join([thing] * times) + "]}"
    assert (page(Question("/v1/payments", "payments"), body.encode()) is not None) is read


def test_one_thing_or_a_list() -> None:
    one = page(Question("/v1/payments/p-1"), json.dumps(payment()).encode())
    assert one is not None
    assert one.things == [payment()]
    many = page(
        Question("/v1/payments", "payments"), json.dumps({"payments": [payment(), 1]}).encode()
    )
    assert many is not None
    assert many.things == [payment()]


@pytest.mark.parametrize(
    ("body", "own"),
    [
        pytest.param(b'{"message": "no such payment", "http_code": 404}', True, id="its status"),
        pytest.param(b'{"message": "x", "code": "PAYMENT_NOT_FOUND"}', True, id="its code"),
        pytest.param(b'{"message": "no Route matched with those values"}', False, id="a gateway"),
        pytest.param(b"<html>404 Not Found</html>", False, id="a web server"),
        pytest.param(b"", False, id="nothing"),
    ],
)
def test_a_404_is_an_answer_if_the_api_gave_it(body: bytes, own: bool) -> None:
    assert not_found(body) is own
