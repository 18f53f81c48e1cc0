"""The main job, end to end: a process, real sockets, an upstream that wants a bearer token."""

import json

from tests.support import Call, Program, RawUpstream, ask


def wants_bearer(call: Call) -> bytes:
    if not call.values("authorization"):
        return b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
    return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_a_caller_without_a_token_gets_the_upstreams_answer() -> None:
    with RawUpstream(wants_bearer) as upstream, Program(upstream.url) as proxy:
        answer = ask(proxy.port, "/v1/customers?page_params.page_size=5")
        assert (answer.status, answer.body) == (200, b"ok")
        (call,) = upstream.requests
        assert call.target == b"/v1/customers?page_params.page_size=5"
        assert call.values("authorization")[0].startswith(b"Bearer ")


def test_the_token_request_is_the_documented_one() -> None:
    with RawUpstream() as upstream, Program(upstream.url):
        (call,) = upstream.tokens_asked
        assert json.loads(call.body) == {
            "client_id": "test-client",
            "client_secret": "s3cret-sentinel-of-the-tests",
            "grant_type": "client_credentials",
        }
        names = sorted(name.lower() for name, _ in call.lines)
        assert names == [b"accept-language", b"content-length", b"content-type", b"host"]
        assert call.values("content-type") == [b"application/json"]


def test_a_callers_own_authorization_is_replaced() -> None:
    with RawUpstream() as upstream, Program(upstream.url) as proxy:
        ask(
            proxy.port,
            "/",
            fields=[("Authorization", "Basic eA=="), ("Connection", "authorization")],
        )
        (call,) = upstream.requests
        (value,) = call.values("authorization")
        assert value.startswith(b"Bearer ")


def test_a_signal_ends_it_with_exit_code_zero() -> None:
    with RawUpstream() as upstream, Program(upstream.url) as proxy:
        assert proxy.stop() == 0
        assert any(call.method == "DELETE" for call in upstream.calls)


def test_server_timing_is_told_when_asked_for() -> None:
    with RawUpstream() as upstream, Program(upstream.url, server_timing="true") as proxy:
        value = ask(proxy.port, "/")["server-timing"]
        names = [part.split(";dur=")[0] for part in value.split(", ")]
        assert names == ["token", "connect", "upstream", "total"]
        assert all(float(part.split("=")[1]) >= 0 for part in value.split(", "))


def test_server_timing_is_not_told_otherwise() -> None:
    with RawUpstream() as upstream, Program(upstream.url) as proxy:
        assert ask(proxy.port, "/").values("server-timing") == []
