"""Prefer: wait=20 on a payment: its answer is final, and what ends the wait loses nothing."""

import contextlib
import json
import select
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from proxy.ledger.verification import verify
from tests.support import Call, Program, RawUpstream, ask, read_answer
from tests.support.front import until
from tests.support.patience import PATIENCE
from tests.support.upstream import answer, json_answer
from tests.support.wire import Reader, connect

PATH = "/v1/payments/breb"
BODY = json.dumps({"account_id": "a-1", "resolution_id": "r-1"}).encode()
WAIT = [("Prefer", "wait=20"), ("Content-Type", "application/json")]


class Api:
    """It makes payments, and shows them as PROCESSING until ``settles`` is set."""

    def __init__(self) -> None:
        self.settles = threading.Event()
        self.asked = threading.Event()
        self.shows = b""

    def __call__(self, call: Call) -> bytes:
        if call.method == "POST":
            return json_answer({"id": "p-1", "status": "PENDING"})
        assert call.target == b"/v1/payments/p-1"
        self.asked.set()
        state = "SETTLED" if self.settles.is_set() else "PROCESSING"
        return self.shows or json_answer({"id": "p-1", "status": state})


@pytest.fixture
def api() -> Api:
    return Api()


def pay(proxy: Program, fields: list[tuple[str, str]] = WAIT) -> tuple[str, str]:
    """Return the state that the caller was told, and the preference that was applied."""
    got = ask(proxy.port, PATH, "POST", body=BODY, fields=fields)
    assert got.status == 200
    told: dict[str, str] = json.loads(got.body)
    return told["status"], "".join(got.values("Preference-Applied"))


def waiting(proxy: Program, seconds: int = 20) -> Reader:
    """Send a payment, and do not wait for its answer."""
    caller = connect(proxy.port)
    lines = f"Host: localhost\r\nPrefer: wait={seconds}\r\nContent-Length: {len(BODY)}\r\n\r\n"
    caller.sock.sendall(f"POST {PATH} HTTP/1.1\r\n{lines}".encode() + BODY)
    return caller


def payments(upstream: RawUpstream) -> int:
    return sum(call.method == "POST" for call in upstream.requests)


def row(proxy: Program) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(proxy.admin("/ledger/1")[1])
    return document


def test_the_caller_gets_the_final_document_and_so_does_the_ledger(
    api: Api, upstream: RawUpstream, tmp_path: Path
) -> None:
    with Program(upstream.url, ledger=tmp_path / "l.db") as proxy:
        with ThreadPoolExecutor() as others:
            paid = others.submit(pay, proxy)
            assert api.asked.wait(PATIENCE)
            before = row(proxy)
            api.settles.set()
            assert paid.result(PATIENCE) == ("SETTLED", "wait=20")
        assert (before["outcome"], before["answer"]["id"]) == (None, "p-1")
        until(lambda: row(proxy)["outcome"] == "answered", "not closed")
        assert row(proxy)["answer"] == {"id": "p-1", "status": "SETTLED"}
        assert payments(upstream) == 1
        until(lambda: '"note":"SETTLED after ' in proxy.output, "not in the log")
    assert verify(tmp_path / "l.db").problems == []


def test_it_works_without_a_ledger_and_for_callers_that_can_only_post(
    api: Api, upstream: RawUpstream
) -> None:
    api.settles.set()
    with Program(upstream.url, wait_for_final=20) as proxy:
        assert pay(proxy, []) == ("SETTLED", "wait=20")
        assert pay(proxy, [("Prefer", "wait=0")]) == ("PENDING", "")


def test_rules_that_refuse_the_question_leave_the_first_answer(
    api: Api, upstream: RawUpstream
) -> None:
    with Program(upstream.url, allow="POST /v1/**") as proxy:
        assert pay(proxy) == ("PENDING", "")
    assert not api.asked.is_set()


def test_a_token_without_the_scope_is_not_renewed(api: Api, upstream: RawUpstream) -> None:
    api.shows = answer("401 Unauthorized", b"{}")
    with Program(upstream.url) as proxy:
        assert pay(proxy) == ("PENDING", "")
        assert proxy.status()["token"]["unauthorized"] == 0


def test_a_stop_gives_who_waits_the_first_answer_at_once(api: Api, upstream: RawUpstream) -> None:
    with Program(upstream.url) as proxy, ThreadPoolExecutor() as others:
        paid = others.submit(pay, proxy)
        assert api.asked.wait(PATIENCE)
        proxy.end()
        assert paid.result(PATIENCE) == ("PENDING", "")


def test_a_kill_does_not_make_a_known_payment_an_unknown_one(
    api: Api, upstream: RawUpstream, tmp_path: Path
) -> None:
    path = tmp_path / "l.db"
    with Program(upstream.url, ledger=path) as proxy, waiting(proxy):
        assert api.asked.wait(PATIENCE)
        proxy.process.kill()
        proxy.process.wait(PATIENCE)
    api.settles.set()
    with Program(upstream.url, ledger=path, ledger_ask="true") as proxy:
        until(lambda: row(proxy)["verdicts"], "not settled")
        found = row(proxy)
    assert (found["outcome"], found["status"], found["answer"]["id"]) == ("cut", 200, "p-1")
    assert found["verdicts"][0]["kind"] == "settled"
    assert payments(upstream) == 1
    assert verify(path).problems == []


def test_a_caller_that_leaves_ends_the_wait(
    api: Api, upstream: RawUpstream, tmp_path: Path
) -> None:
    with Program(upstream.url, ledger=tmp_path / "l.db") as proxy:
        with waiting(proxy):
            assert api.asked.wait(PATIENCE)
        until(lambda: row(proxy)["outcome"] == "cut", "not closed")
        assert (row(proxy)["reason"], row(proxy)["answer"]["id"]) == ("caller-left", "p-1")


@pytest.mark.needs(files=600)
def test_a_crowd_that_waits_is_answered_at_once_where_its_memory_is_wanted(
    upstream: RawUpstream,
) -> None:
    """It has gone up, and holds no connection: nothing else would bound how many wait."""
    with (
        Program(upstream.url, memory_budget=1) as proxy,
        contextlib.ExitStack() as stack,
    ):
        readers: list[Reader] = []
        while len(readers) < 60:
            readers.append(stack.enter_context(waiting(proxy, seconds=3600)))
            # At once, some would get no place while others begin, and leave room for the rest.
            until(lambda: payments(upstream) == len(readers), "not sent")

        def answered() -> list[Reader]:
            """Some, not the first: those who have waited as long give way in any order."""
            ready = select.select([reader.sock for reader in readers], [], [], 0)[0]
            return [reader for reader in readers if reader.sock in ready]

        until(lambda: len(answered()) >= 10, "nobody was answered early")
        early = [got for got in (read_answer(reader) for reader in answered()[:10]) if got]
        assert [json.loads(got.body)["status"] for got in early] == ["PENDING"] * 10
        assert [got.values("Preference-Applied") for got in early] == [[]] * 10
        assert {got["connection"] for got in early} == {"close"}
