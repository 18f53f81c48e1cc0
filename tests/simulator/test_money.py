"""Money is moved and never made, whatever happens in whatever order."""

import itertools
import json
from typing import Any

import anyio
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from simulator import SandboxConfig, create_app
from tests.support.examples import examples

CUSTOMER = {
    "type": "BUSINESS", "business_name": "Uno", "email": "a@b.co",
    "mobile_phone_number": "3001112233", "identification_type": "NIT",
    "identification_number": "900123456", "merchant_category_code": "5814",
    "address": {"line_1": "x", "city": "x", "state": "x", "post_code": "x", "country": "CO"},
}  # fmt: skip
OPENING = 5_000_00
AMOUNTS = st.sampled_from(["0", "0.99", "1", "25.50", "400", "4999.99", "5000", "7000"])


class Bank(RuleBasedStateMachine):
    """Customers pay keys here and elsewhere; the clock jumps; controls are used."""

    accounts = Bundle("accounts")
    payable = Bundle("payable")
    waiting = Bundle("waiting")

    def __init__(self) -> None:
        super().__init__()
        config = SandboxConfig(
            seed=3, require_token=False, opening_balance="5000", maximum_amount="6000",
            confirm="always", default_page_size=1000, max_page_size=1000,
        )  # fmt: skip
        self.app: Any = create_app(config)
        self.numbers = itertools.count(10_000)
        self.paid_in = 0

    def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Drive the application without a server."""
        sent: list[dict[str, Any]] = []
        content = json.dumps(body).encode() if body is not None else b""

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(),
            "query_string": b"", "headers": [(b"host", b"localhost")], "scheme": "http",
            "server": ("localhost", 80),
        }  # fmt: skip
        anyio.run(self.app, scope, receive, send)
        assert sent[0]["status"] == 200, sent[1]["body"]
        told: dict[str, Any] = json.loads(sent[1]["body"])
        return told

    @initialize()
    def found(self) -> None:
        self.customer = self.call("POST", "/v1/customers/business/link", CUSTOMER)["id"]
        self.opened = 0

    @rule(target=accounts)
    def open(self) -> str:
        self.opened += 1
        body = {"customer_id": self.customer, "account_type": "ORDINARY", "account_number": "1"}
        made: str = self.call("POST", "/v1/accounts/link", body)["id"]
        return made

    @rule(target=payable, account=accounts)
    def register(self, account: str) -> dict[str, str]:
        key = {"key_type": "ALPHA", "key_value": f"@a{next(self.numbers)}"}
        self.call("POST", "/v1/keys", {"account_id": account, "key": key})
        return key

    @rule(target=payable)
    def elsewhere(self) -> dict[str, str]:
        return {"key_type": "PHONE", "key_value": "3001234567"}

    @rule(target=waiting, account=accounts, key=payable, value=AMOUNTS)
    def pay(self, account: str, key: dict[str, str], value: str) -> str:
        asked = {"customer_id": self.customer, "key": key}
        resolution = self.call("POST", "/v1/resolve-key", asked)["id"]
        amount = {"value": value, "currency": "COP"}
        body = {"account_id": account, "resolution_id": resolution, "amount": amount}
        payment: str = self.call("POST", "/v1/payments/breb", body)["id"]
        return payment

    @rule(payment=waiting)
    def confirm(self, payment: str) -> None:
        self.call("POST", "/v1/payments/breb/confirm", {"id": payment})

    @rule(seconds=st.sampled_from([0.5, 1, 1800]))
    def wait(self, seconds: float) -> None:
        self.call("POST", "/_sandbox/clock", {"advance": seconds})

    @rule(status=st.sampled_from(["SETTLED", "REJECTED", "PENDING"]))
    def force(self, status: str) -> None:
        self.call("POST", "/_sandbox/outcomes", {"status": status})

    @rule(key=payable, value=st.sampled_from(["1", "999.99"]))
    def pay_in(self, key: dict[str, str], value: str) -> None:
        if key["key_type"] == "ALPHA":
            body = {"key_value": key["key_value"], "amount": value}
            self.call("POST", "/_sandbox/inbound", body)
            self.paid_in += _centavos(value)

    @invariant()
    def money_is_conserved(self) -> None:
        """What accounts hold is what came in less what went out, payment by payment."""
        held = self.call("GET", "/v1/paas/entities/customers/accounts")["accounts"]
        available = sum(_centavos(one["available_balance"]["value"]) for one in held)
        counted = self.call("GET", "/_sandbox/executions")["payments"]
        left = sum(
            _centavos(payment["amount"]["value"])
            for payment in (self.call("GET", f"/v1/payments/{name}") for name in counted)
            if payment["status"] == "SETTLED"
            and payment["receiver"]["participant"]["name"] != "SANDBOX"
        )
        assert available == self.opened * OPENING + self.paid_in - left

    @invariant()
    def what_is_here_came_from_outside(self) -> None:
        money = self.call("GET", "/_sandbox/state")["money"]
        assert money["here"] == money["outside"].removeprefix("-")

    @invariant()
    def nobody_spends_what_is_not_there(self) -> None:
        for one in self.call("GET", "/v1/paas/entities/customers/accounts")["accounts"]:
            available = _centavos(one["available_balance"]["value"])
            assert 0 <= _centavos(one["pending_balance"]["value"]) <= available

    @invariant()
    def nothing_is_executed_twice(self) -> None:
        for counts in self.call("GET", "/_sandbox/executions")["payments"].values():
            assert counts["executions"] == min(counts["confirmations"], 1)


def _centavos(value: str) -> int:
    whole, _, cents = value.partition(".")
    return int(whole) * 100 + int(cents or 0)


TestMoney = Bank.TestCase
# no shrinking: it takes minutes, and a failing life reads well enough as it is
TestMoney.settings = settings(
    max_examples=examples(25),
    stateful_step_count=25,
    phases=[Phase.generate],
)
