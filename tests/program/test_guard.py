"""The door: who gets in, who does not, and what they are told. Real process, raw requests."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from proxy.exchange.request_form import refused_method
from tests.support import CALLER_KEY, Answer, Program, RawUpstream, ask, exchange, read_answer
from tests.support.wire import connect

PAGE = "http://localhost:3000"
KEY = ("X-Proxy-Key", CALLER_KEY)


@pytest.fixture(scope="module")
def upstream() -> Iterator[RawUpstream]:
    with RawUpstream() as running:
        yield running


@pytest.fixture(scope="module")
def proxy(upstream: RawUpstream) -> Iterator[Program]:
    with Program(
        upstream.url, allowed_origins=PAGE, allowed_hosts="proxy.test,other.test:99"
    ) as running:
        yield running


@pytest.fixture(scope="module")
def keyed(upstream: RawUpstream) -> Iterator[Program]:
    with Program(upstream.url, caller_key=f"the-old-key-of-the-tests,{CALLER_KEY}") as running:
        yield running


@pytest.fixture(scope="module")
def ruled(upstream: RawUpstream) -> Iterator[Program]:
    rules = {"allow": "GET /v1/*,POST|PATCH /v1/keys*", "deny": "GET /v1/keys/secret"}
    with Program(upstream.url, **rules) as running:
        yield running


def refused(answer: Answer, status: int, reason: str) -> dict[str, object]:
    """Check that it is a refusal of ours, and return the problem document."""
    assert answer.status == status
    assert answer["content-type"] == "application/problem+json"
    assert answer["proxy-status"].startswith("breb-proxy; error=http_request_")
    document: dict[str, object] = json.loads(answer.body)
    assert document["type"] == f"urn:breb-proxy:error:{reason}"
    assert document["next_step"]
    return document


def raw(proxy: Program, *lines: str, first: str = "GET /x HTTP/1.1") -> Answer:
    data = "".join(f"{line}\r\n" for line in (first, *lines)) + "\r\n"
    answer = exchange(proxy.port, data.encode())
    assert answer is not None
    return answer


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LocalHost:1",
        "127.0.0.1",
        "127.0.0.1:9",
        "[::1]",
        "[::1]:8080",
        "localhost.",
        "proxy.test",
        "PROXY.test:81",
        "other.test:99",
    ],
)
def test_our_names_are_let_in(proxy: Program, host: str) -> None:
    assert raw(proxy, f"Host: {host}").status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "xlocalhost",
        "127.0.0.2",
        "other.test",
        "other.test:98",
        "[::2]",
        "0.0.0.0",
    ],
)
def test_names_of_others_are_misdirected(proxy: Program, upstream: RawUpstream, host: str) -> None:
    """DNS rebinding: the name that a page was loaded from comes as Host."""
    before = len(upstream.requests)
    document = refused(raw(proxy, f"Host: {host}"), 421, "host")
    assert "BREB_ALLOWED_HOSTS" in str(document["next_step"])
    assert len(upstream.requests) == before


def test_a_refusal_does_not_repeat_a_long_name(proxy: Program) -> None:
    answer = raw(proxy, f"Host: {'a' * 60_000}")
    refused(answer, 421, "host")
    assert len(answer["proxy-status"]) < 1_000
    assert len(answer.body) < 1_000


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        pytest.param([], "host-count", id="none"),
        pytest.param(["Host: localhost", "Host: localhost"], "host-count", id="two"),
        pytest.param(["Host: local host"], "host-form", id="blank"),
        pytest.param(["Host: user@localhost"], "host-form", id="user"),
        pytest.param(["Host: localhost:99999"], "host-form", id="port"),
        pytest.param(["Host: localhost/x"], "host-form", id="path"),
        pytest.param(["Host:"], "host-form", id="empty"),
    ],
)
def test_a_request_has_one_well_formed_host(proxy: Program, lines: list[str], reason: str) -> None:
    refused(raw(proxy, *lines), 400, reason)


def test_http_1_0_may_go_without_host(proxy: Program) -> None:
    assert raw(proxy, first="GET /x HTTP/1.0").status == 200


@pytest.mark.parametrize("method", ["TRACE", "CONNECT"])
def test_methods_that_could_show_the_token_are_not_served(
    proxy: Program, upstream: RawUpstream, method: str
) -> None:
    before = len(upstream.requests)
    target = "localhost:80" if method == "CONNECT" else "/x"
    answer = raw(proxy, "Host: localhost", first=f"{method} {target} HTTP/1.1")
    refused(answer, 405, "method")
    assert "GET" in answer["allow"]
    assert len(upstream.requests) == before


@pytest.mark.parametrize(
    ("first", "status"),
    [
        pytest.param("GET http://api.example/x HTTP/1.1", 421, id="http"),
        pytest.param("CONNECT api.example:443 HTTP/1.1", 405, id="https"),
    ],
)
def test_who_sets_it_as_http_proxy_is_told_to_make_it_the_base_url(
    proxy: Program, first: str, status: int
) -> None:
    answer = raw(proxy, "Host: api.example", first=first)
    assert answer.status == status
    assert "base URL" in json.loads(answer.body)["next_step"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "DELETE"])
@pytest.mark.parametrize(
    "field",
    [
        ("Origin", "http://evil.example"),
        ("Origin", "null"),
        ("Origin", "https://localhost:3000"),
        ("Origin", f"{PAGE}.evil.example"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Sec-Fetch-Site", "nonsense"),
    ],
    ids=lambda field: f"{field[0]} {field[1]}",
)
def test_foreign_pages_are_refused_whatever_the_method(
    proxy: Program, upstream: RawUpstream, method: str, field: tuple[str, str]
) -> None:
    before = len(upstream.requests)
    answer = ask(proxy.port, "/x", method, [field])
    assert answer.status == 403
    assert len(upstream.requests) == before


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_our_own_page_and_a_typed_address_are_let_in(proxy: Program, site: str) -> None:
    assert ask(proxy.port, "/x", fields=[("Sec-Fetch-Site", site)]).status == 200
    own = f"http://127.0.0.1:{proxy.port}"
    assert ask(proxy.port, "/x", fields=[("Origin", own)]).status == 200


def test_a_named_origin_is_let_in_and_answered_cors(proxy: Program) -> None:
    answer = ask(proxy.port, "/x", fields=[("Origin", PAGE), ("Sec-Fetch-Site", "cross-site")])
    assert answer.status == 200
    assert answer["access-control-allow-origin"] == PAGE
    assert "*" not in answer["access-control-allow-origin"]
    assert "Origin" in answer["vary"]


def test_a_preflight_is_answered_here(proxy: Program, upstream: RawUpstream) -> None:
    before = len(upstream.requests)
    answer = ask(
        proxy.port,
        "/x",
        "OPTIONS",
        [
            ("Origin", PAGE),
            ("Access-Control-Request-Method", "PATCH"),
            ("Access-Control-Request-Headers", "content-type"),
            ("Access-Control-Request-Private-Network", "true"),
        ],
    )
    assert answer.status == 204
    assert answer["access-control-allow-origin"] == PAGE
    assert answer["access-control-allow-methods"] == "PATCH"
    assert answer["access-control-allow-headers"] == "content-type"
    assert answer["access-control-allow-private-network"] == "true"
    assert len(upstream.requests) == before


def test_a_refusal_can_be_read_by_a_named_page(proxy: Program) -> None:
    answer = ask(proxy.port, "/x", "TRACE", [("Origin", PAGE)])
    assert answer.status == 405


@pytest.mark.parametrize("key", ["the-old-key-of-the-tests", CALLER_KEY])
def test_every_key_of_the_list_opens(keyed: Program, upstream: RawUpstream, key: str) -> None:
    assert ask(keyed.port, "/x", fields=[("X-Proxy-Key", key)]).status == 200
    assert upstream.requests[-1].values("x-proxy-key") == []


def test_the_key_is_looked_at_however_often_the_same_headers_came(keyed: Program) -> None:
    host, wrong = f"Host: 127.0.0.1:{keyed.port}", CALLER_KEY[:-1] + "?"
    for key in (CALLER_KEY, wrong) * 6 + (CALLER_KEY,) * 6 + (wrong,) * 6:
        answer = raw(keyed, host, "Accept: a", f"X-Proxy-Key: {key}")
        assert answer.status == (200 if key == CALLER_KEY else 403)
    assert raw(keyed, host, "Accept: a").status == 403


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param([], id="none"),
        pytest.param([("X-Proxy-Key", "")], id="empty"),
        pytest.param([("X-Proxy-Key", "wrong")], id="wrong"),
        pytest.param([("X-Proxy-Key", f"{CALLER_KEY}x")], id="longer"),
        pytest.param([("X-Proxy-Key", CALLER_KEY[:-1])], id="shorter"),
        pytest.param([KEY, KEY], id="twice"),
        pytest.param([("X-Proxy-Key", f"the-old-key-of-the-tests,{CALLER_KEY}")], id="the list"),
    ],
)
def test_without_the_key_nobody_gets_in(
    keyed: Program, upstream: RawUpstream, fields: list[tuple[str, str]]
) -> None:
    before = len(upstream.requests)
    refused(ask(keyed.port, "/x", fields=fields), 403, "caller-key")
    assert len(upstream.requests) == before


@pytest.mark.parametrize(
    ("method", "target", "reason"),
    [
        ("GET", "/v1/payments?key=1", ""),
        ("PATCH", "/v1/keys/1/suspend", ""),
        ("POST", "/v1/payments/breb", "rule"),
        ("GET", "/v2/payments", "rule"),
        ("GET", "/v1/keys/secret", "rule"),
        ("GET", "/v1/../v2/x", "ambiguous-path"),
        ("GET", "/v1/%2e%2e/v2/x", "ambiguous-path"),
        ("GET", "/v1//keys/secret", "ambiguous-path"),
        ("GET", "/v1/keys%2Fsecret", "ambiguous-path"),
        ("GET", "/v1/keys%5csecret", "ambiguous-path"),
        ("GET", "/v1/keys\\secret", "ambiguous-path"),
    ],
)
def test_rules_judge_the_bytes_that_are_sent(
    ruled: Program, upstream: RawUpstream, method: str, target: str, reason: str
) -> None:
    before = len(upstream.requests)
    answer = ask(ruled.port, target, method)
    if reason:
        document = refused(answer, 403, reason)
        assert reason != "rule" or "rule" in str(document["detail"])
        assert len(upstream.requests) == before
    else:
        assert answer.status == 200


OVERRIDES = [
    *("X-HTTP-Method", "X-HTTP-Method-Override", "x-method-override"),
    *("X-Original-URL", "X-Rewrite-Url", "X-Override-URL"),
    *("X_HTTP_METHOD_OVERRIDE", "x-http-method_override", "X_Original-URL"),
]


@pytest.mark.parametrize("name", OVERRIDES)
def test_another_method_or_path_is_not_named_beside_rules(
    ruled: Program, proxy: Program, upstream: RawUpstream, name: str
) -> None:
    """A framework behind us may believe it; without rules it is the callers' own affair."""
    before = len(upstream.requests)
    fields = [(name, "/v1/keys/secret")]
    refused(ask(ruled.port, "/v1/payments", fields=fields), 403, "override")
    assert len(upstream.requests) == before
    assert ask(proxy.port, "/v1/payments", fields=fields).status == 200
    assert upstream.requests[-1].values(name.lower()) == [b"/v1/keys/secret"]


