"""A caller that repeats with an Idempotency-Key: one payment, and the same answer again."""

import gzip
import json
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support import Call, Program, RawUpstream, ask
from tests.support.command import command
from tests.support.front import until
from tests.support.patience import PATIENCE
from tests.support.upstream import answer, json_answer
from tests.support.wire import Answer

PATH, ACH = "/v1/payments/breb", "/v1/payments/ach"
NAME = "Idempotency-Key"


class Api:
    """Carries out what comes, or not, and answers, or not; counts what it was sent."""

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []
        self.sent: list[str] = []
        self.asked: list[str] = []
        self.makes = True
        self.says: bytes | None = None
        self.silent = False
        self.hidden = False
        self.status = "SETTLED"
        self.arrived, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def __call__(self, call: Call) -> bytes | None:
        target = call.target.decode()
        if call.method == "GET":
            self.asked.append(target)
            for each in self.made:
                if target.endswith(f"/{each['id']}"):
                    each["status"] = "SETTLED" if each.get("settles") else each["status"]
                    return json_answer(each)
            listed = [] if self.hidden else self.made[::-1]
            return json_answer({"payments": listed, "pagination_info": {"total_pages": 1}})
        self.sent.append(target)
        self.arrived.set()
        assert self.go_on.wait(PATIENCE)
        if self.says is not None:
            return self.says
        made = {"id": f"p-{len(self.sent)}", "status": self.status, **json.loads(call.body)}
        made["created_at"] = datetime.now(UTC).isoformat()
        if self.makes:
            self.made.append(made)
        if self.silent:
            return None
        lines = ("Content-Type: application/json", "Set-Cookie: a=b")
        return answer("201 Created", json.dumps(made).encode(), *lines)


@pytest.fixture
def api() -> Api:
    return Api()


def pay(proxy: Program, key: str = "k-1", path: str = PATH, **more: Any) -> Answer:
    fields = [("Content-Type", "application/json"), (NAME, key)]
    fields += more.pop("fields", [])
    amount = {"value": more.pop("value", "1000"), "currency": "COP"}
    whole = {"account_id": "a-1", "resolution_id": "r-1", "amount": amount} | more
    return ask(proxy.port, path, "POST", body=json.dumps(whole).encode(), fields=fields)


def said(answered: Answer) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(answered.body)
    return document


def outcome_of(proxy: Program, row: int) -> str | None:
    found: str | None = json.loads(proxy.admin(f"/ledger/{row}")[1])["outcome"]
    return found


