"""The console's routes as programs see them: real process, real sockets."""

import base64
import gzip
import http.client
import json
import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from proxy.console.routes import PAGE
from proxy.token.keeper import CAUSES
from tests.support import Call, Program, RawUpstream, ask, token_reply
from tests.support.patience import PATIENCE
from tests.support.wire import Reader, connect, read_answer

TOKEN = "5e47e1" * 10


def answer(call: Call) -> bytes:
    """Echo the whole request, as careless upstreams do."""
    if call.target == b"/gzip":
        body = gzip.compress(b'{"email":"ana@example.com","n":1}')
        fields = b"Content-Encoding: gzip\r\nContent-Type: application/json\r\n"
    elif call.target == b"/spelt":
        token = TOKEN.encode()
        percent = b"".join(b"%%%02X" % byte for byte in token)
        body = b" ".join((base64.b64encode(b"Bearer " + token), percent, token.hex().encode()))
        fields = b"Location: /%b?%b\r\nContent-Type: text/plain\r\n" % (percent, percent)
    else:
        body = call.head + b"\n" + call.body
        fields = b"Content-Type: text/plain\r\nSet-Cookie: session=verysecretsession\r\n"
    return b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n%b" % (fields, len(body), body)


@pytest.fixture(scope="module")
def upstream() -> Iterator[RawUpstream]:
    with RawUpstream(answer, token=lambda _: token_reply(TOKEN)) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def proxy(upstream: RawUpstream) -> Iterator[Program]:
    key = "key-of-the-caller"
    with Program(upstream.url, console=True, caller_key=key, deny="GET /denied") as proxy:
        yield proxy


@pytest.fixture
def console(proxy: Program) -> "Page":
    page = Page(proxy)
    page.ask("/console/api/clear", "POST")
    return page


class Page:
    """A page's view of the console, without a browser."""

    def __init__(self, proxy: Program) -> None:
        self.proxy = proxy

    def ask(
        self, path: str, method: str = "GET", document: object = None, **fields: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.proxy.admin_port, timeout=PATIENCE
        )
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        headers = self.proxy.bearer | headers
        body = None
        if document is not None:
            body = document if isinstance(document, bytes) else json.dumps(document).encode()
            headers.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    def json(self, path: str, method: str = "GET", document: object = None) -> Any:
        return json.loads(self.ask(path, method, document)[2])

    def call(self, target: str = "/v1/x", method: str = "GET", **options: Any) -> dict[str, Any]:
        """Send a request through the proxy and return what the console knows of it."""
        fields = [("X-Proxy-Key", "key-of-the-caller"), *options.pop("fields", [])]
        before = {entry["id"] for entry in self.list()}
        ask(self.proxy.port, target, method, fields=fields, **options)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for entry in self.list():
                if entry["id"] not in before:
                    found: dict[str, Any] = self.json(f"/console/api/exchanges/{entry['id']}")
                    return found
            time.sleep(0.02)
        raise AssertionError("the exchange did not come")

    def list(self) -> list[dict[str, Any]]:
        """Return all entries, by way of the archive."""
        entries = self.json("/console/api/har")["log"]["entries"]
        return [{"id": entry["_exchange"], **entry} for entry in entries]

    def replay(self, **wish: Any) -> tuple[int, dict[str, Any]]:
        status, _, body = self.ask("/console/api/replay", "POST", wish)
        return status, json.loads(body)


class Events:
    """A stream of server-sent events, read by hand."""

    def __init__(self, proxy: Program, after: str = "") -> None:
        self._connection = http.client.HTTPConnection(
            "127.0.0.1", proxy.admin_port, timeout=PATIENCE
        )
        headers = proxy.bearer | ({"Last-Event-ID": after} if after else {})
        self._connection.request("GET", "/console/api/events", headers=headers)
        self.response = self._connection.getresponse()

    def next(self) -> tuple[str, str, Any]:
        """Return name, id and document of the next event."""
        found = {"id": ""}
        while line := self.response.readline().decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            found[name] = value
        return found["event"], found["id"], json.loads(found["data"])

    def until(self, name: str) -> tuple[str, Any]:
        while True:
            event = self.next()
            if event[0] == name:
                return event[1:]

    def close(self) -> None:
        self.response.close()
        self._connection.close()

    def __enter__(self) -> "Events":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


