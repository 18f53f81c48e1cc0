"""What goes wrong when it is asked to, seen from the wire."""

import contextlib
import socket
import time
from collections.abc import Callable
from random import Random
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import SandboxConfig, create_app
from simulator.faults import Fault
from simulator.latency import PROFILES, Latency, seconds


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("status=503;times=2", Fault(status=503, times=2)),
        ("delay=2s", Fault(delay=2.0)),
        (
            " delay=250ms ; status=429 ; retry-after=7 ",
            Fault(delay=0.25, status=429, retry_after=7),
        ),
        ("cut-body=50%", Fault(cut_body=0.5)),
        ("cut-body=100%", Fault(cut_body=1.0)),
        ("reset", Fault(reset=True)),
        ("hang", Fault(hang=3600.0)),
        ("hang=30s;when=after", Fault(hang=30.0, after=True)),
        ("reset;when=before;id=a;times=1", Fault(reset=True, label="a", times=1)),
        ("body=html;status=504", Fault(body="html", status=504)),
        ("body=latin1", Fault(body="latin1")),
        ("trickle=5ms", Fault(trickle=0.005)),
    ],
)
def test_a_fault_reads(text: str, fault: Fault) -> None:
    assert Fault.parse(text) == fault


@pytest.mark.parametrize(
    "text",
    [
        "", ";", "nonsense", "times=2", "status", "status=99", "status=600", "status=2x",
        "delay=soon", "delay=2h", "delay=3601", "cut-body=50", "cut-body=101%", "reset=yes",
        "hang=long", "status=503;times=many", "status=503;retry-after=-1", "status=503;when=now",
        "status=503;reset", "cut-body=5%;hang", "status=503;times=0", "reset;id=a",
        "status=503;id;times=1", "reset;retry-after=3", "delay=1s;retry-after=3",
        "cut-body=5%;when=before", "body=garbage;when=before", "body=xml", "body",
        "body=garbage;status=200", "trickle=1ms;when=before",
    ],
)  # fmt: skip
def test_what_is_no_fault_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Fault.parse(text)


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert Fault.parse(text) == Fault.parse(f" {text} ")


