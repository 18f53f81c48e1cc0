"""A payment that looks like one in doubt, though the API would make both."""

import json
from typing import Any

import pytest

from tests.support import Call, Program, RawUpstream, ask
from tests.support.command import command
from tests.support.front import until
from tests.support.upstream import json_answer
from tests.support.wire import Answer

PATH, ACH = "/v1/payments/breb", "/v1/payments/ach"
LENIENT = [("Prefer", "handling=lenient")]


class Api:
    """Resolves keys, and takes payments; ``silent``, it answers none of these."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.made: list[dict[str, Any]] = []
        self.silent = False
        self._resolved = 0

    def __call__(self, call: Call) -> bytes | None:
        target = call.target.decode()
        if call.method == "GET":
            whole = {"payments": self.made, "pagination_info": {"total_pages": 1}}
            return json_answer(whole)
        document = json.loads(call.body)
        if "resol" in target:
            self._resolved += 1
            return json_answer({"id": f"r-{self._resolved}", "key": document["key"]})
        self.sent.append(document)
        return None if self.silent else json_answer({"id": f"p-{len(self.sent)}", **document})


@pytest.fixture
def api() -> Api:
    return Api()


def post(proxy: Program, path: str, fields: Any = (), **document: Any) -> Answer:
    body = json.dumps(document).encode()
    kind = ("Content-Type", "application/json")
    return ask(proxy.port, path, "POST", body=body, fields=[kind, *fields])


def resolved(proxy: Program, value: str = "3001234567") -> str:
    key = {"key_type": "PHONE", "key_value": value}
    answer = post(proxy, "/v1/resolve-key", customer_id="c-1", key=key)
    name: str = json.loads(answer.body)["id"]
    return name


def pay(proxy: Program, resolution: str, value: str = "3000", fields: Any = ()) -> Answer:
    amount = {"value": value, "currency": "COP"}
    return post(proxy, PATH, fields, account_id="a-1", resolution_id=resolution, amount=amount)


def pay_ach(proxy: Program, fields: Any = (), **more: Any) -> Answer:
    amount = {"value": "5000", "currency": "COP"}
    return post(proxy, ACH, fields, account_id="a-1", recipient_id="b-1", amount=amount, **more)


def said(answered: Answer) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(answered.body)
    return document


def test_who_resolves_anew_after_a_time_out_pays_once(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    with Program(upstream.url, **given) as proxy:
        first = resolved(proxy)
        api.silent = True
        assert pay(proxy, first).status == 502
        api.silent = False
        again = resolved(proxy)
        refused = pay(proxy, again, "3000.00", [("Accept-Language", "es")])
        document = said(refused)
        assert (refused.status, document["row"], document["outcome"]) == (409, 1, "unknown")
        assert document["type"] == "urn:breb-proxy:error:like-in-doubt"
        assert "no se encontró" in document["detail"], "the API was asked"
        assert len(api.sent) == 1
        assert pay(proxy, again, "3001").status == 200, "another amount"
        assert pay(proxy, resolved(proxy, "3009999999")).status == 200, "another payee"
        assert pay(proxy, first).status == 200, "the same resolution is paid once by the API"
        until(lambda: "the same resolution as row #1" in proxy.output, "not linked")
        assert '"repeat_of":1' in next(
            line for line in proxy.output.splitlines() if "the same resolution as row #1" in line
        )
        assert 'breb_proxy_repeats_total{answer="like-in-doubt"} 1.0' in proxy.admin("/metrics")[1]


def test_the_caller_may_say_that_it_means_two(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    with Program(upstream.url, **given) as proxy:
        api.silent = True
        pay(proxy, resolved(proxy))
        api.silent = False
        assert pay(proxy, resolved(proxy), fields=LENIENT).status == 200
    assert len(api.sent) == 2


@pytest.mark.parametrize("keys", [(), ("k-1", "k-2")], ids=["no key", "another key"])
def test_an_ach_payment_that_is_equal_in_all_fields_waits_for_a_verdict(
    upstream: RawUpstream, api: Api, given: dict[str, object], keys: tuple[str, ...]
) -> None:
    """Also across a restart."""
    fields = [[("Idempotency-Key", key)] for key in keys] or [[], []]
    with Program(upstream.url, **given) as proxy:
        api.silent = True
        pay_ach(proxy, fields[0])
        api.silent = False
    with Program(upstream.url, **given) as proxy:
        refused = pay_ach(proxy, fields[1])
        assert (refused.status, said(refused)["row"]) == (409, 1)
        assert pay_ach(proxy, description="another").status == 200
        told = ("settle", "1", "--not-found", "--note", "asked Passport")
        command("ledger", *told, "--ledger", str(given["ledger"]), cwd=proxy.cwd)
        assert pay_ach(proxy, fields[1]).status == 200
    assert len(api.sent) == 3


def test_one_that_was_answered_a_moment_ago_is_only_told(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    with Program(upstream.url, **given) as proxy:
        assert pay_ach(proxy).status == 200
        assert pay_ach(proxy).status == 200
        until(lambda: "looks like that of row #1" in proxy.output, "not told")
        told = "the same account, payee and amount as row #1"
        until(lambda: told in proxy.output, "not in the log line")
    assert len(api.sent) == 2


@pytest.mark.parametrize(("policy", "told"), [("warn", True), ("pass", False)])
def test_a_warning_or_nothing_is_a_choice(
    upstream: RawUpstream, api: Api, given: dict[str, object], policy: str, told: bool
) -> None:
    with Program(upstream.url, **given, repeats=policy) as proxy:
        api.silent = True
        pay_ach(proxy)
        api.silent = False
        assert pay_ach(proxy).status == 200
        until(lambda: '"id":' in proxy.output, "no line")
        assert ("looks like that of row #1" in proxy.output) is told
    assert len(api.sent) == 2


def test_what_is_settled_by_the_question_is_told_once(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    with Program(upstream.url, **given) as proxy:
        first = resolved(proxy)
        again = resolved(proxy)
        api.silent = True
        pay(proxy, first)
        api.silent = False
        made = {"id": "p-1", "status": "SETTLED", **api.sent[0]}
        api.made.append(made)
        refused = pay(proxy, again)
        assert (refused.status, said(refused)["row"]) == (409, 1)
        assert "in doubt until a moment ago" in said(refused)["detail"]
        assert len(api.sent) == 1
