"""The older paths, with their shorter key types and flatter shapes."""

from typing import Any

import pytest

BASE = "/v1/paas/entities/customers"
NOBODY = "00000000-0000-4000-8000-000000000000"
PESOS = {"value": "1500", "currency": "COP"}


def _account(sandbox: Any, number: str = "0001") -> dict[str, Any]:
    body = {"entity_customer_id": sandbox.customer(), "account_number": number}
    made: dict[str, Any] = sandbox.post(f"{BASE}/accounts", type="LOW_VALUE", **body)
    return made


def _recipient(sandbox: Any, customer: str, path: str = "/recipients/breb") -> str:
    key = {"key_type": "M", "key_value": "3001234567"}
    made: str = sandbox.post(BASE + path, entity_customer_id=customer, **key)["id"]
    return made


def test_accounts_have_no_status_and_no_pages(sandbox: Any) -> None:
    made = _account(sandbox)
    assert made.keys() == {
        "id", "entity_customer_id", "number", "type", "available_balance", "pending_balance",
    }  # fmt: skip
    assert sandbox.get(f"{BASE}/accounts") == {"accounts": [made]}
    assert sandbox.get(f"{BASE}/accounts/{made['id']}") == made
    sandbox.get(f"{BASE}/accounts/{NOBODY}", 404)
    body = {"entity_customer_id": NOBODY, "account_number": "1", "type": "OTHER"}
    sandbox.post(f"{BASE}/accounts", 400, **body)


@pytest.mark.parametrize(
    ("kind", "value", "current"),
    [
        ("NRIC", "ABC123", "ID"),
        ("M", "3009998877", "PHONE"),
        ("E", "a@example.com", "EMAIL"),
        ("O", "@abcdef", "ALPHA"),
        ("B", "0099999999", "BCODE"),
    ],
)
def test_key_types_are_letters(sandbox: Any, kind: str, value: str, current: str) -> None:
    body = {"account_id": _account(sandbox)["id"], "key_type": kind, "key_value": value}
    made = sandbox.post(f"{BASE}/accounts/keys", **body)
    assert made == {**body, "id": made["id"]}
    shown = sandbox.get(f"/v1/keys/{made['id']}")
    assert shown["key"] == {"key_type": current, "key_value": value}
    sandbox.post(f"{BASE}/accounts/keys", 400, **{**body, "key_value": "?"})


def test_a_key_is_suspended_by_its_id_in_the_body(sandbox: Any) -> None:
    key = sandbox.key(_account(sandbox)["id"])
    answer = sandbox.http.patch(f"{BASE}/accounts/keys/suspend", json={"id": key})
    assert answer.json() == {"key_status": "SUSP"}
    assert sandbox.get(f"/v1/keys/{key}")["status"] == "SUSPENDED"
    path = f"{BASE}/accounts/keys/suspend"
    assert sandbox.http.patch(path, json={"id": NOBODY}).status_code == 404


@pytest.mark.parametrize(("chosen", "status"), [("documented", 200), (200, 200), (204, 204)])
def test_a_key_is_cancelled(start: Any, chosen: Any, status: int) -> None:
    sandbox = start(delete_status=chosen)
    key = sandbox.key(_account(sandbox)["id"])
    path = f"{BASE}/accounts/keys/{key}"
    assert sandbox.http.request("DELETE", path, json={"id": NOBODY}).status_code == 400
    assert sandbox.http.request("DELETE", path, json={"id": key}).status_code == status
    assert sandbox.http.delete(path).status_code == 404


def test_cancelling_may_need_its_body(start: Any) -> None:
    sandbox = start(require_delete_body=True)
    path = f"{BASE}/accounts/keys/{sandbox.key(_account(sandbox)['id'])}"
    assert sandbox.http.delete(path).status_code == 400


