"""The page and the controls of /_sandbox."""

from typing import Any

import pytest

NOBODY = "00000000-0000-4000-8000-000000000000"


def test_a_browser_gets_the_page_and_a_program_json(sandbox: Any) -> None:
    page = sandbox.bare.get("/_sandbox", headers={"Accept": "text/html,*/*"})
    assert "<title>Bre-B simulator</title>" in page.text
    assert "not the real thing" in sandbox.bare.get("/_sandbox/words.js").text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert sandbox.bare.get("/_sandbox").json().keys() == sandbox.view("state").keys()
    for name, kind in {
        "page.js": "text/javascript",
        "page.css": "text/css",
        "page.svg": "image/svg",
        "words.js": "text/javascript",
    }.items():
        answer = sandbox.bare.get(f"/_sandbox/{name}")
        assert answer.headers["Content-Type"].startswith(kind)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param({"Host": "localhost"}, 200, id="localhost"),
        pytest.param({"Host": "127.0.0.1:1"}, 200, id="other-port"),
        pytest.param({"Host": "[::1]:9090"}, 200, id="ipv6"),
        pytest.param({"Host": "evil.example"}, 403, id="stranger"),
        pytest.param({"Host": "localhost.evil.example"}, 403, id="prefix"),
        pytest.param({"Host": "127.0.0.1.evil.example:9090"}, 403, id="numbers"),
        pytest.param({"Host": "["}, 403, id="broken"),
        pytest.param({"Origin": "http://evil.example"}, 403, id="other-origin"),
        pytest.param({"Origin": "null"}, 403, id="no-origin"),
        pytest.param({"Host": "localhost", "Origin": "http://localhost"}, 200, id="own-origin"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, 403, id="cross-site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, 403, id="same-site"),
        pytest.param({"Sec-Fetch-Site": "same-origin"}, 200, id="same-origin"),
        pytest.param({"Sec-Fetch-Site": "none"}, 200, id="typed"),
    ],
)
def test_controls_are_for_this_machine(sandbox: Any, fields: dict[str, str], status: int) -> None:
    assert sandbox.bare.post("/_sandbox/reset", headers=fields).status_code == status
    assert sandbox.bare.get("/_sandbox", headers=fields).status_code == status


def test_further_names_can_be_let_in(start: Any) -> None:
    sandbox = start(control_hosts=("simulator",))
    fields = {"Host": "simulator:9090"}
    assert sandbox.bare.get("/_sandbox", headers=fields).status_code == 200
    assert sandbox.bare.get("/_sandbox", headers={"Host": "other"}).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_sandbox/nowhere", 404),
        ("POST", "/_sandbox/nowhere", 404),
        ("GET", "/_sandbox/reset", 404),
        ("PUT", "/_sandbox/reset", 405),
        ("GET", "/_sandboxes", 401),
    ],
)
def test_what_is_no_control(sandbox: Any, method: str, path: str, status: int) -> None:
    answer = sandbox.bare.request(method, path)
    assert answer.status_code == (status if path != "/_sandboxes" else 404)


@pytest.mark.parametrize(
    ("control", "body", "word"),
    [
        ("reset", {"nonsense": 1}, "nonsense"),
        ("behaviour", {"latency": "fast"}, "duration"),
        ("moods", {"latency": "fast"}, "duration"),
        ("behaviour", {"error_rate": 2}, "error_rate"),
        ("behaviour", {"error_status": 200}, "error_status"),
        ("faults", {"fault": "nonsense"}, "unknown directive"),
        ("faults", {}, "fault"),
        ("tokens/expire", {"seconds": -1}, "seconds"),
        ("tokens/expire", {"seconds": 1, "token_id": NOBODY}, "no such token"),
        ("outcomes", {"status": "LOST"}, "status"),
        ("outcomes", {"status": "REJECTED", "error_code": "X"}, "error_code"),
        ("outcomes", {}, "name a status"),
        ("outcomes", {"status": "SETTLED", "error_code": "B105"}, "goes with REJECTED"),
        ("outcomes", {"status": "REJECTED", "error_code": "U000"}, "means accepted"),
        ("clock", {"advance": -1}, "advance"),
        ("inbound", {"key_value": "@nobody", "amount": "1"}, "no active key"),
        ("inbound", {"key_value": "3001234567", "amount": "1"}, "no active key"),
        ("webhooks", {"url": "ftp://x"}, "url"),
    ],
)
def test_a_control_says_why_it_does_not_move(
    sandbox: Any, control: str, body: dict[str, Any], word: str
) -> None:
    answer = sandbox.bare.post(f"/_sandbox/{control}", json=body)
    assert answer.status_code == 400
    assert word in answer.json()["message"]