# -- the page ---------------------------------------------------------------------------------


def test_the_weight_of_the_page_is_that_of_the_documentation() -> None:
    """Measured, so that who adds to it sees by how much; not capped."""
    weight = sum(path.stat().st_size for path in PAGE.iterdir())
    told = re.search(r"The page weighs (\d+) kB", Path("docs/console.md").read_text("utf-8"))
    assert told is not None
    assert abs(weight / 1000 - int(told[1])) < 6


def words(name: str) -> dict[str, str]:
    """Read the words of a catalogue, each on a line of its own."""
    text = (PAGE / name).read_text("utf-8").partition("export const words")[2].partition("\n};")[0]
    return {
        key.strip('"'): value
        for key, value in re.findall(r'^  ("[^"]+"|\w+): "(.*)",$', text, re.MULTILINE)
    }


def test_both_languages_have_the_same_words() -> None:
    english, spanish = words("en.js"), words("es.js")
    assert len(english) > 200
    assert english.keys() == spanish.keys()
    for key, text in english.items():
        places = [sorted(set(re.findall(r"{\d}", each))) for each in (text, spanish[key])]
        assert places[0] == places[1], key


def test_every_word_that_the_page_asks_for_is_there() -> None:
    known = words("en.js").keys()
    for path in PAGE.glob("*.*"):
        text = path.read_text("utf-8")
        asked = re.findall(r"""[^\w]t\("([^"]+)\"""", text)
        asked += re.findall(r'data-(?:t|label|title|placeholder)="([^"]+)"', text)
        assert [key for key in asked if key not in known] == [], path.name


def test_the_cause_of_each_renewal_has_its_words() -> None:
    assert {f"cause.{cause}" for cause in CAUSES} <= words("en.js").keys()


def test_the_page_holds_no_script_no_style_and_no_outside_address() -> None:
    names = r"http://(www\.w3\.org/2000/svg|localhost\b|host:(port|puerto))"
    for path in PAGE.iterdir():
        text = re.sub(names, "", path.read_text("utf-8"))
        assert "style=" not in text
        assert "innerHTML" not in text
        assert "https:" not in text
        assert "http:" not in text
    assert '<script type="module" src=' in (PAGE / "index.html").read_text("utf-8")


def test_every_file_is_served_with_a_strict_policy(console: Page) -> None:
    paths = ["/", *(f"/console/{path.name}" for path in PAGE.iterdir())]
    for path in paths:
        status, headers, _ = console.ask(path)
        assert status == 200
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
    assert console.ask("/console/routes.py")[0] == 404


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param({"Host": "evil.example"}, 421, id="rebound name"),
        pytest.param({"Origin": "http://evil.example"}, 403, id="foreign origin"),
        pytest.param({"Sec_Fetch_Site": "cross-site"}, 403, id="foreign site"),
        pytest.param({"Sec_Fetch_Site": "same-site"}, 403, id="another port"),
    ],
)
@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/", "GET"),
        ("/console/console.js", "GET"),
        ("/console/api/events", "GET"),
        ("/console/api/har", "GET"),
        ("/console/api/find?term=x", "GET"),
        ("/console/api/exchanges/x", "GET"),
        ("/console/api/exchanges/x/curl", "GET"),
        ("/console/api/clear", "POST"),
        ("/console/api/replay", "POST"),
    ],
)
def test_no_other_page_and_no_other_name_gets_in(
    console: Page, path: str, method: str, fields: dict[str, str], status: int
) -> None:
    assert console.ask(path, method, **fields)[0] == status


