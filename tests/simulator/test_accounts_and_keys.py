"""Accounts and the keys under which they are paid."""

from typing import Any

import pytest

NOBODY = "00000000-0000-4000-8000-000000000000"


def test_an_account_opens_with_its_balance(start: Any) -> None:
    sandbox = start(opening_balance="1000.50")
    customer = sandbox.customer()
    account = sandbox.account(customer)
    shown = sandbox.get(f"/v1/accounts/{account}")
    assert shown["available_balance"] == {"value": "1000.50", "currency": "COP"}
    assert shown["pending_balance"] == {"value": "0", "currency": "COP"}
    assert (shown["customer_id"], shown["status"]) == (customer, "ACTIVE")
    assert sandbox.get("/v1/accounts")["accounts"] == [shown]


def test_the_documented_balance_is_the_default(sandbox: Any) -> None:
    shown = sandbox.get(f"/v1/accounts/{sandbox.account()}")
    assert shown["available_balance"]["value"] == "90000000000000000"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param({"customer_id": NOBODY}, 404, id="unknown-customer"),
        pytest.param({"customer_id": "nonsense"}, 400, id="malformed-customer"),
        pytest.param({"account_type": "SAVINGS"}, 400, id="other-type"),
        pytest.param({"account_number": ""}, 400, id="no-number"),
        pytest.param({"account_number": "1" * 36}, 400, id="long-number"),
        pytest.param({"account_number": 1}, 400, id="number-as-number"),
    ],
)
def test_an_account_is_checked(sandbox: Any, change: dict[str, Any], status: int) -> None:
    body = {"customer_id": sandbox.customer(), "account_type": "ORDINARY", "account_number": "1"}
    sandbox.post("/v1/accounts/link", status, **{**body, **change})


def test_accounts_are_filtered(sandbox: Any) -> None:
    customer = sandbox.customer()
    one, other = sandbox.account(customer, "0001"), sandbox.account(None, "0002")
    for asked, found in [
        ({"customer_id": customer}, [one]),
        ({"account_id": other}, [other]),
        ({"account_number": "0002"}, [other]),
        ({"status": "ACTIVE", "account_type": "ORDINARY"}, [one, other]),
        ({"account_type": "SAVINGS"}, []),
    ]:
        listed = sandbox.get("/v1/accounts", **asked)["accounts"]
        assert [account["id"] for account in listed] == found


def test_an_unknown_account_is_not_found(sandbox: Any) -> None:
    sandbox.get(f"/v1/accounts/{NOBODY}", 404)


GOOD = [
    ("ID", "A" * 18),
    ("PHONE", "3009998877"),
    ("EMAIL", "x" * 30 + "@" + "y" * 61),
    ("ALPHA", "@abcd1"),
    ("ALPHA", "@" + "a" * 20),
    ("BCODE", "0099999999"),
]
BAD = [
    ("ID", "A" * 19),
    ("ID", ""),
    ("ID", "A-1"),
    ("PHONE", "2009998877"),
    ("PHONE", "30099988770"),
    ("PHONE", "3009998877\n"),
    ("EMAIL", "x" * 31 + "@y"),
    ("EMAIL", "x@" + "y" * 62),
    ("EMAIL", "nobody"),
    ("ALPHA", "@abcd"),
    ("ALPHA", "@" + "a" * 21),
    ("ALPHA", "abcdefg"),
    ("ALPHA", "@abc_def"),
    ("BCODE", "1099999999"),
    ("BCODE", "009999999"),
    ("M", "3009998877"),
    ("MOBILE", "3009998877"),
]


@pytest.mark.parametrize(("kind", "value"), GOOD)
def test_a_key_that_keeps_its_rules_is_registered(sandbox: Any, kind: str, value: str) -> None:
    account = sandbox.account()
    key = {"key_type": kind, "key_value": value}
    made = sandbox.post("/v1/keys", account_id=account, key=key, display_name="Caja")
    assert (made["key"], made["status"], made["display_name"]) == (key, "ACTIVE", "Caja")
    assert sandbox.get(f"/v1/keys/{made['id']}") == made


