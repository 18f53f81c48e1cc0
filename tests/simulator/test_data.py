"""A world dumped, and another begun with it."""

import json
from typing import Any

import pytest

from simulator import create_app

PESOS = {"value": "10", "currency": "COP"}


def _filled(sandbox: Any) -> dict[str, Any]:
    customer, account, resolution = sandbox.ready()
    key = sandbox.key(account)
    sandbox.post(
        "/v1/qrcodes", key_id=key, customer_id=customer, type="STATIC", channel="POS",
        vat={"vat_type": "FIXED", "vat_value": "1"},
    )  # fmt: skip
    phone = {"key_type": "PHONE", "key_value": "3001234567"}
    sandbox.post("/v1/recipients/breb", customer_id=customer, key=phone)
    sandbox.pay(account, resolution)
    dumped: dict[str, Any] = sandbox.view("dump")
    return dumped


def test_what_was_dumped_can_be_begun_with(sandbox: Any) -> None:
    dumped = _filled(sandbox)
    assert all(len(dumped[kind]) == 1 for kind in ("customers", "keys", "payments", "qr_codes"))
    paid = dumped["payments"][0]["id"]
    sandbox.control("reset", keep_tokens=True)
    sandbox.control("load", **dumped)
    assert sandbox.view("dump") == dumped
    assert sandbox.get(f"/v1/payments/{paid}")["status"] == "PENDING"
    sandbox.later(2)
    assert sandbox.get(f"/v1/payments/{paid}")["status"] == "SETTLED"
    account = dumped["accounts"][0]["id"]
    held = sandbox.get(f"/v1/accounts/{account}")["available_balance"]["value"]
    assert held == str(90000000000000000 - 1500)
    resolution = dumped["resolutions"][0]["shown"]["id"]
    assert sandbox.pay(account, resolution)["id"] == paid, "the resolution is spent"


def test_an_application_can_begin_with_it(sandbox: Any) -> None:
    assert create_app(data=json.dumps(_filled(sandbox)))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"payments": [{}]}, "payments.0.id is required"),
        ({"accounts": []}, "keys.0.account_id names nothing that is there"),
        ({"more": []}, "more is not known here"),
        ({"keys": {}}, "keys must be a valid array"),
    ],
)
def test_what_is_wrong_with_data_is_said_and_nothing_changed(
    sandbox: Any, change: dict[str, Any], word: str
) -> None:
    dumped = _filled(sandbox) | change
    sandbox.control("reset", keep_tokens=True)
    answer = sandbox.bare.post("/_sandbox/load", json=dumped)
    assert (answer.status_code, word in answer.json()["message"]) == (400, True), answer.text
    assert set(sandbox.view()["counts"].values()) == {0}


def test_no_token_is_dumped(sandbox: Any) -> None:
    bearer = sandbox.token()["access_token"]
    assert bearer not in json.dumps(_filled(sandbox))