@pytest.mark.parametrize("path", ["/console/api/clear", "/console/api/replay", "/refresh"])
def test_what_changes_something_is_a_post(console: Page, path: str) -> None:
    assert console.ask(path)[0] == 405


def test_the_console_is_off_unless_it_is_asked_for(upstream: RawUpstream) -> None:
    with Program(upstream.url) as proxy:
        assert proxy.admin("/")[0] == 404
        assert proxy.admin("/console/api/har")[0] == 404


# -- what it shows ----------------------------------------------------------------------------


def test_an_exchange_is_shown_whole_and_masked(console: Page) -> None:
    body = b'{"client_secret":"s3cret-sentinel-of-the-tests","amount":{"value":"10"}}'
    shown = console.call(
        "/v1/x?key_value=3001112233&a=1",
        "POST",
        body=body,
        fields=[("Content-Type", "application/json"), ("Cookie", "session=verysecretsession")],
    )
    assert (shown["method"], shown["target"]) == ("POST", "/v1/x?key_value=••••33&a=1")
    assert json.loads(shown["request"]["text"])["amount"] == {"value": "10"}
    assert ["Cookie", "••••"] in shown["request"]["lines"]
    assert ["Set-Cookie", "••••"] in shown["response"]["lines"]
    assert "Cookie: ••••\r\n" in shown["response"]["text"]
    names = [phase["name"] for phase in shown["phases"]]
    assert names[0] == "guard"
    assert names[-1] == "body"
    everything = json.dumps([shown, console.json("/console/api/har")])
    for form in ("curl", "httpie", "python", "postman"):
        everything += console.ask(f"/console/api/exchanges/{shown['id']}/{form}")[2].decode()
    for secret in (
        TOKEN,
        "s3cret-sentinel",
        "verysecretsession",
        "3001112233",
        "key-of-the-caller",
    ):
        assert secret not in everything
    assert "amount" in everything


def test_a_token_that_is_echoed_in_another_spelling_is_masked_too(console: Page) -> None:
    shown = console.call("/spelt")
    everything = json.dumps([shown, console.json("/console/api/har")])
    assert shown["response"]["text"].count("••••") == 3
    for spelt in (
        base64.b64encode(TOKEN.encode()).decode()[:24],
        TOKEN[:12].encode().hex(),
        "%35%65",
    ):
        assert spelt not in everything


def test_what_the_proxy_changed_is_said_with_its_reason(console: Page) -> None:
    shown = console.call(
        fields=[("Authorization", "Basic eDp5"), ("Connection", "X-Hop"), ("X-Hop", "1")]
    )
    rows = {
        (row["change"], row["name"]): (row["why"] or {"en": ""})["en"]
        for row in shown["changes"]["request"]
    }
    assert rows["removed", "X-Hop"] == "named by Connection, so for one connection only"
    assert "RFC 9110" in rows["removed", "Connection"]
    assert rows["removed", "X-Proxy-Key"] == "for the proxy only"
    assert rows["added", "Authorization"] == "the access token"
    assert rows["added", "Host"] == "names the upstream"


def test_a_coded_answer_is_shown_decoded_and_said_so(console: Page) -> None:
    shown = console.call("/gzip")["response"]
    assert (shown["coding"], shown["text"], shown["json"]) == (
        "gzip",
        '{"email":"••••om","n":1}',
        True,
    )


def test_broken_json_is_shown_with_the_place_where_it_breaks(console: Page) -> None:
    body = '{"a":"😀",\n "b" 1}'.encode()
    shown = console.call("/v1/x", "POST", body=body, fields=[("Content-Type", "application/json")])
    error = shown["request"]["error"]
    assert (error["line"], error["column"], error["at"]) == (2, 6, 16)


def test_bytes_are_given_as_bytes(console: Page) -> None:
    shown = console.call("/v1/x", "POST", body=b"\x00\x01\x02")["request"]
    assert (shown["text"], shown["bytes"]) == (None, "AAEC")


