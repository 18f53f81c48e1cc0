"""Payment events on their way to a callback."""

import contextlib
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.support.patience import PATIENCE

SECRET = "sandbox-webhook-secret"
PESOS = {"value": "10", "currency": "COP"}


class Callback:
    """A receiver that answers what it is told to and remembers what came."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.answers: list[bytes] = []
        self.pause = 0.0
        callback = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                callback.came.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(callback.statuses.pop(0) if callback.statuses else 204)
                answer = callback.answers.pop(0) if callback.answers else b""
                time.sleep(callback.pause)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):  # whoever asked may have given up
                    self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/events"

    def wait(self, count: int) -> list[tuple[dict[str, str], bytes]]:
        """Wait until so many deliveries have come."""
        _until(lambda: len(self.came) >= count)
        return self.came

    def names(self, count: int) -> list[str]:
        """Wait, and name the events that came, in alphabetical order."""
        return sorted(json.loads(body)["event"] for _, body in self.wait(count))


def _until(done: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def callback() -> Iterator[Callback]:
    receiver = Callback()
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.02,))
    thread.start()
    yield receiver
    receiver.server.shutdown()
    thread.join()
    receiver.server.server_close()


def test_a_payment_is_told_when_confirmed_and_when_settled(start: Any, callback: Callback) -> None:
    """Nobody asks for the payment: it settles and is told by itself."""
    sandbox = start(webhook_url=callback.url, settle_delay=0.1)
    _, account, resolution = sandbox.ready()
    payment = sandbox.pay(account, resolution)
    assert callback.names(2) == ["payment.outbound.confirmed", "payment.outbound.settled"]
    told = [json.loads(body) for _, body in callback.came]
    # By name: two deliveries may overtake each other on their way.
    assert {one["event"]: one["data"]["status"] for one in told} == {
        "payment.outbound.confirmed": "PENDING",
        "payment.outbound.settled": "SETTLED",
    }
    assert {one["data"]["id"] for one in told} == {payment["id"]}
    assert len({one["id"] for one in told}) == 2


def test_a_delivery_is_signed(start: Any, callback: Callback) -> None:
    sandbox = start(webhook_url=callback.url)
    sandbox.pay(*sandbox.ready()[1:])
    fields, body = callback.wait(1)[0]
    moment = fields["x-passport-timestamp"]
    signed = moment.encode() + b"." + body
    wanted = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert fields["x-passport-signature"] == wanted
    assert abs(int(moment) - time.time()) < 60
    assert fields["content-type"] == "application/json"


def test_what_is_not_documented_can_be_chosen(start: Any, callback: Callback) -> None:
    sandbox = start(
        webhook_url=callback.url, webhook_secret="s", webhook_signed="body",
        webhook_payload="payment", webhook_signature_field="X-Sig",
        webhook_timestamp_field="X-Time",
    )  # fmt: skip
    payment = sandbox.pay(*sandbox.ready()[1:])
    fields, body = callback.wait(1)[0]
    assert fields["x-sig"] == hmac.new(b"s", body, hashlib.sha256).hexdigest()
    assert "x-time" in fields
    assert json.loads(body)["id"] == payment["id"]


def test_a_rejection_is_told(start: Any, callback: Callback) -> None:
    sandbox = start(webhook_url=callback.url)
    sandbox.pay(*sandbox.ready()[1:], value="0")
    sandbox.later()
    assert callback.names(2) == ["payment.outbound.confirmed", "payment.outbound.rejected"]


@pytest.mark.parametrize(
    ("events", "names"),
    [
        ("new", ["payment.inbound.confirmed", "payment.inbound.received"]),
        ("old", ["payment.confirmed", "payment.inbound"]),
        (
            "both",
            ["payment.confirmed", "payment.inbound", "payment.inbound.confirmed",
             "payment.inbound.received"],
        ),
    ],
)  # fmt: skip
def test_events_have_new_names_and_old(
    sandbox: Any, callback: Callback, events: str, names: list[str]
) -> None:
    sandbox.control("webhooks", url=callback.url, events=events, secret="x", delivery="Once")
    sandbox.key(sandbox.account())
    sandbox.control("inbound", key_value="@panaderia", amount="10")
    assert callback.names(len(names)) == names


def _deliveries(sandbox: Any) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = sandbox.view("webhooks")["deliveries"]
    return told


def test_a_failed_delivery_is_tried_again(start: Any, callback: Callback) -> None:
    callback.statuses = [500, 302, 404]
    sandbox = start(webhook_url=callback.url, webhook_retry_base=0.001, settle_delay=60)
    sandbox.pay(*sandbox.ready()[1:])
    _until(lambda: _deliveries(sandbox)[0]["delivered"])
    assert _deliveries(sandbox)[0]["tries"] == ["500", "302", "404", "204"]


def test_twelve_tries_are_all(start: Any, callback: Callback) -> None:
    callback.statuses = [500] * 20
    sandbox = start(webhook_url=callback.url, webhook_retry_base=0.00001, settle_delay=60)
    sandbox.pay(*sandbox.ready()[1:])
    _until(lambda: len(_deliveries(sandbox)[0]["tries"]) == 12)
    assert not _deliveries(sandbox)[0]["delivered"]
    assert len(callback.came) == 12


def test_pauses_double_from_one_second() -> None:
    from simulator.webhooks import TRIES, pauses

    assert list(pauses(1.0)) == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
    assert len(list(pauses(1.0))) == TRIES - 1


def test_a_reset_drops_what_is_still_to_be_tried(start: Any, callback: Callback) -> None:
    callback.statuses = [500, 500]
    sandbox = start(webhook_retry_base=0.2, settle_delay=60)
    sandbox.control("webhooks", url=callback.url)
    sandbox.pay(*sandbox.ready()[1:])
    callback.wait(1)
    sandbox.control("reset", keep_tokens=True)
    sandbox.control("webhooks", url=callback.url)
    sandbox.later(5)
    later = sandbox.pay(*sandbox.ready()[1:])["created_at"]
    told = [json.loads(body)["data"]["created_at"] for _, body in callback.wait(3)]
    assert told[1:] == [later, later]


def test_one_try_may_be_all(start: Any, callback: Callback) -> None:
    callback.statuses = [500]
    sandbox = start(webhook_url=callback.url, webhook_delivery="Once", settle_delay=60)
    sandbox.pay(*sandbox.ready()[1:])
    _until(lambda: _deliveries(sandbox)[0]["tries"])
    sandbox.pay(*sandbox.ready()[1:])
    _until(lambda: len(callback.came) == 2)
    assert [one["tries"] for one in _deliveries(sandbox)][-1] == ["500"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://[broken/"])
def test_a_callback_that_cannot_be_reached_breaks_nothing(start: Any, url: str) -> None:
    sandbox = start(webhook_url=url, webhook_delivery="Once")
    sandbox.pay(*sandbox.ready()[1:])
    _until(lambda: _deliveries(sandbox)[0]["tries"])
    assert _deliveries(sandbox)[0]["tries"][0] in {"ConnectError", "InvalidURL"}


def test_without_a_callback_events_go_nowhere(sandbox: Any, callback: Callback) -> None:
    customer, account, resolution = sandbox.ready()
    sandbox.pay(account, resolution)
    sandbox.later()
    sandbox.control("webhooks", url=callback.url)
    heard = sandbox.pay(account, sandbox.resolve(customer))
    callback.wait(1)
    sandbox.control("webhooks", delivery="Once")
    assert sandbox.view("webhooks")["url"] == callback.url
    sandbox.control("webhooks", url=None)
    sandbox.pay(account, sandbox.resolve(customer))
    sandbox.later()
    assert {each["payment_id"] for each in _deliveries(sandbox)} == {heard["id"]}


def test_a_delivery_may_come_twice(start: Any, callback: Callback) -> None:
    sandbox = start(webhook_url=callback.url, webhook_trouble=("duplicate",), settle_delay=60)
    sandbox.pay(*sandbox.ready()[1:])
    one, other = (json.loads(body) for _, body in callback.wait(2))
    assert one == other
    _until(lambda: _deliveries(sandbox)[0]["tries"] == ["204", "204"])


def test_a_signature_may_be_wrong(sandbox: Any, callback: Callback) -> None:
    sandbox.control("webhooks", url=callback.url, trouble=["wrong-signature"])
    sandbox.pay(*sandbox.ready()[1:])
    fields, body = callback.wait(1)[0]
    signed = fields["x-passport-timestamp"].encode() + b"." + body
    right = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert len(fields["x-passport-signature"]) == len(right)
    assert fields["x-passport-signature"] != right


def test_deliveries_may_overtake_each_other(start: Any, callback: Callback) -> None:
    sandbox = start(webhook_url=callback.url, webhook_trouble=("out-of-order",), settle_delay=0.1)
    sandbox.pay(*sandbox.ready()[1:])
    names = [json.loads(body)["event"] for _, body in callback.wait(2)]
    assert names == ["payment.outbound.settled", "payment.outbound.confirmed"]


def test_a_delivery_may_be_late(start: Any, callback: Callback) -> None:
    sandbox = start(webhook_url=callback.url, webhook_delay=0.3, settle_delay=60)
    begun = time.monotonic()
    sandbox.pay(*sandbox.ready()[1:])
    callback.wait(1)
    assert time.monotonic() - begun >= 0.3


def test_a_delivery_can_be_sent_again(sandbox: Any, callback: Callback) -> None:
    sandbox.control("webhooks", url=callback.url)
    sandbox.pay(*sandbox.ready()[1:])
    callback.wait(1)
    number = _deliveries(sandbox)[0]["id"]
    sandbox.control("webhooks/resend", id=number)
    bodies = [body for _, body in callback.wait(2)]
    assert bodies[0] == bodies[1]
    answer = sandbox.bare.post("/_sandbox/webhooks/resend", json={"id": 99})
    assert (answer.status_code, "no such delivery" in answer.text) == (400, True)
    sandbox.control("webhooks", url=None)
    answer = sandbox.bare.post("/_sandbox/webhooks/resend", json={"id": number})
    assert (answer.status_code, "no callback" in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("status", "answer", "settings", "accepted"),
    [
        pytest.param(200, b'{"accept": true}', {}, True, id="yes"),
        pytest.param(200, b'{"accept": false}', {}, False, id="no"),
        pytest.param(200, b'{"accept": "yes"}', {}, False, id="no-boolean"),
        pytest.param(200, b"<html>", {}, False, id="no-json"),
        pytest.param(200, b"[]", {}, False, id="no-object"),
        pytest.param(500, b'{"accept": true}', {}, False, id="failure"),
        pytest.param(500, b"", {"authorization_on_error": "approve"}, True, id="approved-anyway"),
    ],
)
def test_a_payment_that_comes_in_is_asked_about(
    start: Any,
    callback: Callback,
    status: int,
    answer: bytes,
    settings: dict[str, Any],
    accepted: bool,
) -> None:
    callback.statuses, callback.answers = [status], [answer]
    sandbox = start(authorization_url=callback.url, opening_balance="5", **settings)
    account = sandbox.account()
    sandbox.key(account)
    sandbox.control("inbound", key_value="@panaderia", amount="10")
    (_, body) = callback.wait(1)[0]
    asked = json.loads(body)
    assert (asked["event"], asked["data"]["status"]) == ("payment.inbound.authorization", "PENDING")
    path = f"/v1/payments/{asked['data']['id']}"
    _until(lambda: sandbox.get(path)["status"] != "PENDING")
    assert sandbox.get(path)["status"] == ("SETTLED" if accepted else "REJECTED")
    held = sandbox.get(f"/v1/accounts/{account}")["available_balance"]["value"]
    assert held == ("15" if accepted else "5")


def test_who_does_not_answer_in_time_has_said_nothing(start: Any, callback: Callback) -> None:
    callback.pause, callback.answers = 1.0, [b'{"accept": true}']
    sandbox = start(authorization_timeout=0.2)
    sandbox.control("webhooks", authorization_url=callback.url)
    sandbox.key(sandbox.account())
    sandbox.control("inbound", key_value="@panaderia", amount="10")
    (payment,) = sandbox.get("/v1/payments")["payments"]
    _until(lambda: sandbox.get(f"/v1/payments/{payment['id']}")["status"] == "REJECTED")
    (told,) = _deliveries(sandbox)
    assert (told["delivered"], told["tries"]) == (False, ["no response in time"])
    sandbox.control("webhooks", authorization_url=None)
    sandbox.control("inbound", key_value="@panaderia", amount="10")
    assert sandbox.get("/v1/payments")["payments"][1]["status"] == "SETTLED"


def test_the_question_is_no_event_to_be_sent_again(start: Any) -> None:
    sandbox = start(authorization_url="http://127.0.0.1:1/", webhook_url="http://127.0.0.1:1/")
    sandbox.key(sandbox.account())
    sandbox.control("inbound", key_value="@panaderia", amount="10")
    _until(lambda: _deliveries(sandbox) and _deliveries(sandbox)[0]["tries"] == ["ConnectError"])
    answer = sandbox.bare.post("/_sandbox/webhooks/resend", json={"id": 1})
    assert answer.status_code == 400