def test_a_repeat_gets_the_same_answer_and_nothing_goes_up(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    with Program(upstream.url, **given) as proxy:
        first = pay(proxy)
        until(lambda: outcome_of(proxy, 1), "not closed")
        again = pay(proxy, '"k-1"')
        assert (again.status, again.body) == (first.status, first.body) == (201, first.body)
        assert again["idempotent-replayed"] == "true"
        assert first.values("Idempotent-Replayed") == []
        assert again["content-type"] == first["content-type"]
        assert again.values("Set-Cookie") == [], "it was for the first caller alone"
        assert 'details="answer of row 1"' in again["proxy-status"]
        assert pay(proxy, "k-2").status == 201, "another key is another payment"
        assert len(api.sent) == 2
        until(lambda: '"repeat_of":1' in proxy.output, "not in the log")
        assert 'breb_proxy_repeats_total{answer="replayed"} 1.0' in proxy.admin("/metrics")[1]


@pytest.mark.parametrize(("key", "times"), [("k-1", 1), (None, 2)], ids=["keyed", "unkeyed"])
def test_a_request_with_a_key_is_not_sent_again_when_its_connection_turns_out_closed(
    upstream: RawUpstream, api: Api, given: dict[str, object], key: str | None, times: int
) -> None:
    """Without a key, a method that is idempotent may go up twice."""
    with Program(upstream.url, **given) as proxy:
        assert ask(proxy.port, "/v1/x").status == 200
        api.makes, api.silent = False, True
        fields = [] if key is None else [(NAME, key)]
        assert ask(proxy.port, "/v1/things/1", "PUT", body=b"{}", fields=fields).status == 502
        assert len(api.sent) == times


def test_what_an_answer_says_of_its_coded_body_goes_with_the_coding(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    fields = ("Content-Type: application/json", 'ETag: "a"', "Content-Digest: sha-256=:YQ==:")
    with Program(upstream.url, **given) as proxy:
        for key, coding in (("coded", ["Content-Encoding: gzip"]), ("plain", [])):
            body = gzip.compress(b'{"id": "p-1"}') if coding else b'{"id": "p-1"}'
            api.says = answer("201 Created", body, *fields, *coding)
            pay(proxy, key)
            again = pay(proxy, key)
            assert again.body == b'{"id": "p-1"}'
            assert again.values("Content-Digest") == ([] if coding else ["sha-256=:YQ==:"])
            assert len(again.values("ETag")) == (0 if coding else 1)


def test_a_restart_forgets_no_key(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    with Program(upstream.url, **given) as proxy:
        first = pay(proxy)
    with Program(upstream.url, **given) as proxy:
        assert pay(proxy).body == first.body
    assert len(api.sent) == 1


@pytest.mark.parametrize(
    "other", [{"value": "2000"}, {"path": ACH}, {"path": f"{PATH}?a=b"}], ids=str
)
def test_a_key_belongs_to_one_request(
    upstream: RawUpstream, api: Api, given: dict[str, object], other: dict[str, str]
) -> None:
    with Program(upstream.url, **given) as proxy:
        pay(proxy)
        refused = pay(proxy, **other)
        assert (refused.status, said(refused)["row"]) == (422, 1)
        assert said(refused)["type"] == "urn:breb-proxy:error:key-reused"
        assert said(refused)["outcome"] == "not-sent"
        assert len(api.sent) == 1


def test_each_caller_has_its_own_keys(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    keys = ",".join(f"{name}:{name * 8}" for name in ("anna", "beto"))
    with Program(upstream.url, **given, caller_key=keys) as proxy:
        for name in ("anna", "beto"):
            assert pay(proxy, fields=[("X-Proxy-Key", name * 8)]).status == 201
    assert len(api.sent) == 2


def test_those_who_come_meanwhile_wait_for_the_first(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    api.go_on.clear()
    with Program(upstream.url, **given) as proxy, ThreadPoolExecutor(5) as pool:
        answers = [pool.submit(pay, proxy) for _ in range(5)]
        assert api.arrived.wait(PATIENCE)
        other = pay(proxy, value="2")
        assert other.status == 422
        api.go_on.set()
        assert len({each.result().body for each in answers}) == 1
        marks = [each.result().values("Idempotent-Replayed") for each in answers]
        assert sorted(marks) == [[], *[["true"]] * 4]
    assert len(api.sent) == 1


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden", "429 Too Many Requests"])
def test_what_was_not_carried_out_frees_the_key(
    upstream: RawUpstream, api: Api, given: dict[str, object], status: str
) -> None:
    with Program(upstream.url, **given) as proxy:
        api.says = json_answer({"message": "no"}, status)
        assert pay(proxy).status == int(status[:3])
        api.says = None
        assert pay(proxy, value="2000").status == 201, "whatever it is now"
        assert pay(proxy, value="2000")["idempotent-replayed"] == "true"


def test_a_refusal_of_the_api_is_an_answer_too(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    with Program(upstream.url, **given) as proxy:
        api.says = json_answer({"message": "no money"}, "422 Unprocessable Entity")
        first = pay(proxy)
        api.says = None
        assert (pay(proxy).status, pay(proxy).body) == (422, first.body)
    assert len(api.sent) == 1


def test_a_payment_in_doubt_is_looked_up_and_found(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    with Program(upstream.url, **given) as proxy:
        api.silent = True
        lost = said(pay(proxy))
        assert lost["outcome"] == "unknown"
        assert "send the same again, with the same Idempotency-Key" in lost["next_step"]
        api.silent = False
        found = pay(proxy)
        assert (found.status, said(found)["id"]) == (200, "p-1")
        assert found["idempotent-replayed"] == "true"
        assert len(api.sent) == 1


def test_one_that_is_not_found_is_not_sent_until_a_person_says_that_it_was_not_made(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    with Program(upstream.url, **given) as proxy:
        api.silent, api.makes = True, False
        pay(proxy)
        api.silent, api.makes = False, True
        doubt = pay(proxy, fields=[("Accept-Language", "es")])
        document = said(doubt)
        assert (doubt.status, document["row"], document["outcome"]) == (409, 1, "unknown")
        assert document["type"] == "urn:breb-proxy:error:repeat-in-doubt"
        assert "no se encontró" in document["detail"]
        assert "ledger settle 1" in document["next_step"]
        assert doubt["retry-after"] == "30"
        assert len(api.sent) == 1
        told = ("settle", "1", "--not-made", "--note", "asked Passport")
        command("ledger", *told, "--ledger", str(given["ledger"]), cwd=proxy.cwd)
        assert pay(proxy).status == 201
        assert pay(proxy)["idempotent-replayed"] == "true"
        assert len(api.sent) == 2


def test_a_kill_in_between_is_a_doubt_and_no_second_payment(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    api.go_on.clear()
    with Program(upstream.url, **given) as proxy, ThreadPoolExecutor() as pool:
        lost = pool.submit(pay, proxy, "k-1", ACH, resolution_id=None)
        assert api.arrived.wait(PATIENCE)
        proxy.kill()
        with pytest.raises((OSError, AssertionError)):
            lost.result()
        api.go_on.set()
    with Program(upstream.url, **given) as proxy:
        doubt = pay(proxy, "k-1", ACH, resolution_id=None)
        assert (doubt.status, said(doubt)["type"][-15:]) == (409, "repeat-in-doubt")
    assert len(api.sent) == 1


def test_repeats_are_answered_while_the_ledger_cannot_be_written(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    """Who repeats a payment must not hear that nothing was sent."""
    with Program(upstream.url, **given) as proxy:
        first = pay(proxy)
        api.silent, api.makes = True, False
        pay(proxy, "k-2", resolution_id="r-2")
        api.silent, api.makes = False, True
        until(lambda: [outcome_of(proxy, row) for row in (1, 2)] == ["answered", "unknown"], "open")
        with closing(sqlite3.connect(str(given["ledger"]), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert pay(proxy).body == first.body
            doubt = pay(proxy, "k-2", resolution_id="r-2")
            assert (doubt.status, said(doubt)["outcome"]) == (409, "unknown")
            new = pay(proxy, "k-3", resolution_id="r-3")
            assert (new.status, said(new)["outcome"]) == (503, "not-sent")
    assert len(api.sent) == 2


@pytest.mark.needs("posix")
def test_who_waited_for_the_first_does_not_hear_that_nothing_was_sent(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    """The ledger was moved meanwhile: nothing in it can be read or written."""
    api.go_on.clear()
    ledger = Path(str(given["ledger"]))
    with Program(upstream.url, **given) as proxy, ThreadPoolExecutor() as pool:
        first = pool.submit(pay, proxy)
        assert api.arrived.wait(PATIENCE)
        waits = pool.submit(pay, proxy)
        until(lambda: proxy.status()["in_flight"] == 2, "does not wait")
        ledger.rename(ledger.with_name("moved.db"))
        api.go_on.set()
        assert first.result().status == 201
        repeat = waits.result()
        assert (repeat.status, said(repeat)["outcome"]) == (409, "unknown")
    assert len(api.sent) == 1


def test_without_asking_a_doubt_stays_one(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    with Program(upstream.url, **{**given, "ledger_ask": "false"}) as proxy:
        api.silent = True
        pay(proxy)
        assert pay(proxy).status == 409
        told = ("settle", "1", "--settled", "--note", "seen")
        command("ledger", *told, "--ledger", str(given["ledger"]), cwd=proxy.cwd)
        known = pay(proxy)
        assert (known.status, said(known)["type"]) == (409, "urn:breb-proxy:error:repeat-known")
        assert "settled" in said(known)["detail"]
        assert api.asked == []


@pytest.mark.parametrize("ways", [{"idempotency_hours": "0"}, {}], ids=["none kept", "erased"])
def test_an_answer_that_is_not_kept_is_asked_for_again(
    upstream: RawUpstream, api: Api, given: dict[str, object], ways: dict[str, object]
) -> None:
    with Program(upstream.url, **given, **ways) as proxy:
        pay(proxy)
        until(lambda: outcome_of(proxy, 1), "not closed")
        if not ways:
            erased = command(
                *("ledger", "forget-answers", "--ledger", str(given["ledger"])), cwd=proxy.cwd
            )
            assert "1 answer" in erased.out
        again = pay(proxy)
        assert (again.status, said(again)["id"]) == (200, "p-1")
        assert 'details="the API\'s, for row 1"' in again["proxy-status"]
        api.made.clear()
        gone = pay(proxy)
        assert (gone.status, said(gone)["type"][-12:]) == (409, "repeat-known")
    assert len(api.sent) == 1


@pytest.mark.parametrize("key", ["", '""', '"a', "a,b", '"a";b=c', "ñ", "a b", "x" * 256])
def test_what_is_no_key_is_refused(
    upstream: RawUpstream, api: Api, given: dict[str, object], key: str
) -> None:
    with Program(upstream.url, **given) as proxy:
        refused = pay(proxy, key)
        assert (refused.status, said(refused)["type"][-15:]) == (400, "idempotency-key")
        twice = pay(proxy, "a", fields=[(NAME, "a")])
        assert twice.status == 400
        assert ask(proxy.port, "/v1/payments", fields=[(NAME, key)]).status == 200, "a GET"
    assert api.sent == []


def test_a_body_that_is_not_held_has_no_key(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    with Program(upstream.url, **given) as proxy:
        refused = pay(proxy, note="x" * 70_000)
        assert (refused.status, said(refused)["outcome"]) == (413, "not-sent")
        assert pay(proxy, note="x" * 60_000).status == 201
    assert len(api.sent) == 1


@pytest.mark.parametrize("settings", [{"idempotency": "false"}, {"ledger": None}], ids=str)
def test_where_it_is_off_the_header_is_passed_on(
    upstream: RawUpstream, api: Api, given: dict[str, object], settings: dict[str, object]
) -> None:
    with Program(upstream.url, **{**given, **settings}) as proxy:
        assert [pay(proxy, '"a').status, pay(proxy, '"a').status] == [201, 201]
    assert len(api.sent) == 2


def test_a_token_is_never_kept(upstream: RawUpstream, api: Api, given: dict[str, object]) -> None:
    with Program(upstream.url, **given) as proxy:
        api.says = answer("200 OK", b'{"access_token": "secret-of-another"}')
        assert pay(proxy, path="/v1/somewhere").status == 200
        assert pay(proxy, path="/v1/somewhere").status == 409
        document = b'{"client_id": "a", "client_secret": "b", "grant_type": "client_credentials"}'
        for _ in range(2):
            got = ask(
                proxy.port, "/v1/iam/oauth/tokens", "POST", body=document, fields=[(NAME, "t")]
            )
            assert got.status == 200
    file = Path(str(given["ledger"]))
    assert b"secret-of-another" not in file.read_bytes()


def test_a_repeat_may_wait_for_the_final_state_as_well(
    upstream: RawUpstream, api: Api, given: dict[str, object]
) -> None:
    prefers = [("Prefer", "wait=20")]
    with Program(upstream.url, **given) as proxy:
        api.status = "PROCESSING"
        assert said(pay(proxy))["status"] == "PROCESSING"
        api.made[0]["status"] = "SETTLED"
        final = pay(proxy, fields=prefers)
        assert (final["Idempotent-Replayed"], said(final)["status"]) == ("true", "SETTLED")
        assert final["Preference-Applied"] == "wait=20"
        first = pay(proxy, "k-2", fields=prefers, resolution_id="r-2", settles=True)
        assert said(first)["status"] == "SETTLED"
        again = pay(proxy, "k-2", resolution_id="r-2", settles=True)
        assert again.body == first.body, "the answer that the caller got"
    assert len(api.sent) == 2