def test_a_refusal_is_told_from_an_answer_of_the_upstream(console: Page) -> None:
    shown = console.call("/denied")
    assert (shown["mark"], shown["status"]) == ("refused", 403)
    assert shown["trouble"]["reason"] == "rule"
    assert "DENY" in shown["trouble"]["words"]["en"]
    assert "prohíbe" in shown["trouble"]["words"]["es"]
    assert shown["changes"] == {"request": [], "response": []}
    assert json.loads(shown["response"]["text"])["exchange"] == shown["id"]


def test_what_is_no_longer_kept_is_said(console: Page) -> None:
    assert console.ask("/console/api/exchanges/none")[0] == 404
    shown = console.call()
    assert console.ask(f"/console/api/exchanges/{shown['id']}/cobol")[0] == 404
    console.ask("/console/api/clear", "POST")
    assert console.ask(f"/console/api/exchanges/{shown['id']}")[0] == 404


def test_the_archive_has_what_har_demands(console: Page) -> None:
    first = console.call("/v1/x?a=1&b=%20", "POST", body=b"abc", fields=[("Content-Type", "x/y")])
    console.call("/gzip")
    status, headers, body = console.ask("/console/api/har")
    assert status == 200
    assert 'filename="breb-proxy.har"' in headers["content-disposition"]
    log = json.loads(body)["log"]
    assert log["version"] == "1.2"
    assert set(log["creator"]) == {"name", "version"}
    posted, zipped = log["entries"]
    assert posted["request"]["queryString"] == [
        {"name": "a", "value": "1"},
        {"name": "b", "value": "%20"},
    ]
    assert posted["request"]["postData"]["text"] == "abc"
    assert zipped["response"]["content"]["comment"] == "decoded from gzip; 1 values masked"
    for entry in log["entries"]:
        assert set(entry["timings"]) == {
            "blocked", "dns", "connect", "ssl", "send", "wait", "receive",
        }  # fmt: skip
        spent = sum(
            value for name, value in entry["timings"].items() if value > 0 and name != "ssl"
        )
        assert spent == pytest.approx(entry["time"], abs=0.01)
        assert entry["startedDateTime"].endswith("Z")
        for part in ("request", "response"):
            assert {"cookies", "headers", "headersSize", "bodySize"} <= set(entry[part])
    one = console.json(f"/console/api/har?id={first['id']}")["log"]["entries"]
    assert [entry["_exchange"] for entry in one] == [first["id"]]


# -- live -------------------------------------------------------------------------------------


def test_events_tell_of_the_door_the_token_and_each_exchange(console: Page) -> None:
    with Events(console.proxy) as events:
        (name, _, door) = events.next()
        assert (name, door["production"]) == ("door", False)
        assert door["example"].endswith(f" http://127.0.0.1:{console.proxy.port}/v1/customers")
        assert events.next()[2]["limit"] == 200
        status = events.next()[2]
        assert status["environment"] == "local"
        assert status["token"]["history"][0]["renewed"] is True
        assert TOKEN not in json.dumps(status)
        shown = console.call("/v1/live")
        number, news = events.until("exchanges")
        while not news["new"]:
            number, news = events.until("exchanges")
        assert news["new"][-1]["id"] == shown["id"]
        events.until("status")
    shown = console.call("/v1/later")
    with Events(console.proxy, after=number) as events:
        _, news = events.until("exchanges")
        assert [entry["id"] for entry in news["new"]] == [shown["id"]]
        assert news["missed"] == 0
    for unknown in ("another-99", f"{number.partition('-')[0]}-{'9' * 5000}"):
        with Events(console.proxy, after=unknown) as events:
            _, news = events.until("exchanges")
            assert len(news["new"]) == 2


