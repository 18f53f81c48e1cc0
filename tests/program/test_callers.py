"""Callers who are told apart: by the name of their key, by the user behind a Unix socket."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support import Answer, Program, RawUpstream, ask, read_answer
from tests.support.wire import Reader

PAYROLL, SHOP = "payroll-key-of-the-tests", "shop-key-of-the-tests-2"
NAMED = f"payroll:{PAYROLL},shop:{SHOP},default-key-of-the-tests"


@pytest.fixture(scope="module")
def upstream() -> Iterator[RawUpstream]:
    with RawUpstream() as running:
        yield running


@pytest.fixture(scope="module")
def proxy(upstream: RawUpstream) -> Iterator[Program]:
    rules = {
        "allow": "GET /*, payroll: POST /v1/payments*",
        "deny": "shop: GET /v1/payments*",
    }
    with Program(upstream.url, caller_key=NAMED, console=True, **rules) as running:
        yield running


def call(proxy: Program, key: str, target: str = "/v1/x", method: str = "GET") -> Answer:
    return ask(proxy.port, target, method, fields=[("X-Proxy-Key", key)])


@pytest.mark.parametrize(
    ("key", "method", "target", "status"),
    [
        pytest.param(PAYROLL, "POST", "/v1/payments/breb", 200, id="who may pay pays"),
        pytest.param(SHOP, "POST", "/v1/payments/breb", 403, id="the rule is for one alone"),
        pytest.param(
            "default-key-of-the-tests", "POST", "/v1/payments", 403, id="not for the bare"
        ),
        pytest.param(PAYROLL, "GET", "/v1/payments/1", 200, id="what others may not see"),
        pytest.param(SHOP, "GET", "/v1/payments/1", 403, id="is denied to one alone"),
        pytest.param(SHOP, "GET", "/v1/accounts", 200, id="what all may"),
        pytest.param("payroll", "GET", "/v1/accounts", 403, id="a name is no key"),
        pytest.param(f"payroll:{PAYROLL}", "GET", "/v1/accounts", 403, id="name and key are none"),
    ],
)
def test_rules_can_be_for_one_caller_alone(
    proxy: Program, key: str, method: str, target: str, status: int
) -> None:
    assert call(proxy, key, target, method).status == status


def test_a_refusal_names_the_rule_and_whom_it_is_for(proxy: Program) -> None:
    denied = json.loads(call(proxy, SHOP, "/v1/payments/1").body)
    assert denied["detail"] == "the rule shop: GET /v1/payments* of BREB_DENY forbids this request"
    left_out = json.loads(call(proxy, SHOP, "/v1/x", "DELETE").body)
    assert left_out["detail"] == "BREB_ALLOW has no rule for this request, only: GET /*"


def test_with_rules_for_others_alone_a_caller_may_do_nothing(upstream: RawUpstream) -> None:
    with Program(upstream.url, caller_key=NAMED, allow="payroll: * /*") as proxy:
        assert call(proxy, PAYROLL, "/v1/x", "DELETE").status == 200
        refused = call(proxy, SHOP)
        assert refused.status == 403
        assert json.loads(refused.body)["detail"] == "BREB_ALLOW has no rule for the caller shop"


def test_the_name_stands_in_the_log_the_metrics_and_the_console(upstream: RawUpstream) -> None:
    with Program(upstream.url, caller_key=NAMED, console=True) as proxy:
        for key in (PAYROLL, SHOP, SHOP, "default-key-of-the-tests", "not-a-key-of-the-tests"):
            call(proxy, key)
        lines = proxy.exchanges(5)
        assert [line.get("caller") for line in lines] == [
            "payroll",
            "shop",
            "shop",
            "default",
            None,
        ]
        counted = {
            (sample.labels["caller"], sample.labels["status"]): sample.value
            for family in text_string_to_metric_families(proxy.admin("/metrics")[1])
            for sample in family.samples
            if sample.name == "breb_proxy_exchanges_total"
        }
        assert counted == {
            ("payroll", "2xx"): 1,
            ("shop", "2xx"): 2,
            ("default", "2xx"): 1,
            ("", "4xx"): 1,
        }
        archive = json.loads(proxy.admin("/console/api/har")[1])["log"]["entries"]
        assert [entry["_caller"] for entry in archive] == [
            "payroll",
            "shop",
            "shop",
            "default",
            "",
        ]


def test_no_name_and_no_key_goes_upstream(proxy: Program, upstream: RawUpstream) -> None:
    call(proxy, PAYROLL)
    head = upstream.requests[-1].head.lower()
    assert b"payroll" not in head
    assert b"x-proxy-key" not in head


def test_a_withdrawn_key_shuts_out_one_caller_alone(upstream: RawUpstream) -> None:
    with Program(upstream.url, caller_key=f"payroll:{PAYROLL}") as proxy:
        assert call(proxy, PAYROLL).status == 200
        assert call(proxy, SHOP).status == 403


def test_a_replay_may_do_no_more_than_the_caller_who_sent_it(
    proxy: Program, upstream: RawUpstream
) -> None:
    """Nor does it need the caller's key: the console never shows it."""

    def replay(key: str) -> dict[str, object]:
        call(proxy, key, "/v1/replayed")
        archive = json.loads(proxy.admin("/console/api/har")[1])["log"]["entries"]
        number = archive[-1]["_exchange"]
        wish = {"of": number, "method": "POST", "target": "/v1/payments/breb", "confirmed": True}
        document = json.dumps({**wish, "fields": [], "body": "{}"})
        told: dict[str, object] = json.loads(
            proxy.admin("/console/api/replay", "POST", document)[1]
        )
        return told

    arrived = len(upstream.requests)
    assert replay(SHOP)["status"] == 403
    assert replay("no-key-of-these-tests")["status"] == 403
    assert len(upstream.requests) == arrived + 1
    assert replay(PAYROLL)["status"] == 200
    last = json.loads(proxy.admin("/console/api/har")[1])["log"]["entries"][-1]
    assert (last["request"]["method"], last["_caller"]) == ("POST", "payroll")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel does not tell")
@pytest.mark.parametrize("keys", [None, NAMED])
def test_on_a_unix_socket_the_user_is_told(
    upstream: RawUpstream, tmp_path: Path, keys: str | None
) -> None:
    path = str(tmp_path / "p.sock")
    with Program(upstream.url, listen=f"unix:{path}", caller_key=keys) as proxy:
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(path)
        with Reader(sock) as reader:
            sock.sendall(
                f"GET / HTTP/1.1\r\nHost: localhost\r\nX-Proxy-Key: {SHOP}\r\n\r\n".encode()
            )
            answer = read_answer(reader)
            assert answer is not None
            assert answer.status == 200
        (line,) = proxy.exchanges()
        assert line["uid"] == os.getuid()
        assert line["caller"] == ("shop" if keys else f"uid:{os.getuid()}")
