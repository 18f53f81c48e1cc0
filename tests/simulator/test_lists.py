"""Pages, their order, and what an empty list answers."""

from datetime import UTC, datetime
from typing import Any

import pytest


def _numbers(page: dict[str, Any]) -> list[str]:
    return [account["account_number"] for account in page["accounts"]]


def _accounts(sandbox: Any, count: int) -> None:
    customer = sandbox.customer()
    for number in range(count):
        sandbox.account(customer, f"{number:04d}")


def test_pages_start_at_one_and_add_up(sandbox: Any) -> None:
    _accounts(sandbox, 5)
    seen = []
    for number in (1, 2, 3):
        asked = {"page_params.page_size": 2, "page_params.page_number": number}
        page = sandbox.get("/v1/accounts", **asked)
        seen += _numbers(page)
        info = page["pagination_info"]
        assert (info["current_page"], info["total_pages"], info["total_elements"]) == (number, 3, 5)
    assert seen == ["0000", "0001", "0002", "0003", "0004"]


def test_a_page_beyond_the_last_is_empty(sandbox: Any) -> None:
    _accounts(sandbox, 1)
    assert sandbox.get("/v1/accounts", **{"page_params.page_number": 9})["accounts"] == []


def test_page_sizes_have_a_default_and_a_maximum(start: Any) -> None:
    sandbox = start(default_page_size=2, max_page_size=3)
    _accounts(sandbox, 4)
    assert len(sandbox.get("/v1/accounts")["accounts"]) == 2
    assert len(sandbox.get("/v1/accounts", **{"page_params.page_size": 50})["accounts"]) == 3


@pytest.mark.parametrize(
    "asked",
    [
        {"page_params.page_size": 0},
        {"page_params.page_size": "many"},
        {"page_params.page_number": -1},
        {"page_params.first_request_timestamp.seconds": -1},
        {"page_params.first_request_timestamp.seconds": 10**13},
        {"page_params.first_request_timestamp.nanos": 10**9},
        {"order_params.order_direction": "SIDEWAYS"},
    ],
)
def test_a_page_that_cannot_be_is_refused(sandbox: Any, asked: dict[str, Any]) -> None:
    (name,) = asked
    assert sandbox.get("/v1/accounts", 400, **asked)["message"].startswith(f"Field '{name}'")


def test_later_elements_do_not_move_the_pages(sandbox: Any) -> None:
    _accounts(sandbox, 2)
    first = sandbox.get("/v1/accounts")["pagination_info"]["first_request_timestamp"]
    sandbox.later(1)
    _accounts(sandbox, 1)
    moment = datetime.fromisoformat(first)
    asked = {
        "page_params.first_request_timestamp.seconds": int(moment.timestamp()),
        "page_params.first_request_timestamp.nanos": moment.microsecond * 1000,
    }
    page = sandbox.get("/v1/accounts", **asked)
    assert len(page["accounts"]) == 2
    assert page["pagination_info"]["first_request_timestamp"] == first
    assert sandbox.get("/v1/accounts")["pagination_info"]["total_elements"] == 3


def test_whole_seconds_will_do(sandbox: Any) -> None:
    _accounts(sandbox, 1)
    seconds = int(datetime.now(UTC).timestamp()) + 60
    asked = {"page_params.first_request_timestamp.seconds": seconds}
    page = sandbox.get("/v1/accounts", **asked)
    assert len(page["accounts"]) == 1
    assert "." not in page["pagination_info"]["first_request_timestamp"]


@pytest.mark.parametrize(
    ("asked", "order"),
    [
        ({}, ["2", "1", "3"]),
        ({"order_params.order_direction": "DESC"}, ["3", "1", "2"]),
        ({"order_params.order_direction": "ORDER_DIRECTION_ENUM_UNSPECIFIED"}, ["2", "1", "3"]),
        ({"order_params.order_key": "account_number"}, ["1", "2", "3"]),
        (
            {
                "order_params.order_key": "account_number",
                "order_params.order_direction": "DESC",
            },
            ["3", "2", "1"],
        ),
        ({"order_params.order_key": "available_balance.nothing"}, ["2", "1", "3"]),
    ],
)
def test_lists_are_ordered(sandbox: Any, asked: dict[str, str], order: list[str]) -> None:
    customer = sandbox.customer()
    for number in ("2", "1", "3"):
        sandbox.account(customer, number)
    assert _numbers(sandbox.get("/v1/accounts", **asked)) == order


@pytest.mark.parametrize("key", ["amount", "amount.value"])
def test_money_is_ordered_by_what_it_is_worth(sandbox: Any, key: str) -> None:
    customer, account, _ = sandbox.ready()
    for value in ("900", "1000.50", "1000"):
        sandbox.pay(account, sandbox.resolve(customer), value)
    listed = sandbox.get("/v1/payments", **{"order_params.order_key": key})["payments"]
    assert [payment["amount"]["value"] for payment in listed] == ["900", "1000", "1000.50"]


def test_numbers_are_ordered_by_their_size(start: Any) -> None:
    sandbox = start(lambda: 0.0, token_lifetime=1000, token_info_expires_in="remaining")
    sandbox.control("tokens/expire", seconds=99)
    sandbox.token()
    asked = {"order_params.order_key": "expires_in"}
    listed = sandbox.get("/v1/iam/oauth/tokens", **asked)["tokens"]
    assert [token["expires_in"] for token in listed] == [99, 1000]


def test_moments_are_ordered_whatever_their_fraction_digits(start: Any) -> None:
    clock = iter((0.25, 0.2, 0.0))
    moments: list[float] = [0.0]
    sandbox = start(lambda: moments[0])
    customer = sandbox.customer()
    for moments[0] in clock:
        sandbox.account(customer)
    moments[0] = 1.0
    asked = {"order_params.order_key": "created_at"}
    listed = sandbox.get("/v1/accounts", **asked)["accounts"]
    stamps = [account["created_at"].removeprefix("1970-01-01T00:00:") for account in listed]
    assert stamps == ["00Z", "00.2Z", "00.25Z"]


DOCUMENTED = {
    "/v1/customers": 404, "/v1/payments": 404, "/v1/qrcodes": 404,
    "/v1/accounts": 200, "/v1/keys": 200, "/v1/recipients": 200,
}  # fmt: skip


@pytest.mark.parametrize("path", DOCUMENTED)
def test_an_empty_list_answers_as_its_page_says(sandbox: Any, path: str) -> None:
    sandbox.get(path, DOCUMENTED[path])


@pytest.mark.parametrize("status", [200, 404])
def test_an_empty_list_answers_as_chosen(start: Any, status: int) -> None:
    sandbox = start(empty_list=status)
    for path in DOCUMENTED:
        sandbox.get(path, status)


def test_unknown_parameters_are_passed_over(sandbox: Any) -> None:
    sandbox.get("/v1/keys", nonsense="1")