def test_what_went_by_too_fast_is_counted(console: Page) -> None:
    shown = console.call()
    with Events(console.proxy) as events:
        number, news = events.until("exchanges")
        assert ([entry["id"] for entry in news["new"]], news["missed"]) == ([shown["id"]], 0)
    reader = connect(console.proxy.port)
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Proxy-Key: key-of-the-caller\r\n\r\n"
    with reader.sock:
        for _ in range(203):
            reader.sock.sendall(head)
            assert read_answer(reader)
    run, _, last = number.partition("-")
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:  # the last one is recorded a moment after its answer
        with Events(console.proxy, after=number) as events:
            now, news = events.until("exchanges")
        if now == f"{run}-{int(last) + 203}":
            break
    assert (len(news["new"]), news["missed"]) == (200, 3)


def test_an_exchange_under_way_is_told_of() -> None:
    seen = threading.Event()

    def slow(call: Call) -> bytes:
        seen.wait(PATIENCE)
        return answer(call)

    with (
        RawUpstream(slow) as late,
        Program(late.url, console=True) as proxy,
        Events(proxy) as events,
    ):
        target = "/slow?email=ana@x.co&again=a-secret-of-the-caller"
        own = [("Authorization", "Bearer a-secret-of-the-caller")]
        thread = threading.Thread(target=ask, args=(proxy.port, target), kwargs={"fields": own})
        thread.start()
        while not (news := events.until("exchanges")[1])["pending"]:
            assert [entry["kind"] for entry in news["new"]] == ["token"]
        (pending,) = news["pending"]
        assert (pending["target"], pending["status"]) == (
            "/slow?email=••••co&again=••••",
            None,
        )
        seen.set()
        _, news = events.until("exchanges")
        assert news["pending"] == []
        assert len(news["new"]) == 1
        thread.join()


def test_too_many_pages_are_turned_away(console: Page) -> None:
    streams: list[Events] = []
    deadline = time.monotonic() + PATIENCE
    try:
        while len(streams) < 32:  # pages of tests before this one may still be leaving
            stream = Events(console.proxy)
            if stream.response.status != 200:
                stream.close()
                assert time.monotonic() < deadline, "pages that left still count"
                time.sleep(0.05)
                continue
            streams.append(stream)
            stream.next()
        assert console.ask("/console/api/events")[0] == 503
    finally:
        for stream in streams:
            stream.close()
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with Events(console.proxy) as stream:
            if stream.response.status == 200:
                return
        time.sleep(0.05)
    raise AssertionError("pages that left still count")


def test_an_open_page_does_not_hold_up_the_end(upstream: RawUpstream) -> None:
    with Program(upstream.url, console=True) as proxy, Events(proxy) as events:
        events.next()
        lines: list[bytes] = []

        def read() -> None:
            while line := events.response.readline():
                lines.append(line)

        thread = threading.Thread(target=read)
        thread.start()
        assert proxy.stop() == 0
        thread.join()
        assert "Cancel" not in proxy.output
        assert b"event: status\n" in lines


# -- again ------------------------------------------------------------------------------------


def test_a_get_is_sent_again_at_once(console: Page, upstream: RawUpstream) -> None:
    old = console.call("/v1/again?a=1", fields=[("X-A", "b"), ("Cookie", "c=d")])
    calls = len(upstream.requests)
    status, told = console.replay(of=old["id"])
    assert (status, told["status"], told["whole"]) == (200, 200, True)
    (call,) = upstream.requests[calls:]
    assert (call.target, call.values("x-a"), call.values("cookie")) == (
        b"/v1/again?a=1",
        [b"b"],
        [],
    )
    assert call.values("authorization") == [b"Bearer " + TOKEN.encode()]
    assert call.values("x-proxy-key") == []
    new = console.json(f"/console/api/exchanges/{told['id']}")
    assert new["replay_of"] == old["id"]
    assert old["replay"]["left_out"] == ["Cookie"]


