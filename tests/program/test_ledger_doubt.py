"""What is in doubt, everywhere it is told: ledger, log, metrics, readiness."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest

from tests.support import (
    Call,
    Program,
    RawUpstream,
    ask,
    read_answer,
    read_request,
    token_reply,
)
from tests.support.front import until
from tests.support.upstream import answer
from tests.support.wire import Reader, connect

PATH = "/v1/payments/breb"
PAYMENT = b'{"resolution_id": "r-1", "amount": {"value": "1500.00", "currency": "COP"}}'
MADE = answer("200 OK", b'{"id": "p-1", "status": "PROCESSING"}', "Content-Type: application/json")


@pytest.fixture
def upstream() -> Iterator[RawUpstream]:
    with RawUpstream(MADE) as made:
        yield made


@pytest.fixture
def proxy(upstream: RawUpstream, path: Path) -> Iterator[Program]:
    with Program(upstream.url, ledger=path) as program:
        yield program


def rows(path: Path) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("SELECT * FROM request ORDER BY number")]


def cut(reader: Reader) -> None:
    read_request(reader)
    reader.sock.sendall(MADE[:-10])


def test_a_5xx_after_a_payment_is_doubt_everywhere(
    upstream: RawUpstream, proxy: Program, path: Path
) -> None:
    """A gateway's 504 says that it lost the answer, not that there was no payment."""
    upstream.answer = lambda _: answer("504 Gateway Timeout", b"{}")
    assert ask(proxy.port, PATH, "POST", body=PAYMENT).status == 504
    until(lambda: proxy.status()["ledger"]["in_doubt"] == 1, "not counted")
    assert 'unknown_total{method="POST"} 1.0' in proxy.admin("/metrics")[1]
    assert "1 row is in doubt" in proxy.admin("/readyz?verbose")[1]
    line = proxy.exchanges()[-1]
    assert (line["outcome"], line["status"], line["in_doubt"]) == ("answered", 504, True)
    (row,) = json.loads(proxy.admin("/ledger?in_doubt=1")[1])["rows"]
    assert (row["outcome"], row["status"]) == ("answered", 504)


def test_an_answer_that_breaks_off_is_doubt_in_metrics_and_log(
    upstream: RawUpstream, proxy: Program
) -> None:
    upstream.takeover = cut
    with connect(proxy.port) as reader:
        head = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(PAYMENT)}\r\n\r\n"
        reader.sock.sendall(head.encode() + PAYMENT)
        read_answer(reader)
    line = proxy.exchanges()[-1]
    assert (line["outcome"], line["in_doubt"]) == ("cut", True)
    assert 'unknown_total{method="POST"} 1.0' in proxy.admin("/metrics")[1]


@pytest.mark.parametrize("status", ["400 Bad Request", "409 Conflict", "422 No", "429 Slow"])
def test_a_refusal_of_the_api_is_no_doubt(
    upstream: RawUpstream, proxy: Program, status: str
) -> None:
    upstream.answer = lambda _: answer(status, b"{}")
    ask(proxy.port, PATH, "POST", body=PAYMENT)
    assert "in_doubt" not in proxy.exchanges()[-1]
    assert 'unknown_total{method="POST"} 0.0' in proxy.admin("/metrics")[1]


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", PATH),
        ("POST", "/v1/resolve-key"),
        ("POST", "/v1/key-resolution"),
        ("POST", "/v1/recipients/r-1/resolve"),
        ("POST", "/v1/qrcodes/decode"),
    ],
)
def test_what_only_reads_fills_no_ledger_and_wakes_nobody(
    upstream: RawUpstream, proxy: Program, path: Path, method: str, target: str
) -> None:
    upstream.answer = lambda _: answer("504 Gateway Timeout", b"{}")
    ask(proxy.port, target, method, body=b"{}")
    assert "in_doubt" not in proxy.exchanges()[-1]
    assert rows(path) == []
    assert 'unknown_total{method="POST"} 0.0' in proxy.admin("/metrics")[1]


@pytest.mark.parametrize(
    "target",
    [
        "/v1/payments;/resolve-key",
        "/v1/payments/breb/../resolve-key",
        "/v1/x%2Fresolve-key",
        "/v1/disputes/1/resolve",
        "/v1/payments/9/resolve",
    ],
)
def test_what_may_be_another_path_is_written_down(proxy: Program, path: Path, target: str) -> None:
    ask(proxy.port, target, "POST", body=PAYMENT)
    assert [row["path"] for row in rows(path)] == [target]


