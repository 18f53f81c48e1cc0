"""The proxy asks about rows in doubt by itself: it settles what is sure, and leaves the rest."""

import contextlib
import json
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.conftest import CUSTOMER
from tests.support import Call, Program, RawUpstream, ask, read_request
from tests.support.command import command
from tests.support.front import until
from tests.support.patience import PATIENCE
from tests.support.simulator import simulator
from tests.support.upstream import answer, json_answer
from tests.support.wire import Reader

PATH, ACH = "/v1/payments/breb", "/v1/payments/ach"


class Api:
    """Carries payments out, unless told otherwise, and answers none while it is ``silent``."""

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []
        self.makes = True
        self.silent = True
        self.says: bytes | None = None
        self.asked: list[str] = []

    def __call__(self, call: Call) -> bytes | None:
        if call.method != "POST":
            self.asked.append(f"{call.method} {call.target.decode()}")
            whole = {"payments": self.made[::-1], "pagination_info": {"total_pages": 1}}
            return json_answer(whole) if self.says is None else self.says
        made = {"id": f"p-{len(self.made) + 1}", "status": "SETTLED", **json.loads(call.body)}
        made["created_at"] = datetime.now(UTC).isoformat()
        if self.makes:
            self.made.append(made)
        return None if self.silent else json_answer(made)


@pytest.fixture
def api() -> Api:
    return Api()


def pay(proxy: Program, path: str = PATH, value: str = "1000", **given: Any) -> int:
    amount = {"value": value, "currency": "COP"}
    body = json.dumps({"account_id": "a-1", "amount": amount, **given}).encode()
    return ask(proxy.port, path, "POST", body=body).status


def row(proxy: Program, number: int) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(proxy.admin(f"/ledger/{number}")[1])
    return document


def asked_about(proxy: Program, *rows: int) -> list[dict[str, Any]]:
    until(lambda: all(row(proxy, each)["evidence"] for each in rows), "not asked")
    return [row(proxy, each) for each in rows]


def verdicts(told: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(each["kind"], each["by_proxy"]) for each in told["verdicts"]]


def test_a_payment_whose_answer_was_lost_is_found_settled_by_itself(tmp_path: Path) -> None:
    """From the caller to the simulator and back: PROCESSING first, then SETTLED."""
    path = tmp_path / "ledger.db"
    with (
        simulator(seed=1, settle_delay=5.0, processing_delay=0.1) as url,
        Program(url, ledger=path, ledger_ask="true") as proxy,
    ):

        def post(target: str, fault: str = "", **document: Any) -> dict[str, Any]:
            fields = [("Content-Type", "application/json")]
            fields += [("X-Sandbox-Fault", fault)] if fault else []
            body = json.dumps(document).encode()
            answered = ask(proxy.port, target, "POST", body=body, fields=fields)
            made: dict[str, Any] = json.loads(answered.body)
            return made

        customer = post("/v1/customers/business/link", **CUSTOMER)["id"]
        linked = {"customer_id": customer, "account_number": "1", "account_type": "ORDINARY"}
        account = post("/v1/accounts/link", **linked)["id"]
        key = {"key_type": "PHONE", "key_value": "3001234567"}
        resolution = post("/v1/resolve-key", customer_id=customer, key=key)["id"]
        payment = {"account_id": account, "resolution_id": resolution}
        payment["amount"] = {"value": "1500", "currency": "COP"}
        assert post(PATH, "reset;when=after", **payment)["outcome"] == "unknown"
        until(lambda: row(proxy, 3)["verdicts"], "not settled")
        found = row(proxy, 3)
        assert verdicts(found) == [("settled", True)]
        codes = [each["code"] for each in found["evidence"]]
        assert (codes[0], codes[-1]) == ("not-final", "settled")
        assert found["outcome"] == "unknown", "the row itself stays as it was closed"
        until(lambda: proxy.status()["ledger"]["in_doubt"] == 0, "counted still")
        metrics = proxy.admin("/metrics")[1]
        assert 'breb_proxy_ledger_settled_total{verdict="settled"} 1.0' in metrics
        assert "breb_proxy_ledger_asks 1.0" in metrics
        lines = [line for line in proxy.output.splitlines() if '"level":"debug"' not in line]
        assert sum("out of doubt" in line for line in lines) == 1
        assert not any('"method":"GET"' in line for line in lines), "a line for each question"
        listed = command("ledger", "--ledger", str(path), cwd=tmp_path).out
        assert "unknown, settled by the proxy" in listed