def test_what_moves_money_asks_first_and_says_what_it_would_do(
    console: Page, upstream: RawUpstream
) -> None:
    body = b'{"amount":{"value":"25000","currency":"COP"}}'
    old = console.call("/v1/payments/breb", "POST", body=body)
    calls = len(upstream.requests)
    status, told = console.replay(of=old["id"])
    assert (status, told["asks"]) == (200, True)  # a browser would list an error
    assert told["detail"] == {
        "en": "POST /v1/payments/breb would start a payment of 25,000 COP",
        "es": "POST /v1/payments/breb iniciaría un pago de 25.000 COP",
    }
    assert len(upstream.requests) == calls
    status, _ = console.replay(of=old["id"], confirmed=True)
    assert status == 200
    (call,) = upstream.requests[calls:]
    assert (call.method, call.body) == ("POST", body)


def test_an_edited_request_is_sent_as_it_was_edited(console: Page, upstream: RawUpstream) -> None:
    old = console.call("/v1/x")
    calls = len(upstream.requests)
    wish = {"method": "PATCH", "target": "/v1/y?b=2", "body": "añ", "fields": [["X-B", "c"]]}
    status, _ = console.replay(of=old["id"], confirmed=True, **wish)
    assert status == 200
    (call,) = upstream.requests[calls:]
    assert (call.method, call.target, call.body) == ("PATCH", b"/v1/y?b=2", "añ".encode())
    assert call.values("x-b") == [b"c"]


def test_the_guard_judges_a_replay_as_any_other_request(
    console: Page, upstream: RawUpstream
) -> None:
    old = console.call("/v1/x")
    calls = len(upstream.requests)
    status, told = console.replay(of=old["id"], target="/denied")
    assert (status, told["status"]) == (200, 403)
    assert len(upstream.requests) == calls


