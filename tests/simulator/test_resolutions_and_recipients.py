"""Who stands behind a key, now or stored for later."""

from datetime import datetime, timedelta
from typing import Any

import pytest

NOBODY = "00000000-0000-4000-8000-000000000000"
PHONE = {"key_type": "PHONE", "key_value": "3001234567"}
BUSINESS = {
    "type": "BUSINESS", "business_name": "Ferretería", "identification_type": "NIT",
    "identification_number": "900777888",
}  # fmt: skip
PERSON = {
    "type": "INDIVIDUAL", "first_name": "Luis", "second_name": "Mario",
    "first_last_name": "Mejía", "identification_type": "CC", "identification_number": "1",
}  # fmt: skip
BANK = {"account_type": "CHECKING", "account_number": "1" * 18, "bank_name": "BANCO UNO"}


@pytest.mark.parametrize("path", ["/v1/resolve-key", "/v1/key-resolution", "/v1/keyresolution"])
def test_a_key_resolves_for_half_an_hour(sandbox: Any, path: str) -> None:
    customer = sandbox.customer()
    told = sandbox.post(path, customer_id=customer, key=PHONE)
    assert (told["customer_id"], told["key"], told["receptor_node"]) == (customer, PHONE, "VIS")
    assert told["owner"]["second_name"] == told["owner"]["business_name"] == ""
    lives = [datetime.fromisoformat(told[name]) for name in ("resolved_at", "expires_at")]
    assert lives[1] - lives[0] == timedelta(minutes=30)


def test_every_payable_key_resolves(sandbox: Any) -> None:
    customer = sandbox.customer()
    listed = sandbox.view()["payable_keys"]
    assert {key["key_type"] for key in listed} == {"PHONE", "EMAIL", "ID", "ALPHA", "BCODE"}
    for key in listed:
        wanted = {name: key[name] for name in ("key_type", "key_value")}
        assert sandbox.post("/v1/resolve-key", customer_id=customer, key=wanted)["key"] == wanted


def test_a_key_registered_here_resolves_to_its_customer(sandbox: Any) -> None:
    customer = sandbox.customer()
    sandbox.key(sandbox.account(customer, "777"))
    key = {"key_type": "ALPHA", "key_value": "@panaderia"}
    told = sandbox.post("/v1/resolve-key", customer_id=customer, key=key)
    assert told["owner"]["business_name"] == "Panadería Ñandú"
    assert told["account"] == {"account_number": "777", "account_type": "ORDINARY"}


def test_what_cannot_be_resolved(sandbox: Any) -> None:
    customer = sandbox.customer()
    path, other = "/v1/resolve-key", {"key_type": "PHONE", "key_value": "3110000000"}
    sandbox.post(path, 404, customer_id=customer, key=other)
    sandbox.post(path, 404, customer_id=NOBODY, key=PHONE)
    sandbox.post(path, 404, customer_id=customer, key={**PHONE, "key_type": "ID"})
    sandbox.post(path, 400, customer_id=customer, key={"key_value": "3001234567"})
    sandbox.post(path, 400, customer_id=customer, key={**PHONE, "key_value": "300"})


def test_unknown_keys_may_resolve_to_somebody_invented(start: Any) -> None:
    sandbox = start(unknown_key="invent")
    customer = sandbox.customer()
    key = {"key_type": "PHONE", "key_value": "3110000000"}
    one, other = [sandbox.post("/v1/resolve-key", customer_id=customer, key=key) for _ in range(2)]
    assert one["owner"] == other["owner"]
    assert one["owner"]["first_name"]
    assert one["id"] != other["id"]


def test_the_type_may_be_left_out_by_choice(start: Any) -> None:
    sandbox = start(resolve_key_type_required=False)
    customer = sandbox.customer()
    key = {"key_value": "3001234567"}
    assert sandbox.post("/v1/resolve-key", customer_id=customer, key=key)["key"] == PHONE
    sandbox.key(sandbox.account(customer))
    key = {"key_value": "@panaderia"}
    assert sandbox.post("/v1/resolve-key", customer_id=customer, key=key)["key"]["key_type"]


def test_a_breb_recipient_is_stored_and_resolved(sandbox: Any) -> None:
    customer = sandbox.customer()
    made = sandbox.post("/v1/recipients/breb", customer_id=customer, key=PHONE, alias="Luisa")
    assert (made["type"], made["alias"], made["key"]) == ("BREB", "Luisa", PHONE)
    assert sandbox.get(f"/v1/recipients/{made['id']}") == made
    told = sandbox.post(f"/v1/recipients/{made['id']}/resolve")
    assert (told["id"], told["type"]) == (made["id"], "BREB")
    sandbox.pay(sandbox.account(customer), told["resolution_id"])


def test_an_ach_recipient_is_stored_but_not_resolved(sandbox: Any) -> None:
    customer = sandbox.customer()
    body = {"customer_id": customer, "owner": BUSINESS, "account": BANK}
    made = sandbox.post("/v1/recipients/ach", **body)
    assert (made["type"], made["account"]) == ("ACH", BANK)
    assert made["owner"]["business_name"] == "Ferretería"
    sandbox.post(f"/v1/recipients/{made['id']}/resolve", 409)
    sandbox.post(f"/v1/recipients/{NOBODY}/resolve", 404)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("owner", {"identification_type": "XX"}),
        ("owner", {"identification_number": ""}),
        ("owner", {"identification_number": "1" * 31}),
        ("owner", {"type": "ROBOT"}),
        ("owner", {"first_name": None}),
        ("owner", {"first_last_name": ""}),
        ("account", {"account_type": "OTHER"}),
        ("account", {"account_number": "1" * 19}),
        ("account", {"account_number": ""}),
        ("account", {"bank_name": ""}),
    ],
)
def test_an_ach_recipient_is_checked(sandbox: Any, part: str, change: dict[str, Any]) -> None:
    body: dict[str, Any] = {"customer_id": NOBODY, "owner": PERSON, "account": BANK}
    told = sandbox.post("/v1/recipients/ach", 400, **{**body, part: {**body[part], **change}})
    assert told["message"].startswith(f"Field '{part}")
    sandbox.post("/v1/recipients/ach", 404, **body)
    sandbox.post("/v1/recipients/ach", 400, **body, alias="x" * 129)


def test_recipients_are_filtered(sandbox: Any) -> None:
    customer, elsewhere = sandbox.customer(), sandbox.customer()
    breb = sandbox.post("/v1/recipients/breb", customer_id=customer, key=PHONE)["id"]
    body = {"customer_id": elsewhere, "owner": PERSON, "account": BANK}
    ach = sandbox.post("/v1/recipients/ach", **body)["id"]
    for asked, found in [
        ({}, [breb, ach]),
        ({"type": "BREB"}, [breb]),
        ({"customer_id": elsewhere}, [ach]),
        ({"recipient_id": breb}, [breb]),
        ({"identification_number": "1"}, [ach]),
        ({"account_number": "1" * 18, "account_type": "CHECKING"}, [ach]),
        ({"account_type": "SAVINGS"}, []),
    ]:
        listed = sandbox.get("/v1/recipients", **asked)["recipients"]
        assert [recipient["id"] for recipient in listed] == found