def test_what_is_sure_is_settled_and_nothing_else(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    with Program(upstream.url, **given) as proxy:
        pay(proxy, resolution_id="r-1")
        pay(proxy, resolution_id="r-2")
        api.made[1]["status"] = "REJECTED"
        pay(proxy, resolution_id="r-3")
        api.made[2]["amount"] = {"value": "9000000", "currency": "COP"}
        api.makes = False
        pay(proxy, resolution_id="r-4", value="4000")
        api.makes, api.silent = True, False
        assert pay(proxy, ACH, "5000", recipient_id="b-1") == 200
        api.makes, api.silent = False, True
        pay(proxy, ACH, "5000", recipient_id="b-1")
        told = asked_about(proxy, 1, 2, 3, 4, 6)
        until(lambda: row(proxy, 2)["verdicts"], "not settled")
        codes = [each["evidence"][0]["code"] for each in told]
        assert codes == ["settled", "rejected", "contradicted", "nothing-back-to", "others"]
        assert [verdicts(row(proxy, each)) for each in (1, 2, 3, 4, 5, 6)] == [
            *([("settled", True)], [("rejected", True)]),
            *([], [], [], []),
        ]
        absent = row(proxy, 4)["asking"]
        assert "not found" in absent["said"]["en"]
        assert "no se encontró" in absent["said"]["es"]
        assert absent["next"] is not None
        assert row(proxy, 3)["asking"]["next"] is None, "a contradiction is for a person"
        shown = command("ledger", "show", "4", "--ledger", str(given["ledger"]), cwd=proxy.cwd).out
        assert "read back to" in shown
        assert "asked next" in shown
        assert all(each.startswith("GET /v1/payments?") for each in api.asked)


def test_what_is_masked_decides_nothing(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    with Program(upstream.url, **given, redact="resolution_id") as proxy:
        pay(proxy, resolution_id="r-1234567890ab")
        api.made[0]["resolution_id"] = "r-9999999990ab"
        (told,) = asked_about(proxy, 1)
        assert verdicts(told) == []
        api.made[0]["resolution_id"] = "r-1234567890ab"
        until(lambda: row(proxy, 1)["verdicts"], "the whole value is not found")


def test_our_own_rules_hold_for_us(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    with Program(upstream.url, **given, deny="GET /v1/payments*") as proxy:
        pay(proxy, resolution_id="r-1")
        (told,) = asked_about(proxy, 1)
        assert told["evidence"][0]["code"] == "own-rule"
        assert (api.asked, told["verdicts"]) == ([], [])


def test_one_payment_of_two_rows_is_settled_once(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    """The API makes one payment of a resolution: whoever adds up must not find two."""
    with Program(upstream.url, **given) as proxy:
        pay(proxy, resolution_id="r-1")
        api.makes = False
        pay(proxy, resolution_id="r-1")
        until(lambda: row(proxy, 1)["verdicts"] and row(proxy, 2)["verdicts"], "not settled")
        told = sorted(verdicts(row(proxy, each))[0][0] for each in (1, 2))
        assert told == ["repeat", "settled"]


@pytest.mark.parametrize("refusal", ["401 Unauthorized", "403 Forbidden"])
def test_a_refusal_ends_the_questions_and_mints_no_token(
    upstream: RawUpstream, api: Api, given: dict[str, object], refusal: str
) -> None:
    api.says = json_answer({"message": "no"}, refusal)
    with Program(upstream.url, **given) as proxy:
        until(lambda: proxy.status()["token"]["history"][-1]["ago"] > 1.1, "an older token")
        pay(proxy, resolution_id="r-1")
        pay(proxy, resolution_id="r-2")
        until(lambda: not proxy.status()["ledger"]["asker"]["asks"], "it asks on")
        assert len(upstream.tokens_asked) == 1
        assert len(api.asked) == 1
        assert f"the API refuses the questions ({refusal[:3]})" in proxy.admin("/readyz?verbose")[1]
        assert "breb_proxy_ledger_asks 0.0" in proxy.admin("/metrics")[1]


def test_who_asks_for_time_is_asked_no_second_question(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    api.says = answer("429 Too Many Requests", b"{}", "Retry-After: 3600")
    with Program(upstream.url, **given) as proxy:
        api.silent = False
        pay(proxy, resolution_id="r-1")  # of which row 2 is a repeat: it has an id to ask for
        api.silent = True
        pay(proxy, resolution_id="r-1")
        (found,) = asked_about(proxy, 2)
        assert [each["status"] for each in found["evidence"][0]["asked"]] == [429]
        assert found["evidence"][0]["asked"][0]["retry_after"] == 3600
        assert len(api.asked) == 1
        assert "the API does not answer" in proxy.status()["ledger"]["asker"]["words"]


def test_a_start_finds_what_was_left_open_and_a_stop_waits_for_no_answer(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    arrived, over = threading.Event(), threading.Event()

    def silence(reader: Reader) -> None:
        read_request(reader)
        arrived.set()
        over.wait()

    try:
        with Program(upstream.url, **given) as proxy:
            upstream.takeover = silence
            threading.Thread(target=left, args=(proxy,), daemon=True).start()
            assert arrived.wait(PATIENCE)
            proxy.kill()
        arrived.clear()
        upstream.takeover = None
        with Program(upstream.url, **given) as proxy:
            assert row(proxy, 1)["outcome"] == "unknown"
            upstream.takeover = silence
            assert arrived.wait(PATIENCE), "nobody asks about it"
            assert proxy.stop() == 0, "it waits for the answer to its own question"
            assert "stopped" in proxy.output
    finally:
        over.set()


def left(proxy: Program) -> None:
    with contextlib.suppress(OSError, AssertionError):
        pay(proxy, resolution_id="r-1")


def test_off_is_off(upstream: RawUpstream, api: Api, given: dict[str, object]) -> None:
    settings = {**given, "ledger_ask": "false"}
    with Program(upstream.url, **settings) as proxy:
        pay(proxy, resolution_id="r-1")
        until(lambda: proxy.status()["ledger"]["in_doubt"] == 1, "not in doubt")
        asker = proxy.status()["ledger"]["asker"]
        assert not asker["asks"]
        assert "BREB_LEDGER_ASK" in asker["words"]
        assert "breb_proxy_ledger_asks 0.0" in proxy.admin("/metrics")[1]
    loaded = "import sys, proxy.server.build; sys.exit('proxy.ledger.asker' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0
    assert api.asked == []
