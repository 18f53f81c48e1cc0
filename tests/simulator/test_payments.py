"""Payments: from a resolved key to settled, or to a reason why not."""

import json
import socket
from datetime import datetime, timedelta
from typing import Any

import pytest

NOBODY = "00000000-0000-4000-8000-000000000000"
PESOS = {"value": "1500", "currency": "COP"}


def _balances(sandbox: Any, account: str) -> tuple[str, str]:
    shown = sandbox.get(f"/v1/accounts/{account}")
    return shown["available_balance"]["value"], shown["pending_balance"]["value"]


def test_a_payment_is_pending_then_settled(start: Any) -> None:
    sandbox = start(opening_balance="10000")
    _, account, resolution = sandbox.ready()
    made = sandbox.pay(account, resolution)
    assert (made["status"], made["direction"], made["amount"]) == ("PENDING", "OUTBOUND", PESOS)
    assert made["receiver"]["key"] == {"key_type": "PHONE", "key_value": "3001234567"}
    assert made["sender"]["owner"]["name"] == "Panadería Ñandú"
    assert _balances(sandbox, account) == ("10000", "1500")
    sandbox.later()
    shown = sandbox.get(f"/v1/payments/{made['id']}")
    assert shown == {**made, "status": "SETTLED", "updated_at": shown["updated_at"]}
    assert _balances(sandbox, account) == ("8500", "0")


def test_available_may_fall_at_once(start: Any) -> None:
    sandbox = start(opening_balance="10000", balance_view="at-once")
    _, account, resolution = sandbox.ready()
    sandbox.pay(account, resolution)
    assert _balances(sandbox, account) == ("8500", "1500")
    sandbox.later()
    assert _balances(sandbox, account) == ("8500", "0")


def test_a_payment_settles_by_itself_in_real_time(start: Any) -> None:
    sandbox = start(settle_delay=0.0)
    _, account, resolution = sandbox.ready()
    made = sandbox.pay(account, resolution)
    assert sandbox.get(f"/v1/payments/{made['id']}")["status"] == "SETTLED"


def test_a_payment_settles_when_due_and_not_when_looked_at(sandbox: Any) -> None:
    _, account, resolution = sandbox.ready()
    made = sandbox.pay(account, resolution)
    sandbox.later(500)
    settled = sandbox.get(f"/v1/payments/{made['id']}")["updated_at"]
    ends = [datetime.fromisoformat(moment) for moment in (made["created_at"], settled)]
    assert timedelta(seconds=1) <= ends[1] - ends[0] < timedelta(seconds=2)


def test_what_is_not_sent_to_the_end_is_not_done(sandbox: Any) -> None:
    """A body that is cut off may be whole JSON by chance."""
    _, account, resolution = sandbox.ready()
    amount = {"value": "10", "currency": "COP"}
    body = json.dumps({"account_id": account, "resolution_id": resolution, "amount": amount})
    head = (
        "POST /v1/payments/breb HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: {sandbox.http.headers['Authorization']}\r\n"
        f"Content-Length: {len(body) + 10}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", sandbox.port)) as sock:
        sock.sendall((head + body).encode())
        sock.shutdown(socket.SHUT_WR)
        sock.recv(65536)
    counts = sandbox.view("executions")
    assert counts["received"]["POST /v1/payments/breb"] == 1
    assert counts["payments"] == {}


def test_the_first_status_is_a_switch(start: Any) -> None:
    sandbox = start(initial_status="PROCESSING")
    _, account, resolution = sandbox.ready()
    assert sandbox.pay(account, resolution)["status"] == "PROCESSING"


def test_a_payment_to_a_key_here_arrives(start: Any) -> None:
    sandbox = start(opening_balance="10000")
    customer, payer = (made := sandbox.ready())[0], made[1]
    payee = sandbox.account(customer, "0002")
    sandbox.key(payee)
    resolution = sandbox.resolve(customer, "@panaderia", "ALPHA")
    sent = sandbox.pay(payer, resolution)
    sandbox.later()
    assert _balances(sandbox, payer) == ("8500", "0")
    assert _balances(sandbox, payee) == ("11500", "0")
    (arrived,) = sandbox.get("/v1/payments", direction="INBOUND")["payments"]
    assert (arrived["account_id"], arrived["status"]) == (payee, "SETTLED")
    assert arrived["end_to_end_identification"] == sent["end_to_end_identification"]


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        pytest.param("0.99", "U111", id="below-one"),
        pytest.param("0", "U111", id="nothing"),
        pytest.param("5000.01", "U112", id="above-maximum"),
        pytest.param("4000.01", "B101", id="overdraft"),
    ],
)
def test_what_cannot_be_paid_is_rejected_with_a_code(start: Any, amount: str, code: str) -> None:
    sandbox = start(opening_balance="4000", maximum_amount="5000")
    _, account, resolution = sandbox.ready()
    payment = sandbox.pay(account, resolution, amount)["id"]
    sandbox.later()
    shown = sandbox.get(f"/v1/payments/{payment}")
    assert (shown["status"], shown["error"]["error_code"]) == ("REJECTED", code)
    assert _balances(sandbox, account) == ("4000", "0")