@pytest.mark.parametrize(
    "query",
    [
        *("?_method=DELETE", "?a=1&_Method=x", "?%5fmethod=DELETE", "?_met%68%4Fd=x"),
        *("?a;_method=x", "?.method=x", "?a&+%2Emethod=x", "?%20_method=x"),
    ],
)
def test_another_method_is_not_named_in_the_query_beside_rules(
    ruled: Program, upstream: RawUpstream, query: str
) -> None:
    before = len(upstream.requests)
    refused(ask(ruled.port, f"/v1/payments{query}"), 403, "override")
    assert len(upstream.requests) == before
    assert ask(ruled.port, "/v1/payments?method=x&a_method=y").status == 200


@pytest.mark.parametrize("reason", ["ledger", "token_endpoint", "deny", "allowed"])
def test_what_rests_on_the_method_refuses_to_have_it_changed(reason: str, tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "ledger": {"ledger": tmp_path / "ledger.db"},
        "token_endpoint": {"token_endpoint": "refuse"},
        "deny": {"deny": "DELETE /*"},
        "allowed": {"deny": "DELETE /*", "allow_overrides": "true"},
    }[reason]
    with RawUpstream() as upstream, Program(upstream.url, **settings) as proxy:
        answer = ask(proxy.port, "/x", fields=[("X-HTTP-Method-Override", "DELETE")])
        if reason == "allowed":
            assert answer.status == 200
        else:
            refused(answer, 403, "override")
            assert not upstream.requests


