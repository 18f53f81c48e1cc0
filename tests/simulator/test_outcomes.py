"""How payments end, how fast, and who decides it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from simulator.codes import BREB, CODES
from simulator.limits import legal_maximum
from simulator.outcomes import parse
from simulator.records import Outcome

PESOS = {"value": "1500", "currency": "COP"}
ACH: dict[str, Any] = {
    "owner": {"type": "BUSINESS", "business_name": "X", "identification_type": "NIT",
              "identification_number": "9"},
    "account": {"account_type": "SAVINGS", "account_number": "1", "bank_name": "B"},
}  # fmt: skip


def _pay(sandbox: Any, outcome: str | None = None, **changes: Any) -> dict[str, Any]:
    """Pay, and let time pass; give the payment as it is then."""
    customer, account, resolution = sandbox.ready()
    if key := changes.pop("key", None):
        resolution = sandbox.resolve(customer, key)
    body = {"account_id": account, "resolution_id": resolution, "amount": PESOS, **changes}
    fields = {} if outcome is None else {"X-Sandbox-Outcome": outcome}
    made = sandbox.http.post("/v1/payments/breb", json=body, headers=fields)
    assert made.status_code == 200, made.text
    sandbox.later(60)
    told: dict[str, Any] = sandbox.get(f"/v1/payments/{made.json()['id']}")
    return told


def _end(payment: dict[str, Any]) -> tuple[str, str]:
    return payment["status"], payment.get("error", {}).get("error_code", "")


@pytest.mark.parametrize("code", [*CODES, "B999", "U999"])
def test_every_code_can_be_had_by_its_name(sandbox: Any, code: str) -> None:
    told = _pay(sandbox, code)
    assert _end(told) == (("SETTLED", "") if code == "U000" else ("REJECTED", code))
    if code != "U000":
        assert told["error"]["error_description"] == CODES.get(code, "unknown code")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("settled", Outcome("SETTLED")),
        ("REJECTED", Outcome("REJECTED", "B105")),
        ("b106; after=250ms", Outcome("REJECTED", "B106", 0.25)),
        ("PROCESSING", Outcome("PROCESSING")),
    ],
)
def test_an_outcome_reads(text: str, wanted: Outcome) -> None:
    assert parse(text) == wanted


@pytest.mark.parametrize("text", ["", "LOST", "B105;times=2", "B105;after", "B105;after=soon"])
def test_what_is_no_outcome_is_refused(sandbox: Any, text: str) -> None:
    _, account, resolution = sandbox.ready()
    body = {"account_id": account, "resolution_id": resolution, "amount": PESOS}
    fields = {"X-Sandbox-Outcome": text}
    answer = sandbox.http.post("/v1/payments/breb", json=body, headers=fields)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_OUTCOME")
    assert answer.json()["message"].startswith("Field 'X-Sandbox-Outcome': ")


def test_an_outcome_for_what_has_none_is_refused_and_not_ignored(sandbox: Any) -> None:
    answer = sandbox.http.get("/v1/keys", headers={"X-Sandbox-Outcome": "B105"})
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_OUTCOME")


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({"amount": {**PESOS, "value": "105.66"}}, ("REJECTED", "B105")),
        ({"amount": {**PESOS, "value": "1.66"}}, ("REJECTED", "B001")),
        ({"amount": {**PESOS, "value": "119.67"}}, ("REJECTED", "U119")),
        ({"amount": {**PESOS, "value": "999.66"}}, ("REJECTED", "B999")),
        ({"amount": {**PESOS, "value": "1105.66"}}, ("SETTLED", "")),
        ({"amount": {**PESOS, "value": "1.68"}}, ("PENDING", "")),
        ({"amount": {**PESOS, "value": "2.68"}}, ("PROCESSING", "")),
        ({"key": "3000000105"}, ("REJECTED", "B105")),
        ({"key": "3000001204"}, ("REJECTED", "U204")),
        ({"key": "3000002000"}, ("PENDING", "")),
        ({"key": "3000002001"}, ("PROCESSING", "")),
        ({"key": "3001234567"}, ("SETTLED", "")),
    ],
)
def test_magic_values_end_as_the_table_says(
    sandbox: Any, changes: dict[str, Any], end: tuple[str, str]
) -> None:
    assert _end(_pay(sandbox, **changes)) == end


def test_magic_values_can_be_switched_off(start: Any) -> None:
    sandbox = start(magic_values=False)
    assert _end(_pay(sandbox, amount={**PESOS, "value": "105.66"})) == ("SETTLED", "")
    key = {"key_type": "PHONE", "key_value": "3000000105"}
    sandbox.post("/v1/resolve-key", 404, customer_id=sandbox.customer(), key=key)


def test_an_outcome_can_be_forced_for_a_key_an_amount_or_an_account(sandbox: Any) -> None:
    customer, account, _ = sandbox.ready()
    other = sandbox.account(customer, "2")
    sandbox.control("outcomes", error_code="B101", key_value="@tienda01")
    sandbox.control("outcomes", error_code="B102", amount="77")
    sandbox.control("outcomes", error_code="B103", account_id=other, times=1)
    paid = [
        sandbox.pay(account, sandbox.resolve(customer, "@tienda01", "ALPHA"), "5"),
        sandbox.pay(account, sandbox.resolve(customer), "77"),
        sandbox.pay(account, sandbox.resolve(customer), "77"),
        sandbox.pay(other, sandbox.resolve(customer), "6"),
        sandbox.pay(other, sandbox.resolve(customer), "7"),
        sandbox.pay(account, sandbox.resolve(customer), "8"),
    ]
    sandbox.later()
    codes = [_end(sandbox.get(f"/v1/payments/{one['id']}"))[1] for one in paid]
    assert codes == ["B101", "B102", "B102", "B103", "", ""]
    assert [rule["used"] for rule in sandbox.view()["outcomes"]] == [1, 2, 1]
    sandbox.control("outcomes/clear")
    assert sandbox.view()["outcomes"] == []


def test_a_payment_is_pending_then_processing_then_settled(sandbox: Any) -> None:
    _, account, resolution = sandbox.ready()
    sandbox.control("behaviour", processing_delay=10, settle_delay=30)
    made = sandbox.pay(account, resolution)["id"]
    seen = []
    for _ in range(5):
        seen.append(sandbox.get(f"/v1/payments/{made}")["status"])
        sandbox.later(9)
    assert seen == ["PENDING", "PENDING", "PROCESSING", "PROCESSING", "SETTLED"]
    assert sandbox.view()["behaviour"]["settle_delay"] == 30


def test_the_pace_of_one_payment_can_be_its_own(sandbox: Any) -> None:
    customer, account, resolution = sandbox.ready()
    sandbox.control("outcomes", status="SETTLED", after=100)
    slow, quick = sandbox.pay(account, resolution), sandbox.pay(account, sandbox.resolve(customer))
    sandbox.later(50)
    ends = [sandbox.get(f"/v1/payments/{one['id']}")["status"] for one in (slow, quick)]
    assert ends == ["PROCESSING", "SETTLED"]


def test_on_a_slow_network_payments_time_out_after_20_seconds(start: Any) -> None:
    sandbox = start(lambda: 1_800_000_000.0, network="slow")  # its time passes by `later` alone
    customer, account, _ = sandbox.ready()
    made = [sandbox.pay(account, sandbox.resolve(customer))["id"] for _ in range(12)]
    sandbox.later(19)
    assert {sandbox.get(f"/v1/payments/{one}")["status"] for one in made} == {"PENDING"}
    sandbox.later(1.5)
    ends = {_end(sandbox.get(f"/v1/payments/{one}")) for one in made}
    assert ends == {("REJECTED", "B001"), ("REJECTED", "B002")}
    assert sandbox.get(f"/v1/accounts/{account}")["pending_balance"]["value"] == "0"
    sandbox.control("behaviour", network="normal")
    assert _end(_pay(sandbox)) == ("SETTLED", "")


@pytest.mark.parametrize(
    ("moment", "pesos"),
    [
        (datetime(2026, 11, 25, tzinfo=UTC), 12_110_000),
        (datetime(2026, 1, 1, 4, 59, tzinfo=UTC), 11_552_000),
        (datetime(2026, 1, 1, 5, 0, tzinfo=UTC), 12_110_000),
        (datetime(2000, 1, 1, tzinfo=UTC), 11_552_000),
        (datetime(2040, 1, 1, tzinfo=UTC), 12_110_000),
    ],
)
def test_the_law_limits_a_payment_by_the_year_in_colombia(moment: datetime, pesos: int) -> None:
    assert legal_maximum(moment.timestamp()) == pesos * 100


def test_a_payment_above_the_legal_limit_is_rejected(start: Any) -> None:
    moment = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
    sandbox = start(lambda: moment)
    for value, end in [("12110000", ("SETTLED", "")), ("12110000.01", ("REJECTED", "U112"))]:
        assert _end(_pay(sandbox, amount={**PESOS, "value": value})) == end
    sandbox = start(maximum_amount="none")
    assert _end(_pay(sandbox, amount={**PESOS, "value": "99000000"})) == ("SETTLED", "")


@pytest.mark.parametrize(
    ("setting", "code"),
    [("deposit_maximum", "B107"), ("spbvi_maximum", "B108"), ("participant_maximum", "B109"),
     ("maximum_amount", "U112")],
)  # fmt: skip
def test_lower_limits_are_switches(start: Any, setting: str, code: str) -> None:
    sandbox = start(**{setting: "1499.99"})
    assert _end(_pay(sandbox)) == ("REJECTED", code)
    assert _end(_pay(sandbox, amount={**PESOS, "value": "1499"})) == ("SETTLED", "")


def test_a_higher_minimum_is_a_switch(start: Any) -> None:
    assert _end(_pay(start(minimum_amount="2000"))) == ("REJECTED", "U111")


def test_a_daily_maximum_counts_by_account_and_colombian_day(start: Any) -> None:
    moments = [datetime(2026, 6, 1, 23, 0, tzinfo=UTC).timestamp()]
    sandbox = start(lambda: moments[0], daily_maximum="3000")
    customer, account, _ = sandbox.ready()
    other = sandbox.account(customer, "2")

    def end(payer: str, value: str = "1500") -> str:
        made = sandbox.pay(payer, sandbox.resolve(customer), value)["id"]
        moments[0] += 2
        return _end(sandbox.get(f"/v1/payments/{made}"))[1]

    assert [end(account), end(account), end(account, "1"), end(other)] == ["", "", "B109", ""]
    moments[0] += 3600 * 3
    assert end(account) == "B109", "still the same day in Colombia"
    moments[0] += 3600 * 3
    sandbox.authorize()
    assert end(account) == ""


def _ach(sandbox: Any, value: str, code: str | None = None) -> tuple[str, str]:
    customer, account, _ = sandbox.ready()
    recipient = sandbox.post("/v1/recipients/ach", customer_id=customer, **ACH)["id"]
    body = {"account_id": account, "recipient_id": recipient, "amount": {**PESOS, "value": value}}
    fields = {} if code is None else {"X-Sandbox-Outcome": code}
    made = sandbox.http.post("/v1/payments/ach", json=body, headers=fields).json()["id"]
    sandbox.later()
    return _end(sandbox.get(f"/v1/payments/{made}"))


def test_ach_has_codes_of_its_own_and_no_bre_b_limit(start: Any) -> None:
    sandbox = start(opening_balance="90000000", network="slow")
    assert _ach(sandbox, "20000000") == ("SETTLED", "")
    assert _ach(sandbox, "90000001") == ("REJECTED", "R01")
    assert _ach(sandbox, "0") == ("REJECTED", "R19")
    assert _ach(sandbox, "10", "R03") == ("REJECTED", "R03")


def test_a_code_may_be_forced_at_the_confirmation(start: Any) -> None:
    sandbox = start(confirm="always")
    _, account, resolution = sandbox.ready()
    made = sandbox.pay(account, resolution)["id"]
    fields = {"X-Sandbox-Outcome": "B106"}
    sandbox.http.post("/v1/payments/breb/confirm", json={"id": made}, headers=fields)
    sandbox.later()
    assert _end(sandbox.get(f"/v1/payments/{made}")) == ("REJECTED", "B106")


def test_the_meanings_are_shown(sandbox: Any) -> None:
    assert sandbox.view()["error_codes"].keys() == CODES.keys()
    assert all(BREB.values())


@pytest.mark.parametrize("value", ["3001234567", "3000000105"])
@pytest.mark.parametrize(("chosen", "status"), [(409, 409), (400, 400), ("allow", 200)])
def test_a_key_that_another_institution_holds_is_not_registered(
    start: Any, chosen: Any, status: int, value: str
) -> None:
    sandbox = start(foreign_key=chosen)
    customer, account, _ = sandbox.ready()
    key = {"key_type": "PHONE", "key_value": value}
    told = sandbox.post("/v1/keys", status, account_id=account, key=key)
    assert status == 200 or told["code"] == "KEY_AT_ANOTHER_INSTITUTION"
    resolved = sandbox.post("/v1/resolve-key", customer_id=customer, key=key)
    assert (resolved["participant"]["name"] == "SANDBOX") == (chosen == "allow")


def test_whoever_was_invented_keeps_the_key(start: Any) -> None:
    sandbox = start(unknown_key="invent")
    customer, account, _ = sandbox.ready()
    key = {"key_type": "ALPHA", "key_value": "@nuevo1"}
    sandbox.resolve(customer, "@nuevo1", "ALPHA")
    sandbox.post("/v1/keys", 409, account_id=account, key=key)
    sandbox.key(account, "@nuevo2")