@pytest.mark.parametrize("status", [400, 409])
def test_an_overdraft_may_be_refused_instead(start: Any, status: int) -> None:
    sandbox = start(opening_balance="10", insufficient_funds=status)
    _, account, resolution = sandbox.ready()
    body = {"account_id": account, "resolution_id": resolution, "amount": PESOS}
    sandbox.post("/v1/payments/breb", status, **body)
    sandbox.pay(account, resolution, "10")


@pytest.mark.parametrize(
    "amount",
    [
        {"value": "1.5", "currency": "COP"},
        {"value": "-1", "currency": "COP"},
        {"value": 1, "currency": "COP"},
        {"value": "", "currency": "COP"},
        {"value": "1e3", "currency": "COP"},
        {"value": "1", "currency": "MXN"},
        {"value": "1"},
        1,
    ],
)
def test_an_amount_is_a_decimal_string_of_pesos(sandbox: Any, amount: object) -> None:
    body = {"account_id": NOBODY, "resolution_id": NOBODY, "amount": amount}
    told = sandbox.post("/v1/payments/breb", 400, **body)
    assert told["message"].startswith("Field 'amount")


def test_a_payment_needs_an_account_and_a_resolution(sandbox: Any) -> None:
    _, account, resolution = sandbox.ready()
    path, body = "/v1/payments/breb", {"amount": PESOS}
    sandbox.post(path, 404, account_id=NOBODY, resolution_id=resolution, **body)
    sandbox.post(path, 404, account_id=account, resolution_id=NOBODY, **body)
    sandbox.post(path, 400, account_id=account, **body)
    sandbox.get(f"/v1/payments/{NOBODY}", 404)


def _count(sandbox: Any, payment: str) -> dict[str, Any]:
    counted: dict[str, Any] = sandbox.view("executions")["payments"][payment]
    return counted


def test_a_resolution_pays_once(sandbox: Any) -> None:
    _, account, resolution = sandbox.ready()
    made = sandbox.pay(account, resolution)
    assert sandbox.pay(account, resolution) == made
    sandbox.later()
    assert sandbox.pay(account, resolution)["status"] == "SETTLED"
    assert _count(sandbox, made["id"]) == {
        "resolution_id": resolution, "status": "SETTLED",
        "initiations": 3, "confirmations": 0, "executions": 1, "repeats_changed": 0,
        "verdict": "would have been paid twice, but the repeated request had the same resolution",
    }  # fmt: skip
    counts = sandbox.view("executions")
    assert counts["total"] == 1
    assert counts["received"]["POST /v1/payments/breb"] == 3
    assert counts["served"]["createPayment"] == 3


@pytest.mark.parametrize("status", [400, 409])
def test_paying_again_may_be_refused(start: Any, status: int) -> None:
    sandbox = start(duplicate_payment=status)
    _, account, resolution = sandbox.ready()
    payment = sandbox.pay(account, resolution)["id"]
    body = {"account_id": account, "resolution_id": resolution, "amount": PESOS}
    assert sandbox.post("/v1/payments/breb", status, **body)["code"] == "DUPLICATE_PAYMENT"
    assert _count(sandbox, payment)["initiations"] == 2


@pytest.mark.parametrize("status", [400, 404, 409])
def test_a_resolution_expires(start: Any, status: int) -> None:
    sandbox = start(expired_resolution=status)
    _, account, resolution = sandbox.ready()
    other = sandbox.resolve(sandbox.customer())
    sandbox.later(1795)
    sandbox.pay(account, resolution)
    sandbox.later(5)
    sandbox.pay(account, resolution)
    body = {"account_id": account, "resolution_id": other, "amount": PESOS}
    assert sandbox.post("/v1/payments/breb", status, **body)["code"] == "RESOLUTION_EXPIRED"