@pytest.mark.parametrize(
    ("wish", "status", "words"),
    [
        pytest.param({"of": "none"}, 404, "no longer kept", id="gone"),
        pytest.param({"target": "http://evil.example/"}, 400, "path", id="another host"),
        pytest.param({"target": "/a b"}, 400, "path", id="blank"),
        pytest.param({"target": "/é"}, 400, "path", id="beyond ASCII"),
        pytest.param({"method": "GE T"}, 400, "method", id="method"),
        pytest.param({"method": "TRACE"}, 400, "method", id="would show the token"),
        pytest.param({"fields": [["A b", "c"]]}, 400, "header", id="name"),
        pytest.param({"fields": [["A", "b\r\nEvil: 1"]]}, 400, "header", id="line end"),
        pytest.param({"body": '{"email":"••••om"}'}, 409, "masked", id="still masked"),
        pytest.param({"surprise": 1}, 400, "does not describe", id="unknown wish"),
        pytest.param({"fields": "x"}, 400, "does not describe", id="no list"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_words(
    console: Page, upstream: RawUpstream, wish: dict[str, Any], status: int, words: str
) -> None:
    old = console.call("/v1/x")
    calls = len(upstream.requests)
    got, told = console.replay(**({"of": old["id"], "confirmed": True} | wish))
    assert (got, len(upstream.requests)) == (status, calls)
    assert words in str(told["detail"])


def test_masked_values_must_be_put_in_again(console: Page, upstream: RawUpstream) -> None:
    body = b'{"email":"ana@example.com"}'
    old = console.call("/v1/x?key_value=3001112233", "POST", body=body)
    assert old["replay"]["as_it_is"] is False
    assert console.replay(of=old["id"], confirmed=True)[0] == 409
    assert console.replay(of=old["id"], confirmed=True, body=body.decode())[0] == 409
    calls = len(upstream.requests)
    status, _ = console.replay(
        of=old["id"], confirmed=True, body=body.decode(), target="/v1/x?key_value=3001112233"
    )
    assert status == 200
    assert upstream.requests[calls].body == body


def test_a_mask_in_a_charset_without_its_sign_is_not_sent_either(
    console: Page, upstream: RawUpstream
) -> None:
    kind = [("Content-Type", "application/json; charset=iso-8859-1")]
    old = console.call("/v1/x", "POST", body=b'{"email":"ana@example.com"}', fields=kind)
    calls = len(upstream.requests)
    assert console.replay(of=old["id"], confirmed=True)[0] == 409
    assert len(upstream.requests) == calls


def test_a_body_that_is_not_kept_whole_is_not_sent_again(console: Page) -> None:
    old = console.call("/v1/x", "POST", body=b"x" * 70_000)
    assert old["request"]["cut"]
    status, told = console.replay(of=old["id"], confirmed=True)
    assert status == 409
    assert told["detail"]["en"] == "only the first 65536 characters of its body are kept"
    assert console.ask(f"/console/api/exchanges/{old['id']}/curl")[0] == 409


def test_a_replay_is_asked_for_in_json_alone(console: Page) -> None:
    assert console.ask("/console/api/replay", "POST", b"of=x", Content_Type="text/plain")[0] == 415
    assert console.ask("/console/api/replay", "POST", b"x" * 300_000)[0] == 413
    assert console.ask("/console/api/replay", "POST", b"nonsense")[0] == 400


def test_an_answer_that_breaks_off_is_said() -> None:
    def speak(reader: Any) -> None:
        length = b"3" if b" /whole " in reader.head() else b"10"
        reader.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %b\r\n\r\nabc" % length)

    with RawUpstream() as upstream, Program(upstream.url, console=True) as proxy:
        upstream.takeover = speak
        page = Page(proxy)
        old = page.call("/whole")
        status, told = page.replay(of=old["id"], target="/cut")
        assert (status, told["status"], told["whole"]) == (200, 200, False)
        shown = page.json(f"/console/api/exchanges/{told['id']}")
        assert (shown["mark"], shown["response"]["text"]) == ("unreached", "abc")


@pytest.mark.needs("curl")
def test_a_unix_socket_and_a_caller_key_are_no_hindrance(tmp_path: Path) -> None:
    """Copied for a shell, and sent again from the page."""
    path = tmp_path / "p.sock"
    with (
        RawUpstream(answer) as upstream,
        Program(upstream.url, console=True, listen=f"unix:{path}", caller_key="k" * 16) as proxy,
    ):
        reader = Reader(a_connection(str(path)))
        head = b"GET /v1/x HTTP/1.1\r\nHost: localhost\r\nX-Proxy-Key: " + b"k" * 16
        with reader.sock:
            reader.sock.sendall(head + b"\r\n\r\n")
            assert read_answer(reader)
        page = Page(proxy)
        deadline = time.monotonic() + PATIENCE
        while not page.list():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        (old,) = page.list()
        status, told = page.replay(of=old["id"])
        assert (status, told["status"]) == (200, 200)
        text = page.ask(f"/console/api/exchanges/{old['id']}/curl")[2].decode()
        variables = {**os.environ, "BREB_CALLER_KEY": "k" * 16}
        done = subprocess.run(
            ["/bin/sh", "-c", text], env=variables, capture_output=True, check=True
        )
        assert done.stdout.startswith(b"GET /v1/x HTTP/1.1")
        assert len(upstream.requests) == 3


def a_connection(path: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(PATIENCE)
    sock.connect(path)
    return sock


def test_words_are_looked_for_in_all_that_is_kept(console: Page) -> None:
    console.call("/gzip?page=Needle")
    console.call("/plain", "POST", body=b"a NEEDLE in a body")
    status, _, body = console.ask("/console/api/find?term=needle&term=ana%40example&term=none")
    assert status == 200
    found = json.loads(body)
    assert [len(ids) for ids in found["terms"].values()] == [2, 0, 0]
    later = json.loads(console.ask(f"/console/api/find?term=needle&after={found['last']}")[2])
    assert later["terms"] == {"needle": []}
    assert console.ask("/console/api/find?after=nonsense")[0] == 200