def test_a_body_may_be_bounded_in_both_framings() -> None:
    head = b"POST /v1/keys HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
    body = b"\r\n8\r\nxxxxxxxx\r\n8\r\nxxxxxxxx\r\n0\r\n\r\n"
    with RawUpstream() as upstream, Program(upstream.url, max_body=10) as proxy:
        assert ask(proxy.port, "/v1/keys").status == 200
        assert ask(proxy.port, "/v1/keys", "POST", body=b"x" * 10).status == 200
        refused(ask(proxy.port, "/v1/keys", "POST", body=b"x" * 11), 413, "body-too-large")
        answer = exchange(proxy.port, head + body, "POST")
        assert answer is not None
        assert refused(answer, 413, "body-too-large")["outcome"] == "not-sent"
        reader = connect(proxy.port)
        with reader.sock:
            reader.sock.sendall(head + b"Expect: 100-continue\r\n\r\n")
            assert reader.head() == b"HTTP/1.1 100 Continue"
            reader.sock.sendall(body[2:])
            answer = read_answer(reader, "POST")
        assert answer is not None
        # The length was not known before: the upstream has seen a part, and never the end.
        assert refused(answer, 413, "body-too-large")["outcome"] == "unknown"


@pytest.mark.parametrize(
    ("left", "status", "seen"), [("0", 204, None), ("1", 200, b"0"), ("7", 200, b"6")]
)
def test_max_forwards_counts_down(
    proxy: Program, upstream: RawUpstream, left: str, status: int, seen: bytes | None
) -> None:
    """RFC 9110 section 7.6.2."""
    before = len(upstream.requests)
    answer = ask(proxy.port, "/x", "OPTIONS", [("Max-Forwards", left)])
    assert answer.status == status
    if seen is None:
        assert len(upstream.requests) == before
    else:
        assert upstream.requests[-1].values("max-forwards") == [seen]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://localhost/a?b", 200),
        ("http://evil.example/a", 421),
        ("https://localhost/a", 421),
        ("http://user@localhost/a", 400),
        ("http:///a", 400),
        ("ftp://localhost/a", 400),
        ("/a#b", 400),
    ],
)
def test_targets_lead_to_the_upstream_alone(
    proxy: Program, upstream: RawUpstream, target: str, status: int
) -> None:
    answer = raw(proxy, "Host: localhost", first=f"GET {target} HTTP/1.1")
    assert answer.status == status
    if status == 200:
        assert upstream.requests[-1].target == b"/a?b"