def test_a_resolution_expires_to_the_moment(start: Any) -> None:
    moments = [0.0]
    sandbox = start(lambda: moments[0], resolution_lifetime=60)
    _, account, resolution = sandbox.ready()
    moments[0] = 60.5
    body = {"account_id": account, "resolution_id": resolution, "amount": PESOS}
    assert sandbox.post("/v1/payments/breb", 400, **body)["code"] == "RESOLUTION_EXPIRED"


def test_whoever_was_resolved_is_paid(start: Any) -> None:
    """The key is somebody else's before the payment: the resolution says who gets it."""
    sandbox = start(opening_balance="0", settle_delay=0.0)
    customer = sandbox.customer()
    payer, resolved, heir = (sandbox.account(customer, number) for number in ("1", "2", "3"))
    sandbox.control("inbound", key_value=_registered(sandbox, payer, "@payer1"), amount="2000")
    key = sandbox.key(resolved, "@moving")
    resolution = sandbox.resolve(customer, "@moving", "ALPHA")
    sandbox.http.delete(f"/v1/keys/{key}")
    sandbox.key(heir, "@moving")
    paid = sandbox.pay(payer, resolution)
    assert paid["receiver"]["account"]["account_number"] == "2"
    held = {
        number: sandbox.get(f"/v1/accounts/{account}")["available_balance"]["value"]
        for number, account in {"payer": payer, "resolved": resolved, "heir": heir}.items()
    }
    assert held == {"payer": "500", "resolved": "1500", "heir": "0"}


def _registered(sandbox: Any, account: str, value: str) -> str:
    sandbox.key(account, value)
    return value


def test_a_payment_may_wait_for_its_confirmation(start: Any) -> None:
    sandbox = start(confirm="always")
    _, account, resolution = sandbox.ready()
    payment = sandbox.pay(account, resolution)["id"]
    sandbox.later(60)
    assert sandbox.get(f"/v1/payments/{payment}")["status"] == "PENDING"
    assert _count(sandbox, payment)["executions"] == 0
    for _ in range(2):
        confirmed = sandbox.post("/v1/payments/breb/confirm", id=payment)
        assert (confirmed["id"], confirmed["direction"]) == (payment, "OUTGOING")
    sandbox.later()
    assert sandbox.get(f"/v1/payments/{payment}")["status"] == "SETTLED"
    assert _count(sandbox, payment)["confirmations"] == 2
    assert _count(sandbox, payment)["executions"] == 1


def test_confirming_what_needs_none_changes_nothing(sandbox: Any) -> None:
    _, account, resolution = sandbox.ready()
    payment = sandbox.pay(account, resolution)["id"]
    assert sandbox.post("/v1/payments/breb/confirm", id=payment)["status"] == "PENDING"
    assert _count(sandbox, payment)["executions"] == 1
    sandbox.post("/v1/payments/breb/confirm", 404, id=NOBODY)


def test_confirming_a_payment_that_came_in_changes_nothing(sandbox: Any) -> None:
    sandbox.key(sandbox.account())
    sandbox.control("inbound", key_value="@panaderia", amount="10")
    (arrived,) = sandbox.get("/v1/payments")["payments"]
    confirmed = sandbox.post("/v1/payments/breb/confirm", id=arrived["id"])
    assert (confirmed["direction"], confirmed["status"]) == ("INCOMING", "SETTLED")


def test_payments_are_filtered(sandbox: Any) -> None:
    customer, account, resolution = sandbox.ready()
    one = sandbox.pay(account, resolution)
    other = sandbox.pay(sandbox.account(), sandbox.resolve(customer, "@tienda01", "ALPHA"), "0")
    sandbox.later()
    for asked, found in [
        ({"payment_id": one["id"]}, [one]),
        ({"customer_id": customer}, [one]),
        ({"account_id": account}, [one]),
        ({"key_value": "@tienda01"}, [other]),
        ({"status": "REJECTED"}, [other]),
        ({"type": "BREB", "direction": "OUTBOUND"}, [one, other]),
        ({"end_to_end_identification": one["end_to_end_identification"]}, [one]),
        ({"sender_name": "Panadería Ñandú", "sender_type": "BUSINESS"}, [one, other]),
        ({"sender_identification_number": "900123456"}, [one, other]),
        ({"sender_participant_name": "SANDBOX"}, [one, other]),
        ({"sender_account_number": "0001", "sender_account_type": "ORDINARY"}, [one, other]),
    ]:
        listed = sandbox.get("/v1/payments", **asked)["payments"]
        assert [payment["id"] for payment in listed] == [payment["id"] for payment in found]
    sandbox.get("/v1/payments", 404, sender_name="Nadie")
    sandbox.get("/v1/payments", 400, direction="SIDEWAYS")


