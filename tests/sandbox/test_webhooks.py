"""Payment events on their way to a callback."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

SECRET = "sandbox-webhook-secret"
PESOS = {"value": "10", "currency": "COP"}


class Callback:
    """A receiver that answers what it is told to and remembers what came."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        callback = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                callback.came.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(callback.statuses.pop(0) if callback.statuses else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

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
    deadline = time.monotonic() + 10
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
    assert [one["data"]["status"] for one in told] == ["PENDING", "SETTLED"]
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
    from proxy.sandbox.webhooks import TRIES, pauses

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
    sandbox.control("webhooks", url=callback.url)
    sandbox.pay(account, sandbox.resolve(customer))
    callback.wait(1)
    sandbox.control("webhooks", delivery="Once")
    assert sandbox.view("webhooks")["url"] == callback.url
    sandbox.control("webhooks", url=None)
    sandbox.pay(account, sandbox.resolve(customer))
    sandbox.later()
    assert len(_deliveries(sandbox)) == 1
