"""The look-up of a payment in doubt, before an API that remembers, lags, pages and lies."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.support import Call, Program, RawUpstream, ask
from tests.support.command import command
from tests.support.front import until
from tests.support.upstream import answer, json_answer

PATH = "/v1/payments/breb"


class Api:
    """It makes payments and answers none of them; later it lists them, the newest first."""

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []
        self.refusal: bytes | None = None
        self.second: bytes | None = None  # instead of the list's second page
        self.asked: list[str] = []
        self.silent = True

    def __call__(self, call: Call) -> bytes | None:
        if call.method == "POST":
            made = self.make(**json.loads(call.body))
            return None if self.silent else json_answer(made)
        self.asked.append(call.target.decode())
        if self.refusal is not None:
            return self.refusal
        path, _, query = call.target.decode().partition("?")
        if path != "/v1/payments":
            found = [each for each in self.made if path.endswith(f"/{each['id']}")]
            return (
                json_answer(found[0])
                if found
                else json_answer({"message": "no", "http_code": 404}, "404 No")
            )
        number = int(parse_qs(query).get("page_params.page_number", ["1"])[0])
        if number == 2 and self.second is not None:
            return self.second
        newest = self.made[::-1][(number - 1) * 100 : number * 100]
        info = {"current_page": number, "total_pages": -(-len(self.made) // 100)}
        return json_answer({"payments": newest, "pagination_info": info})

    def make(self, **given: Any) -> dict[str, Any]:
        at = given.pop("created_at", None) or datetime.now(UTC).isoformat()
        made = {"id": f"p-{len(self.made) + 1}", "status": "SETTLED", "created_at": at, **given}
        self.made.append(made)
        return made


@pytest.fixture
def api() -> Api:
    return Api()


def pay(proxy: Program, resolution: str = "r-1", value: str = "1000", **more: Any) -> int:
    payment = {
        "account_id": "a-1",
        "resolution_id": resolution,
        "amount": {"value": value, "currency": "COP"},
    }
    return ask(proxy.port, PATH, "POST", body=json.dumps(payment | more).encode()).status


def look_up(proxy: Program, row: int = 1) -> dict[str, Any]:
    until(lambda: proxy.status()["ledger"]["in_doubt"] > 0, "not in doubt")
    status, body = proxy.admin(f"/ledger/{row}/look-up", "POST")
    assert status == 200
    document: dict[str, Any] = json.loads(body)
    return document


def answered(proxy: Program, row: int) -> None:
    """Wait until a row has its end: that is written soon after the caller has the answer."""
    until(lambda: json.loads(proxy.admin(f"/ledger/{row}")[1])["outcome"], "still open")


@pytest.fixture
def proxy(upstream: RawUpstream, tmp_path: Path) -> Iterator[Program]:
    with Program(upstream.url, ledger=tmp_path / "ledger.db") as running:
        yield running


def test_a_payment_is_found_behind_150_newer_ones(proxy: Program, api: Api) -> None:
    pay(proxy)
    for number in range(150):
        api.make(resolution_id=f"later-{number}", account_id="a-1")
    found = look_up(proxy)
    assert (found["kind"], found["code"], found["suggests"]) == ("found", "settled", "settled")
    assert found["candidates"][0]["known"]["id"] == "p-1"
    assert found["asked"][0]["pages"] == 2


def test_a_row_near_it_that_somebody_edited_does_not_matter(
    proxy: Program, api: Api, tmp_path: Path
) -> None:
    api.silent = False
    for number, answer_column in enumerate(("'{'", "5", "x'ff'", "'{\"id\": [1]}'"), 1):
        pay(proxy, f"near-{number}")
        answered(proxy, number)
        with contextlib.closing(sqlite3.connect(tmp_path / "ledger.db")) as file, file:
            file.execute("DROP TRIGGER IF EXISTS request_is_closed_once")
            file.execute(f"UPDATE request SET answer = {answer_column} WHERE number = {number}")
    api.silent = True
    pay(proxy)
    found = look_up(proxy, 5)
    assert (found["kind"], found["code"]) == ("found", "settled")


def test_a_list_is_read_back_to_before_the_request_and_no_further(proxy: Program, api: Api) -> None:
    old = datetime.now(UTC) - timedelta(days=1)
    for number in range(500):
        at = (old + timedelta(seconds=number)).isoformat()
        api.make(resolution_id=f"old-{number}", account_id="a-1", created_at=at)
    pay(proxy)
    api.made.pop()  # it was never made
    found = look_up(proxy)
    assert (found["kind"], found["code"]) == ("not-found", "nothing-back-to")
    assert found["asked"][0]["back_to"][:10] == old.isoformat()[:10] or found["asked"]
    assert len(api.asked) == 1, "the first page is old as a whole"


def test_a_list_without_an_end_is_given_up_and_that_is_said(proxy: Program, api: Api) -> None:
    pay(proxy)
    api.made = [
        {"id": f"x-{n}", "created_at": datetime.now(UTC).isoformat(), "account_id": "a-2"}
        for n in range(100)
    ] * 40
    found = look_up(proxy)
    assert found["code"] == "nothing-so-far"
    assert "not all was read" in found["words"]
    assert len(api.asked) == 30


def test_a_list_that_fails_on_its_way_is_no_list_that_was_read(proxy: Program, api: Api) -> None:
    pay(proxy)
    api.made = [
        {"id": f"x-{n}", "created_at": datetime.now(UTC).isoformat(), "account_id": "a-2"}
        for n in range(200)
    ]
    api.second = answer("429 Too Many Requests", b"{}", "Retry-After: 7")
    found = look_up(proxy)
    assert (found["kind"], found["code"]) == ("not-answered", "not-answered")
    assert [each["retry_after"] for each in found["asked"]] == [7]


def test_a_contradiction_decides_nothing_and_is_in_the_headline(proxy: Program, api: Api) -> None:
    pay(proxy)
    api.made[0]["amount"] = {"value": "13000", "currency": "COP"}
    found = look_up(proxy)
    assert (found["kind"], found["code"]) == ("not-found", "contradicted")
    assert "amount.value" in found["words"]


def test_a_masked_resolution_is_compared_as_a_whole(
    upstream: RawUpstream, api: Api, tmp_path: Path
) -> None:
    settings = {"ledger": tmp_path / "ledger.db", "redact": "key_value,resolution_id"}
    with Program(upstream.url, **settings) as proxy:
        pay(proxy, "r-1234567890ab", "9000000")
        api.made[0].update(resolution_id="r-9999999990ab", amount={"value": "10"})
        assert look_up(proxy)["kind"] == "not-found"
        api.made[0].update(
            resolution_id="r-1234567890ab", amount={"value": "9000000", "currency": "COP"}
        )
        assert look_up(proxy)["code"] == "settled"


def test_the_answer_of_a_repeat_is_asked_for_first(proxy: Program, api: Api) -> None:
    pay(proxy)
    api.made.clear()
    api.silent = False
    pay(proxy)
    answered(proxy, 2)
    found = look_up(proxy)
    assert found["code"] == "settled"
    assert api.asked == ["/v1/payments/p-1"]


def test_the_payment_of_another_row_is_struck_out(proxy: Program, api: Api) -> None:
    """Two equal salaries: the first one was answered, the second never arrived."""
    amount = {"value": "5", "currency": "COP"}
    salary = {"account_id": "a-1", "recipient_id": "b-1", "amount": amount}
    api.silent = False
    body = json.dumps(salary).encode()
    assert ask(proxy.port, "/v1/payments/ach", "POST", body=body).status == 200
    answered(proxy, 1)
    api.silent = True
    ask(proxy.port, "/v1/payments/ach", "POST", body=body)
    api.made.pop()
    found = look_up(proxy, 2)
    assert (found["kind"], found["code"]) == ("not-found", "others")
    assert found["candidates"][0]["row"] == 1


@pytest.mark.parametrize(
    ("refusal", "kind", "code"),
    [
        pytest.param(answer("404 No", b"<html>"), "not-answered", "not-answered", id="gateway"),
        pytest.param(
            json_answer({"message": "none exist for the entity", "http_code": 404}, "404 No"),
            "not-found",
            "nothing",
            id="an empty list",
        ),
        pytest.param(answer("503 Slow Down", b""), "not-answered", "not-answered", id="503"),
        pytest.param(
            json_answer({"other": 1}), "not-answered", "not-answered", id="not as documented"
        ),
    ],
)
def test_what_is_no_answer_is_not_taken_for_one(
    proxy: Program, api: Api, refusal: bytes, kind: str, code: str
) -> None:
    pay(proxy)
    api.refusal = refusal
    found = look_up(proxy)
    assert (found["kind"], found["code"]) == (kind, code)


def test_our_own_rule_is_called_our_own(upstream: RawUpstream, api: Api, tmp_path: Path) -> None:
    rules = {"allow": "POST /v1/*", "ledger": tmp_path / "ledger.db"}
    with Program(upstream.url, **rules) as proxy:
        pay(proxy)
        found = look_up(proxy)
        assert (found["kind"], found["code"]) == ("not-answered", "own-rule")
        assert "add GET /v1/payments* to BREB_ALLOW" in found["words"]
        assert api.asked == []


def test_a_missing_scope_mints_no_token(upstream: RawUpstream, proxy: Program, api: Api) -> None:
    pay(proxy)
    api.refusal = json_answer({"message": "no"}, "401 Unauthorized")
    until(lambda: proxy.status()["token"]["history"][-1]["ago"] > 1.1, "an older token")
    before = len(upstream.tokens_asked)
    for _ in range(3):
        assert look_up(proxy)["code"] == "not-answered"
    assert len(upstream.tokens_asked) == before
    assert len(api.asked) == 3


def test_a_suspended_key_is_found_suspended(proxy: Program, api: Api) -> None:
    ask(proxy.port, "/v1/keys/p-1/suspend", "PATCH", body=b"{}")
    key = {"id": "p-1", "status": "SUSPENDED", "created_at": "2026-01-01T00:00:00Z"}
    api.made = [key]
    api.silent = True
    status, body = proxy.admin("/ledger/1/look-up", "POST")
    assert (status, json.loads(body)["code"]) == (200, "in-state")


def test_the_command_tells_found_not_found_and_not_answered_apart(
    proxy: Program, api: Api, tmp_path: Path
) -> None:
    pay(proxy)
    until(lambda: proxy.status()["ledger"]["in_doubt"] == 1, "not in doubt")

    def ended(*more: str) -> int:
        admin = f"127.0.0.1:{proxy.admin_port}"
        settings = {"BREB_LEDGER": str(tmp_path / "ledger.db"), "BREB_ADMIN_LISTEN": admin}
        return command("ledger", "look-up", "1", *more, cwd=tmp_path, **settings).code

    assert ended() == 0
    assert ended("--json") == 0
    api.made.clear()
    assert ended() == 5
    api.refusal = answer("503 Slow Down", b"")
    assert ended() == 6


def test_what_was_found_is_kept_with_the_verdict(proxy: Program) -> None:
    pay(proxy)
    look_up(proxy)
    verdict = {"kind": "settled", "note": "p-1", "author": "ana"}
    status, body = proxy.admin("/ledger/1/verdict", "POST", json.dumps(verdict))
    row = json.loads(body)
    assert (status, row["in_doubt"], row["reverses"]) == (200, False, None)
    evidence = row["verdicts"][0]["evidence"]
    assert evidence["code"] == "settled"
    assert evidence["candidates"][0]["known"]["id"] == "p-1"
    verdict = {"kind": "rejected", "note": "no", "author": "luis"}
    row = json.loads(proxy.admin("/ledger/1/verdict", "POST", json.dumps(verdict))[1])
    assert (row["reverses"]["kind"], row["reverses"]["author"]) == ("settled", "ana")


def test_what_cannot_be_kept_is_still_told_and_why(proxy: Program, tmp_path: Path) -> None:
    pay(proxy)
    until(lambda: proxy.status()["ledger"]["in_doubt"] > 0, "not in doubt")
    refuse = "CREATE TRIGGER no BEFORE INSERT ON evidence BEGIN SELECT RAISE(ABORT, 'no'); END"
    with contextlib.closing(sqlite3.connect(tmp_path / "ledger.db", timeout=10)) as file:
        file.execute(refuse)
    found = look_up(proxy)
    assert (found["kind"], found["code"]) == ("found", "settled")
    assert found["kept"].startswith("BREB_LEDGER: ")
    assert found["kept_said"]["en"] == found["kept"]
    assert found["kept_said"]["es"] != found["kept"]