@pytest.mark.parametrize(("text", "value"), [("2s", 2.0), ("250ms", 0.25), ("1.5", 1.5)])
def test_a_duration_reads(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize(
    ("text", "latency"),
    [
        ("none", Latency()),
        ("120ms", Latency(0.12, 0.12)),
        ("20ms..80ms", Latency(0.02, 0.08)),
    ],
)
def test_a_latency_reads(text: str, latency: Latency) -> None:
    assert Latency.parse(text) == latency


@pytest.mark.parametrize("text", ["", "fast", "80ms..20ms", "1s..", "..1s"])
def test_what_is_no_latency_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|ends before"):
        Latency.parse(text)


@pytest.mark.parametrize("name", PROFILES)
def test_a_latency_stays_within_its_span(name: str) -> None:
    latency, dice = PROFILES[name], Random(1)
    drawn = {latency.draw(dice) for _ in range(500)}
    assert all(latency.low <= one <= latency.high or one == latency.longest for one in drawn)
    assert (latency.longest in drawn) == (latency.tail > 0 or latency.high == 0)


def test_a_request_fails_as_often_as_it_asks_to(sandbox: Any) -> None:
    fields = {"X-Sandbox-Fault": "status=503;times=2;retry-after=4"}
    answers = [sandbox.http.get("/v1/keys", headers=fields) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].headers["Retry-After"] == "4"
    assert answers[0].json()["code"] == "FAULT"
    fields["X-Sandbox-Fault"] += ";id=again"
    assert sandbox.http.get("/v1/keys", headers=fields).status_code == 503
    assert sandbox.http.get("/v1/recipients", headers=fields).status_code == 503


def test_a_fault_that_does_not_read_is_said_to(sandbox: Any) -> None:
    answer = sandbox.http.get("/v1/keys", headers={"X-Sandbox-Fault": "status=abc"})
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_FAULT")


def test_only_so_many_spent_faults_are_remembered(
    sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulator.behaviour._REMEMBERED", 2)
    for number in range(4):
        fields = {"X-Sandbox-Fault": f"status=503;times=1;id={number}"}
        assert sandbox.http.get("/v1/keys", headers=fields).status_code == 503
        sandbox.get(f"/v1/nowhere/{number}", 404)
    assert len(sandbox.view("executions")["received"]) == 2


def test_an_answer_without_a_body_may_be_asked_for(sandbox: Any) -> None:
    answer = sandbox.http.get("/v1/keys", headers={"X-Sandbox-Fault": "status=204"})
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_delayed_answer_comes_late_but_whole(sandbox: Any) -> None:
    begun = time.monotonic()
    answer = sandbox.http.get("/v1/keys", headers={"X-Sandbox-Fault": "delay=300ms"})
    assert time.monotonic() - begun >= 0.3
    assert answer.status_code == 200


def _paid(sandbox: Any, fault: str) -> tuple[dict[str, str], int]:
    """Pay through a fault; give the request's body and how many payments there are now."""
    _, account, resolution = sandbox.ready()
    amount = {"value": "10", "currency": "COP"}
    body = {"account_id": account, "resolution_id": resolution, "amount": amount}
    with contextlib.suppress(httpx.TransportError):
        sandbox.http.post("/v1/payments/breb", json=body, headers={"X-Sandbox-Fault": fault})
    counted: dict[str, Any] = sandbox.view("executions")
    return body, counted["total"]


@pytest.mark.parametrize(
    ("fault", "executed"),
    [
        ("status=500", 0),
        ("status=500;when=after", 1),
        ("reset", 0),
        ("reset;when=after", 1),
        ("hang=50ms", 0),
        ("hang=50ms;when=after", 1),
        ("delay=20ms;when=after", 1),
        ("cut-body=50%", 1),
    ],
)
def test_a_fault_comes_before_or_after_the_deed(sandbox: Any, fault: str, executed: int) -> None:
    assert _paid(sandbox, fault)[1] == executed


@pytest.mark.parametrize(
    ("behaviour", "fault"), [("none", "delay=200ms"), ("200ms", "when=before;delay=0")]
)
def test_who_leaves_during_a_delay_has_paid(sandbox: Any, behaviour: str, fault: str) -> None:
    _, account, resolution = sandbox.ready()
    amount = {"value": "10", "currency": "COP"}
    body = {"account_id": account, "resolution_id": resolution, "amount": amount}
    asked = sandbox.http.build_request(
        "POST", "/v1/payments/breb", json=body, headers={"X-Sandbox-Fault": fault}
    )
    lines = "".join(f"{name}: {value}\r\n" for name, value in asked.headers.items())
    sandbox.control("behaviour", latency=behaviour)
    with socket.create_connection(("127.0.0.1", sandbox.port)) as sock:
        sock.sendall(f"POST /v1/payments/breb HTTP/1.1\r\n{lines}\r\n".encode() + asked.content)
        assert _soon(lambda: "POST /v1/payments/breb" in sandbox.view("executions")["received"])
    assert _soon(lambda: sandbox.view()["journal"][0]["path"] == "/v1/payments/breb")
    assert sandbox.view("executions")["total"] == 1


def _soon(happened: Callable[[], bool]) -> bool:
    return any(happened() for _ in range(2000))


def _wire(sandbox: Any, fault: str, seconds: float = 10) -> bytes:
    """Send a request over a bare socket; give what comes until the end or the reset."""
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=seconds) as sock:
        sock.sendall(
            f"GET /v1/keys HTTP/1.1\r\nHost: x\r\nX-Sandbox-Fault: {fault}\r\n\r\n".encode()
        )
        got = b""
        while part := sock.recv(65536):
            got += part
        return got


@pytest.mark.parametrize("status", [204, 304])
def test_the_connection_outlives_an_answer_without_a_body(sandbox: Any, status: int) -> None:
    last = "GET /v1/keys HTTP/1.1\r\nHost: x\r\nConnection: close"
    got = _wire(sandbox, f"status={status}\r\n\r\n{last}")
    assert [part[:3] for part in got.split(b"HTTP/1.1 ")[1:]] == [b"%d" % status, b"401"]


def test_a_reset_reaches_the_wire_as_such(sandbox: Any) -> None:
    with pytest.raises(ConnectionResetError):
        _wire(sandbox, "reset")


def test_a_hang_ends_in_a_reset(sandbox: Any) -> None:
    with pytest.raises(ConnectionResetError):
        _wire(sandbox, "hang=50ms")


def test_a_hang_says_nothing_until_then(sandbox: Any) -> None:
    with pytest.raises(TimeoutError):
        _wire(sandbox, "hang", seconds=0.3)
    sandbox.get("/v1/keys")


@pytest.mark.parametrize(("share", "low", "high"), [(0, 0, 0), (50, 80, 110), (99, 180, 194)])
def test_a_cut_body_is_shorter_than_promised(sandbox: Any, share: int, low: int, high: int) -> None:
    head, _, body = _wire(sandbox, f"cut-body={share}%").partition(b"\r\n\r\n")
    assert b"HTTP/1.1 401" in head
    lengths = [line for line in head.lower().splitlines() if line.startswith(b"content-length:")]
    promised = int(lengths[0].split(b":")[1])
    assert len(body) == int(promised * share / 100)
    assert low <= len(body) <= high < promised


def test_where_the_server_hides_its_connection_an_answer_is_broken_off() -> None:
    """Behind a server or middleware of another make, both faults still end without an end."""
    for fault in (b"reset", b"cut-body=50%", b"hang=0s"):
        sent = _bare(fault)
        assert sent[0]["type"] == "http.response.start"
        assert sent[-1]["more_body"]
        assert b"content-length" in dict(sent[0]["headers"])


def _bare(fault: bytes) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    app: Any = create_app(SandboxConfig())
    scope = {
        "type": "http", "method": "GET", "path": "/v1/keys", "raw_path": b"/v1/keys",
        "query_string": b"", "headers": [(b"x-sandbox-fault", fault)],
    }  # fmt: skip
    anyio.run(app, scope, receive, send)
    return sent


def test_faults_are_planned_for_requests_that_match(sandbox: Any) -> None:
    sandbox.control("faults", fault="status=500;times=1", match="GET /v1/k*")
    sandbox.control("faults", fault="status=502", match="POST *")
    sandbox.get("/v1/recipients")
    sandbox.get("/v1/keys", 500)
    sandbox.get("/v1/keys")
    sandbox.post("/v1/keys", 502)
    first = {"fault": "status=500;times=1", "match": "GET /v1/k*", "happened": 1, "used": True}
    other = {"fault": "status=502", "match": "POST *", "happened": 1, "used": True}
    assert sandbox.view()["faults"] == [{**first, "left": False}, {**other, "left": True}]
    sandbox.control("faults", fault="delay=1ms", match="/v1/recipients")
    assert sandbox.view("faults")["faults"][2]["match"] == "* /v1/recipients"
    assert not sandbox.view("faults")["faults"][2]["used"]
    sandbox.get("/v1/recipients")
    assert sandbox.view("faults")["faults"][2]["used"]
    sandbox.control("faults/clear")
    sandbox.post("/v1/keys", 400)


def test_dice_fail_a_share_of_requests_the_same_way_each_time(start: Any) -> None:
    runs = []
    for _ in range(2):
        sandbox = start(seed=5)
        sandbox.control("behaviour", error_rate=0.5, error_status=502)
        runs.append([sandbox.http.get("/v1/keys").status_code for _ in range(20)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 502}
    assert start(seed=None, error_rate=0).view()["behaviour"]["error_status"] == 503


def test_a_mood_may_be_there_from_the_start(start: Any) -> None:
    sandbox = start(require_token=False, latency="1ms..2ms", error_rate=1, error_status=500)
    sandbox.get("/v1/keys", 500)
    faulty = start(require_token=False, fault="status=418")
    faulty.get("/v1/keys", 418)
    assert faulty.view()["journal"][0]["fault"] == "planned, or at random"


def test_no_fault_is_the_default() -> None:
    assert SandboxConfig(fault=None) == SandboxConfig()


@pytest.mark.parametrize("bad", [{"latency": "fast"}, {"fault": "x"}, {"error_rate": 2}, {"x": 1}])
def test_a_setting_that_does_not_read_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"1 validation error"):
        SandboxConfig(**bad)


@pytest.mark.parametrize("match", ["", "GTE /v1/keys", "GET v1/keys", "POST", "get /v1/keys"])
def test_a_match_that_meets_no_request_is_refused(sandbox: Any, match: str) -> None:
    body = {"fault": "status=500", "match": match}
    answer = sandbox.bare.post("/_sandbox/faults", json=body)
    assert (answer.status_code, "matches no request" in answer.text) == (400, True)


def _faulty(sandbox: Any, fault: str, path: str = "/v1/keys") -> httpx.Response:
    answer: httpx.Response = sandbox.http.get(path, headers={"X-Sandbox-Fault": fault})
    return answer


def test_a_gateway_may_answer_with_a_page(sandbox: Any) -> None:
    answer = _faulty(sandbox, "body=html;retry-after=3")
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")
    assert "<h1>502 Bad Gateway</h1>" in answer.text
    assert answer.headers["Retry-After"] == "3"
    assert _faulty(sandbox, "body=html;status=418").status_code == 418


def test_an_answer_may_be_empty(sandbox: Any) -> None:
    sandbox.control("faults", fault="body=empty;times=1", match="POST /v1/iam/oauth/tokens")
    answer = sandbox.bare.post("/v1/iam/oauth/tokens", json={})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Type"] == "application/json"
    assert sandbox.bare.post("/v1/iam/oauth/tokens", json={}).status_code == 400


def test_an_answer_may_be_json_no_more(sandbox: Any) -> None:
    key = sandbox.key(sandbox.account(sandbox.customer()))
    path = f"/v1/keys/{key}"
    whole = sandbox.http.get(path).content
    assert _faulty(sandbox, "body=cut-json", path).content == whole[: len(whole) // 2]
    assert _faulty(sandbox, "body=garbage", path).content.startswith(whole + b"\n<!--")
    assert _faulty(sandbox, "body=bom", path).content == b"\xef\xbb\xbf" + whole


@pytest.mark.parametrize(("kind", "charset"), [("latin1", "iso-8859-1"), ("utf16", "utf-16")])
def test_an_answer_may_be_in_another_charset(sandbox: Any, kind: str, charset: str) -> None:
    path = f"/v1/customers/{sandbox.customer()}"
    answer = _faulty(sandbox, f"body={kind}", path)
    assert answer.headers["Content-Type"] == f"application/json; charset={charset}"
    assert "Panadería" in answer.content.decode(charset)
    assert "Panadería".encode() not in answer.content


def test_an_answer_may_trickle(sandbox: Any) -> None:
    begun = time.monotonic()
    answer = _faulty(sandbox, "trickle=1ms")
    assert answer.json()["keys"] == []
    assert time.monotonic() - begun >= 0.001 * len(answer.content)


def test_what_has_no_body_has_none_to_change(sandbox: Any) -> None:
    path = f"/v1/keys/{sandbox.key(sandbox.account(sandbox.customer()))}"
    answer = sandbox.http.delete(path, headers={"X-Sandbox-Fault": "body=garbage"})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("fault", ["body=cut-json", "body=html;when=after", "trickle=0"])
def test_a_payment_behind_a_broken_body_is_made(sandbox: Any, fault: str) -> None:
    assert _paid(sandbox, fault)[1] == 1


@pytest.mark.parametrize("fault", ["body=html", "body=empty"])
def test_a_gateways_own_answer_comes_before_the_deed(sandbox: Any, fault: str) -> None:
    assert _paid(sandbox, fault)[1] == 0


def test_the_journal_knows_the_trace_id_of_an_error(sandbox: Any) -> None:
    told = sandbox.get("/v1/keys/nonsense", 400)
    assert sandbox.view()["journal"][0]["trace_id"] == told["trace_id"]
    sandbox.get("/v1/keys")
    assert sandbox.view()["journal"][0]["trace_id"] == ""