@pytest.mark.parametrize(("kind", "value"), BAD)
def test_a_key_that_breaks_its_rules_is_refused(sandbox: Any, kind: str, value: str) -> None:
    key = {"key_type": kind, "key_value": value}
    told = sandbox.post("/v1/keys", 400, account_id=NOBODY, key=key)
    assert told["message"].startswith("Field 'key")


def test_a_refused_key_is_named_as_the_body_names_it(sandbox: Any) -> None:
    key = {"key_type": "BCODE", "key_value": "12"}
    told = sandbox.post("/v1/keys", 400, account_id=NOBODY, key=key)
    assert told["message"].startswith("Field 'key.key_value' is invalid")


def test_a_key_needs_an_account(sandbox: Any) -> None:
    key = {"key_type": "ALPHA", "key_value": "@abcdef"}
    sandbox.post("/v1/keys", 404, account_id=NOBODY, key=key)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ({"key_value": "@abcdef"}, "Field 'key.key_type' is required"),
        (
            {"key_type": "M", "key_value": "3001112233"},
            "Field 'key.key_type' is invalid: must be one of 'ID', ",
        ),
        ({"key_type": "ALPHA"}, "Field 'key.key_value' is required"),
    ],
)
def test_what_is_wrong_with_a_key_is_named(sandbox: Any, key: dict[str, Any], message: str) -> None:
    told = sandbox.post("/v1/keys", 400, account_id=NOBODY, key=key)
    assert told["message"].startswith(message)


@pytest.mark.parametrize(("chosen", "status"), [("allow", 200), (400, 400), (409, 409)])
def test_a_registered_value_gets_the_chosen_status(start: Any, chosen: Any, status: int) -> None:
    sandbox = start(duplicate_key=chosen)
    account = sandbox.account()
    sandbox.key(account)
    key = {"key_type": "ALPHA", "key_value": "@panaderia"}
    sandbox.post("/v1/keys", status, account_id=account, key=key)


def test_a_key_is_suspended_and_activated(sandbox: Any) -> None:
    customer = sandbox.customer()
    key = sandbox.key(sandbox.account(customer))
    wanted = {"key_type": "ALPHA", "key_value": "@panaderia"}
    suspended = sandbox.http.patch(f"/v1/keys/{key}/suspend").json()
    assert suspended["status"] == "SUSPENDED"
    sandbox.post("/v1/resolve-key", 404, customer_id=customer, key=wanted)
    assert sandbox.http.patch(f"/v1/keys/{key}/activate").json()["status"] == "ACTIVE"
    sandbox.post("/v1/resolve-key", customer_id=customer, key=wanted)
    assert sandbox.http.patch(f"/v1/keys/{NOBODY}/suspend").status_code == 404


@pytest.mark.parametrize(("chosen", "status"), [("documented", 204), (200, 200), (204, 204)])
def test_a_deleted_key_is_gone_and_its_value_free(start: Any, chosen: Any, status: int) -> None:
    sandbox = start(delete_status=chosen)
    account = sandbox.account()
    path = f"/v1/keys/{sandbox.key(account)}"
    answer = sandbox.http.delete(path)
    assert (answer.status_code, answer.content) == (status, b"")
    assert sandbox.http.delete(path).status_code == 404
    sandbox.get(path, 404)
    sandbox.key(account)


def test_keys_are_filtered(sandbox: Any) -> None:
    customer = sandbox.customer()
    account, elsewhere = sandbox.account(customer), sandbox.account()
    one = sandbox.key(account)
    other = sandbox.key(elsewhere, "3119998877", "PHONE")
    sandbox.http.patch(f"/v1/keys/{other}/suspend")
    for asked, found in [
        ({"customer_id": customer}, [one]),
        ({"account_id": elsewhere}, [other]),
        ({"key_type": "PHONE"}, [other]),
        ({"key_value": "@panaderia"}, [one]),
        ({"key_id": other}, [other]),
        ({"status": "SUSPENDED"}, [other]),
        ({"status": "ACTIVE", "key_type": "PHONE"}, []),
    ]:
        listed = sandbox.get("/v1/keys", **asked)["keys"]
        assert [key["id"] for key in listed] == found