def test_the_row_names_the_token_that_carried_the_payment(path: Path) -> None:
    """Also after a 401: not the one that was there when the row was opened."""
    names = iter(f"token-{number}" for number in range(1, 9))

    def token(_: Call) -> bytes:
        name = next(names)
        return token_reply(name, 86_400, f"id-of-{name}")

    def judged(call: Call) -> bytes:
        if call.values("authorization") == [b"Bearer token-1"]:
            return answer("401 Unauthorized", b"{}")
        return MADE

    with RawUpstream(judged, token) as upstream, Program(upstream.url, ledger=path) as proxy:
        until(lambda: proxy.status()["token"]["history"][-1]["ago"] > 1.1, "an older token")
        assert ask(proxy.port, PATH, "POST", body=PAYMENT).status == 200
        until(lambda: rows(path)[0]["outcome"], "still open")
        (row,) = rows(path)
        assert (row["token_id"], row["attempts"]) == ("id-of-token-2", 2)


@pytest.mark.parametrize("refusal", ["401 Unauthorized", "404 Not Found"])
def test_a_refusal_says_nothing_of_a_try_that_was_lost_before(
    upstream: RawUpstream, path: Path, refusal: str
) -> None:
    """The first may have been carried out: in doubt in ledger, log, metrics, list and console."""
    answers: Iterator[bytes | None] = chain((None,), repeat(answer(refusal, b"{}")))
    upstream.answer = lambda call: next(answers) if call.method == "PUT" else MADE
    with Program(upstream.url, ledger=path, console=True) as proxy:
        assert ask(proxy.port, PATH).status == 200
        assert ask(proxy.port, PATH, "PUT", body=PAYMENT).status == int(refusal[:3])
        until(lambda: proxy.status()["ledger"]["in_doubt"] == 1, "not counted")
        line = proxy.exchanges(2)[-1]
        assert (line["outcome"], line["in_doubt"]) == ("unknown", True)
        assert "it may have been carried out" in line["note"]
        assert 'unknown_total{method="PUT"} 1.0' in proxy.admin("/metrics")[1]
        (row,) = json.loads(proxy.admin("/ledger?in_doubt=1")[1])["rows"]
        assert (row["outcome"], row["status"]) == ("unknown", int(refusal[:3]))
        shown = json.loads(proxy.admin(f"/console/api/exchanges/{line['id']}")[1])
        assert (shown["outcome"], shown["in_doubt"]) == ("unknown", True)


def test_a_repeat_that_went_well_settles_what_became_of_the_try_before(
    upstream: RawUpstream, proxy: Program, path: Path
) -> None:
    answers: Iterator[bytes | None] = iter((None, MADE))
    upstream.answer = lambda call: next(answers) if call.method == "PUT" else MADE
    assert ask(proxy.port, PATH).status == 200
    assert ask(proxy.port, PATH, "PUT", body=PAYMENT).status == 200
    until(lambda: rows(path)[0]["outcome"], "still open")
    (row,) = rows(path)
    assert (row["outcome"], row["attempts"]) == ("answered", 2)


def slowly(proxy: Program, body: bytes, first: int, then: Callable[[], None]) -> None:
    """Send a body in two parts, the second when the row is there."""
    with connect(proxy.port) as reader:
        head = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
        reader.sock.sendall(head.encode() + body[:first])
        then()
        reader.sock.sendall(body[first:])
        assert read_answer(reader) is not None


@pytest.mark.parametrize("size", [0, 200_000], ids=["slow", "long"])
def test_a_row_names_its_payment_before_the_last_part_goes_up(
    upstream: RawUpstream, proxy: Program, path: Path, size: int
) -> None:
    """Whatever ends the process after that: the row that is left open says what had gone up."""
    body = PAYMENT + b" " * size
    seen: list[dict[str, Any]] = []

    def look(call: Call) -> bytes:
        seen.extend(rows(path))
        return MADE

    upstream.answer = look
    slowly(proxy, body, 20, lambda: until(lambda: rows(path), "no row"))
    (before,) = seen
    assert (before["outcome"], before["body_bytes"]) == (None, len(body))
    assert upstream.requests[-1].body == body
    if not size:
        assert json.loads(before["payment"])["resolution_id"] == "r-1"


@pytest.mark.needs("posix")
def test_a_file_that_was_taken_away_keeps_it_unready_until_somebody_acts(
    proxy: Program, path: Path
) -> None:
    ask(proxy.port, PATH, "POST", body=PAYMENT)
    path.rename(path.with_name("elsewhere.db"))
    problem = json.loads(ask(proxy.port, PATH, "POST", body=PAYMENT).body)
    assert problem["outcome"] == "not-sent"
    until(lambda: proxy.admin("/readyz")[0] == 503, "still ready")
    time.sleep(2.5)  # it tries each second, and would have made a new one
    assert proxy.admin("/readyz")[0] == 503
    assert not path.exists()
    assert ask(proxy.port, PATH).status == 200
    path.with_name("elsewhere.db").rename(path)
    until(lambda: proxy.admin("/readyz")[0] == 200, "not ready again")
    assert ask(proxy.port, PATH, "POST", body=PAYMENT).status == 200
    assert len(rows(path)) == 2