def test_what_is_no_json_is_said_to_be(sandbox: Any) -> None:
    answer = sandbox.bare.post("/_sandbox/reset", content=b"{")
    assert answer.json()["message"] == "the body is not JSON"


def test_a_control_takes_no_endless_body(sandbox: Any) -> None:
    assert sandbox.bare.post("/_sandbox/reset", content=b" " * 70000).status_code == 413
    assert sandbox.bare.post("/_sandbox/reset", content=b"{").status_code == 400


def test_reset_forgets_everything(sandbox: Any) -> None:
    _, account, resolution = sandbox.ready()
    sandbox.pay(account, resolution)
    sandbox.control("behaviour", latency="1ms", error_rate=0.0)
    sandbox.control("webhooks", url="http://127.0.0.1:9/")
    sandbox.later(100)
    sandbox.control("reset")
    state = sandbox.view()
    assert set(state["counts"].values()) == {0}
    assert (state["clock_offset"], state["behaviour"]["latency"]) == (0, "none")
    assert (state["tokens"], state["journal"], state["webhooks"]["url"]) == ([], [], None)
    assert sandbox.view("executions") == {
        "total": 0, "paid_twice": {}, "payments": {}, "received": {}, "served": {},
    }  # fmt: skip
    sandbox.get("/v1/keys", 401)


def test_reset_may_leave_the_tokens(sandbox: Any) -> None:
    sandbox.customer()
    sandbox.control("reset", keep_tokens=True)
    sandbox.get("/v1/customers", 404)


def test_tokens_expire_when_told(sandbox: Any) -> None:
    other = sandbox.token()
    sandbox.control("tokens/expire", seconds=30, token_id=other["token_id"])
    sandbox.later(30)
    sandbox.get(f"/v1/iam/oauth/tokens/{other['token_id']}", 404)
    sandbox.control("tokens/expire", seconds=5)
    assert sandbox.view()["tokens"][0]["seconds_left"] <= 5
    sandbox.later(5)
    sandbox.get("/v1/keys", 401)


def test_tokens_are_revoked_when_told(sandbox: Any) -> None:
    other = sandbox.token()
    sandbox.control("tokens/revoke", token_id=other["token_id"])
    sandbox.get(f"/v1/iam/oauth/tokens/{other['token_id']}", 404)
    sandbox.control("tokens/revoke")
    sandbox.get("/v1/keys", 401)


def test_the_next_payments_end_as_told(sandbox: Any) -> None:
    customer, account, _ = sandbox.ready()
    sandbox.control("outcomes", status="REJECTED", error_code="B106", times=2)
    sandbox.control("outcomes", status="PENDING")
    assert [(rule["times"], rule["used"]) for rule in sandbox.view()["outcomes"]] == [
        (2, 0),
        (1, 0),
    ]
    made = [sandbox.pay(account, sandbox.resolve(customer))["id"] for _ in range(4)]
    sandbox.later(3600)
    ends = [sandbox.get(f"/v1/payments/{payment}") for payment in made]
    assert [one["status"] for one in ends] == ["REJECTED", "REJECTED", "PENDING", "SETTLED"]
    assert ends[0]["error"] == {"error_code": "B106", "error_description": "fraud risk"}
    assert "error" not in ends[3]
    shown = sandbox.get(f"/v1/accounts/{account}")
    assert shown["pending_balance"]["value"] == "1500"


def test_somebody_outside_pays_in(start: Any) -> None:
    sandbox = start(opening_balance="10")
    account = sandbox.account()
    sandbox.key(account)
    sandbox.control("inbound", key_value="@panaderia", amount="2.50")
    assert sandbox.get(f"/v1/accounts/{account}")["available_balance"]["value"] == "12.50"
    (payment,) = sandbox.get("/v1/payments", direction="INBOUND")["payments"]
    assert payment["sender"]["owner"]["name"] == "Valentina Ospina"


def test_the_page_shows_neither_secrets_nor_tokens(sandbox: Any) -> None:
    bearer = sandbox.token()["access_token"]
    sandbox.get("/v1/keys", key_value="3009998877")
    for name in ("state", "executions", "webhooks"):
        text = sandbox.bare.get(f"/_sandbox/{name}").text
        for secret in (bearer, "sandbox-secret", "sandbox-webhook-secret", "3009998877"):
            assert secret not in text


def test_the_journal_tells_the_last_exchanges(sandbox: Any) -> None:
    sandbox.http.get("/v1/keys", headers={"X-Sandbox-Fault": "status=503"})
    seen = sandbox.view()["journal"][0]
    del seen["at"]
    assert len(seen.pop("trace_id")) == 32
    wanted = {"method": "GET", "path": "/v1/keys", "status": 503, "fault": "status=503"}
    assert seen == wanted