@pytest.mark.parametrize("method", ["FOO", "get", "BREW"])
def test_any_method_goes_upstream_as_it_is(
    proxy: Program, upstream: RawUpstream, method: str
) -> None:
    assert raw(proxy, "Host: localhost", first=f"{method} /a HTTP/1.1").status == 200
    assert upstream.requests[-1].method == method


@pytest.mark.parametrize("method", ["trace", "Trace", "connect"])
def test_the_methods_that_echo_are_refused_in_any_case(proxy: Program, method: str) -> None:
    assert raw(proxy, "Host: localhost", first=f"{method} /a HTTP/1.1").status == 405


def test_letters_that_a_program_sends_raw_are_percent_encoded(
    proxy: Program, upstream: RawUpstream
) -> None:
    """As curl does with ``?sender_name=José``."""
    head = f"GET /v1/payments?sender_name=José HTTP/1.1\r\nHost: localhost\r\n{KEY[0]}: {KEY[1]}"
    answer = exchange(proxy.port, head.encode() + b"\r\n\r\n")
    assert answer is not None
    assert answer.status == 200
    assert upstream.requests[-1].target == b"/v1/payments?sender_name=Jos%C3%A9"


@pytest.mark.parametrize("method", ["SETUP", "PRI", "SOURCE"])
def test_methods_of_other_protocols_are_not_implemented(method: str) -> None:
    assert refused_method(method).status == 501


def test_a_page_names_itself_once(proxy: Program) -> None:
    refused(ask(proxy.port, "/x", fields=[("Origin", PAGE), ("Origin", PAGE)]), 403, "web-page")


def test_a_simple_preflight_is_answered_simply(proxy: Program) -> None:
    answer = ask(
        proxy.port, "/x", "OPTIONS", [("Origin", PAGE), ("Access-Control-Request-Method", "GET")]
    )
    assert answer.status == 204
    assert not answer.values("access-control-allow-headers")
    assert not answer.values("access-control-allow-private-network")


def test_options_without_a_method_asked_for_is_no_preflight(
    proxy: Program, upstream: RawUpstream
) -> None:
    before = len(upstream.requests)
    assert ask(proxy.port, "/x", "OPTIONS", [("Origin", PAGE)]).status == 200
    assert len(upstream.requests) == before + 1


@pytest.mark.parametrize("value", ["x", "-1", "99999999999999999999"])
def test_max_forwards_that_is_no_count_is_left_alone(
    proxy: Program, upstream: RawUpstream, value: str
) -> None:
    assert ask(proxy.port, "/x", "OPTIONS", [("Max-Forwards", value)]).status == 200
    assert upstream.requests[-1].values("max-forwards") == [value.encode()]


def test_many_rules_are_named_in_part() -> None:
    rules = ",".join(f"GET /v{number}/*" for number in range(8))
    with RawUpstream() as upstream, Program(upstream.url, allow=rules) as proxy:
        document = refused(ask(proxy.port, "/x"), 403, "rule")
    assert "and 3 more" in str(document["detail"])