@pytest.mark.parametrize("status", [400, 409])
@pytest.mark.parametrize("change", ["amount", "account"])
def test_a_resolution_used_for_something_else_is_no_retry(
    start: Any, change: str, status: int
) -> None:
    sandbox = start(changed_payment=status)
    customer, account, resolution = sandbox.ready()
    made = sandbox.pay(account, resolution)
    body = {"account_id": account, "resolution_id": resolution, "amount": PESOS}
    other = {"amount": {**PESOS, "value": "2"}, "account": sandbox.account(customer, "2")}
    body |= {"amount": other["amount"]} if change == "amount" else {"account_id": other["account"]}
    assert sandbox.post("/v1/payments/breb", status, **body)["code"] == "RESOLUTION_REUSED"
    counted = _count(sandbox, made["id"])
    assert (counted["executions"], counted["repeats_changed"]) == (1, 1)
    assert (
        "would have been paid twice: its resolution came again with another" in counted["verdict"]
    )
    assert sandbox.view("executions")["paid_twice"] == {made["id"]: counted["verdict"]}
    assert sandbox.pay(account, resolution)["id"] == made["id"]


def test_such_a_request_may_give_the_old_payment_or_a_new_one(start: Any) -> None:
    for chosen, executed in [("same", 1), ("new", 2)]:
        sandbox = start(changed_payment=chosen)
        _, account, resolution = sandbox.ready()
        made = sandbox.pay(account, resolution)
        other = sandbox.pay(account, resolution, "2")
        assert (other["id"] == made["id"]) == (chosen == "same")
        assert sandbox.view("executions")["total"] == executed
        assert sandbox.pay(account, resolution, "2")["id"] == other["id"]
        said = sandbox.view("executions")["paid_twice"].get(other["id"], "")
        assert said.startswith("paid twice" if chosen == "new" else "would have been paid twice")


def test_a_repeat_under_a_new_resolution_is_noticed(sandbox: Any) -> None:
    """The API cannot tell it from a second payment that was meant."""
    customer, account, resolution = sandbox.ready()
    sandbox.pay(account, resolution)
    again = sandbox.pay(account, sandbox.resolve(customer))
    assert sandbox.view("executions")["paid_twice"][again["id"]].startswith("may be paid twice")
    sandbox.later(700)
    later = sandbox.pay(account, sandbox.resolve(customer))
    assert later["id"] not in sandbox.view("executions")["paid_twice"]


ACH: dict[str, Any] = {
    "owner": {
        "type": "INDIVIDUAL",
        "first_name": "Luis",
        "first_last_name": "Mejía",
        "identification_type": "CC",
        "identification_number": "1020304050",
    },
    "account": {"account_type": "SAVINGS", "account_number": "123", "bank_name": "BANCO UNO"},
}


def test_an_ach_payment_moves_pending_first(start: Any) -> None:
    sandbox = start(opening_balance="10000")
    customer, account, _ = sandbox.ready()
    recipient = sandbox.post("/v1/recipients/ach", customer_id=customer, **ACH)["id"]
    body = {"account_id": account, "recipient_id": recipient, "amount": PESOS}
    made = sandbox.post("/v1/payments/ach", description="Arriendo", **body)
    assert (made["type"], made["description"]) == ("ACH", "Arriendo")
    assert made["receiver"]["owner"]["name"] == "Luis Mejía"
    assert _balances(sandbox, account) == ("10000", "1500")
    sandbox.later()
    assert _balances(sandbox, account) == ("8500", "0")
    sandbox.post("/v1/payments/ach", 404, **{**body, "recipient_id": NOBODY})
    sandbox.post("/v1/payments/ach", 404, **{**body, "account_id": NOBODY})


def test_an_ach_payment_goes_to_no_breb_recipient(sandbox: Any) -> None:
    customer, account, _ = sandbox.ready()
    key = {"key_type": "PHONE", "key_value": "3001234567"}
    recipient = sandbox.post("/v1/recipients/breb", customer_id=customer, key=key)["id"]
    body = {"account_id": account, "recipient_id": recipient, "amount": PESOS}
    sandbox.post("/v1/payments/ach", 404, **body)