def test_what_is_wrong_with_a_key_is_named(sandbox: Any) -> None:
    body = {"account_id": NOBODY, "key_type": "ID", "key_value": "1"}
    told = sandbox.post(f"{BASE}/accounts/keys", 400, **body)
    assert told["message"].startswith("Field 'key_type' is invalid: must be one of 'NRIC'")


@pytest.mark.parametrize("path", ["/recipients/breb", "/breb/recipients"])
def test_recipients_are_flat(sandbox: Any, path: str) -> None:
    customer = sandbox.customer()
    recipient = _recipient(sandbox, customer, path)
    shown = sandbox.get(f"{BASE}{path}/{recipient}")
    assert (shown["key_type"], shown["entity_customer_id"]) == ("M", customer)
    assert sandbox.get(f"{BASE}{path}/{NOBODY}", 404)["message"] == "no such recipient"


def test_an_ach_recipient_is_unknown_to_the_older_path(sandbox: Any) -> None:
    owner = {"type": "BUSINESS", "business_name": "X", "identification_type": "NIT",
             "identification_number": "9"}  # fmt: skip
    bank = {"account_type": "SAVINGS", "account_number": "1", "bank_name": "B"}
    body = {"customer_id": sandbox.customer(), "owner": owner, "account": bank}
    recipient = sandbox.post("/v1/recipients/ach", **body)["id"]
    sandbox.get(f"{BASE}/recipients/breb/{recipient}", 404)


@pytest.mark.parametrize("path", ["/payments/breb", "/breb/payments"])
def test_a_payment_waits_for_its_confirmation(sandbox: Any, path: str) -> None:
    account = _account(sandbox)
    recipient = _recipient(sandbox, account["entity_customer_id"])
    body = {"account_id": account["id"], "breb_recipient_id": recipient, "amount": PESOS}
    told = sandbox.post(BASE + path, reference="Factura 7", **body)
    payment = told["payment"]
    assert told["breb_resolved_key"]["key"]["key_type"] == "PHONE"
    assert (payment["status"], payment["direction"]) == ("PENDING", "OUTGOING")
    assert (payment["reference"], payment["breb_recipient_id"]) == ("Factura 7", recipient)
    sandbox.later(60)
    shown = f"{BASE}{path}/{payment['id']}"
    assert sandbox.get(shown) == payment
    sandbox.post("/v1/payments/breb/confirm", id=payment["id"])
    sandbox.later()
    assert sandbox.get(shown)["status"] == "SETTLED"


def test_a_payment_may_need_no_confirmation(start: Any) -> None:
    sandbox = start(confirm="never")
    account = _account(sandbox)
    recipient = _recipient(sandbox, account["entity_customer_id"])
    body = {"account_id": account["id"], "breb_recipient_id": recipient, "amount": PESOS}
    payment = sandbox.post(f"{BASE}/payments/breb", **body)["payment"]["id"]
    sandbox.later()
    assert sandbox.get(f"{BASE}/payments/breb/{payment}")["status"] == "SETTLED"


def test_each_request_is_a_payment_of_its_own(sandbox: Any) -> None:
    """Nothing here is idempotent: this is where a repeated request costs money."""
    account = _account(sandbox)
    recipient = _recipient(sandbox, account["entity_customer_id"])
    body = {"account_id": account["id"], "breb_recipient_id": recipient, "amount": PESOS}
    for _ in range(2):
        sandbox.post(f"{BASE}/payments/breb", **body)
    assert len(sandbox.view("executions")["payments"]) == 2


def test_a_payment_is_checked(sandbox: Any) -> None:
    account = _account(sandbox)
    recipient = _recipient(sandbox, account["entity_customer_id"])
    body = {"account_id": account["id"], "breb_recipient_id": recipient, "amount": PESOS}
    path = f"{BASE}/payments/breb"
    sandbox.post(path, 404, **{**body, "account_id": NOBODY})
    sandbox.post(path, 404, **{**body, "breb_recipient_id": NOBODY})
    sandbox.post(path, 400, **body, reference="x" * 36)
    sandbox.get(f"{path}/{NOBODY}", 404)
