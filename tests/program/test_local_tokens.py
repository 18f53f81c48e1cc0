"""Applications that do OAuth themselves, before the local token endpoint."""

import json
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import CALLER_KEY, Program, RawUpstream, ask, exchange
from tests.support.front import until
from tests.support.leaks import found
from tests.support.simulator import simulator
from tests.support.wire import Answer

with warnings.catch_warnings(record=True):  # authlib moves to httpx2, and insists on saying so
    from authlib.integrations.base_client.errors import OAuthError
    from authlib.integrations.httpx_client import OAuth2Client

PATH = "/v1/iam/oauth/tokens"
OTHER_KEY = "another-key-of-another-caller"
KEYS = f"payroll:{CALLER_KEY},shop:{OTHER_KEY}"
DOCUMENTED = {
    "access_token": str,
    "token_type": str,
    "token_id": str,
    "expires_in": int,
    "created_at": str,
    "account_id": str,
    "scopes": list,
    "roles": list,
}


@pytest.fixture(scope="module")
def keyed() -> Iterator[Program]:
    with (
        simulator() as url,
        Program(url, token_endpoint="local", caller_key=KEYS, console="true") as proxy,
    ):
        yield proxy


@pytest.fixture(scope="module")
def unkeyed() -> Iterator[Program]:
    with simulator() as url, Program(url, token_endpoint="local") as proxy:
        yield proxy


def token(proxy: Program, secret: str = CALLER_KEY, **more: Any) -> Answer:
    document = {"client_id": "app", "client_secret": secret, "grant_type": "client_credentials"}
    body = json.dumps({**document, **more}).encode()
    return ask(proxy.port, PATH, "POST", [("Content-Type", "application/json")], body)


def bearer(value: str) -> list[tuple[str, str]]:
    return [("Authorization", f"Bearer {value}")]


def issued(proxy: Program, secret: str = CALLER_KEY) -> dict[str, Any]:
    answer = token(proxy, secret)
    assert answer.status == 200, answer.body
    document: dict[str, Any] = json.loads(answer.body)
    return document


def test_a_placeholder_has_the_documented_shape(unkeyed: Program) -> None:
    answer = token(unkeyed, "whatever")
    document = json.loads(answer.body)
    assert {name: type(value) for name, value in document.items()} == DOCUMENTED
    assert len(document["access_token"]) == 64
    assert document["expires_in"] == 86_400
    assert "iam.oauth.tokens.get" in document["scopes"]
    assert answer["cache-control"] == "no-store"
    assert answer["content-type"] == "application/json"


def test_the_real_token_goes_on_in_the_place_of_the_placeholder() -> None:
    with RawUpstream() as upstream, Program(upstream.url, token_endpoint="local") as proxy:
        value = issued(proxy)["access_token"]
        assert ask(proxy.port, "/v1/keys", fields=bearer(value)).status == 200
        (call,) = upstream.requests
        (sent,) = call.values("authorization")
        assert value.encode() not in sent
        assert len(upstream.tokens_asked) == 1, "the application's own request went nowhere"


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
@pytest.mark.parametrize("secret", [CALLER_KEY, OTHER_KEY])
def test_an_oauth_library_notices_nothing(keyed: Program, method: str, secret: str) -> None:
    base = f"http://127.0.0.1:{keyed.port}"
    with OAuth2Client("app", secret, token_endpoint_auth_method=method, trust_env=False) as client:
        got = client.fetch_token(base + PATH, grant_type="client_credentials")
        assert got["token_type"] == "Bearer"
        assert not got.is_expired()
        assert client.get(base + "/v1/accounts").status_code == 200
        assert client.delete(f"{base}{PATH}/{got['token_id']}").status_code == 200
        assert client.get(base + "/v1/accounts").status_code == 401
    with (
        OAuth2Client("app", "wrong", token_endpoint_auth_method=method, trust_env=False) as wrong,
        pytest.raises(OAuthError, match="invalid_client"),
    ):
        wrong.fetch_token(base + PATH, grant_type="client_credentials")


def test_a_placeholder_stands_for_its_caller(keyed: Program) -> None:
    value = issued(keyed, OTHER_KEY)["access_token"]
    path = "/v1/keys/that-the-shop-asks-for"
    ask(keyed.port, path, fields=bearer(value))

    def told() -> list[str]:
        return [line["caller"] for line in keyed.exchanges(0) if line["path"] == path]

    until(told, "the exchange's line")
    assert told() == ["shop"]
    assert "a placeholder token" in [line.get("note") for line in keyed.exchanges(0)]


def test_rules_are_those_of_the_caller_it_stands_for() -> None:
    settings = {"caller_key": KEYS, "deny": "shop:GET /v1/accounts*", "token_endpoint": "local"}
    with simulator() as url, Program(url, **settings) as proxy:
        statuses = [
            ask(
                proxy.port, "/v1/accounts", fields=bearer(issued(proxy, key)["access_token"])
            ).status
            for key in (CALLER_KEY, OTHER_KEY)
        ]
        assert statuses == [200, 403]


def test_a_placeholder_outlives_a_restart() -> None:
    with simulator() as url:
        with Program(url, token_endpoint="local", caller_key=KEYS) as proxy:
            value = issued(proxy)["access_token"]
        with Program(url, token_endpoint="local", caller_key=KEYS) as proxy:
            assert ask(proxy.port, "/v1/accounts", fields=bearer(value)).status == 200
        with Program(url, token_endpoint="local", caller_key=f"shop:{OTHER_KEY}") as proxy:
            assert ask(proxy.port, "/v1/accounts", fields=bearer(value)).status == 401


@pytest.mark.parametrize("value", ["0" * 64, "eyJhbGciOiJub25lIn0.e30.", ""])
def test_a_bearer_token_that_is_no_live_placeholder_is_refused(
    keyed: Program, unkeyed: Program, value: str
) -> None:
    for proxy in (keyed, unkeyed):
        answer = ask(proxy.port, "/v1/accounts", fields=bearer(value))
        assert answer.status == 401
        assert answer["www-authenticate"] == 'Bearer error="invalid_token"'
        assert answer["proxy-status"].startswith("breb-proxy; error=http_request_denied")
        assert json.loads(answer.body)["http_code"] == 401


def test_without_a_bearer_token_all_is_as_ever(keyed: Program, unkeyed: Program) -> None:
    assert ask(unkeyed.port, "/v1/accounts").status == 200
    assert ask(keyed.port, "/v1/accounts").status == 403
    key = [("X-Proxy-Key", CALLER_KEY)]
    assert ask(keyed.port, "/v1/accounts", fields=key).status == 200


@pytest.mark.parametrize(
    ("more", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 400, "invalid_request"),
        ({"client_id": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_wrong_credentials_are_refused_in_both_vocabularies(
    keyed: Program, more: dict[str, str], status: int, error: str
) -> None:
    answer = token(keyed, **more)
    document = json.loads(answer.body)
    assert (answer.status, document["http_code"], document["error"]) == (status, status, error)
    assert document["message"] == document["error_description"]


def test_placeholders_are_listed_shown_and_revoked_by_their_caller_alone(keyed: Program) -> None:
    mine, other = issued(keyed), issued(keyed, OTHER_KEY)
    fields = bearer(mine["access_token"])
    listed = json.loads(ask(keyed.port, f"{PATH}?page_params.page_size=100", fields=fields).body)
    ids = [each["token_id"] for each in listed["tokens"]]
    assert mine["token_id"] in ids
    assert other["token_id"] not in ids
    assert listed["pagination_info"]["total_elements"] == len(ids)
    assert all("access_token" not in each for each in listed["tokens"])
    one = ask(keyed.port, f"{PATH}/{mine['token_id']}", fields=fields)
    assert json.loads(one.body)["scopes"] == mine["scopes"]
    for target, method, body, status in (
        (other["token_id"], "GET", None, 404),
        (other["token_id"], "DELETE", None, 404),
        ("no%2Fid", "GET", None, 400),
        ("no id".replace(" ", "%20"), "GET", None, 400),
        (mine["token_id"], "DELETE", b'{"token_id": "another"}', 400),
        (mine["token_id"], "PATCH", b"{}", 405),
        (mine["token_id"], "DELETE", json.dumps({"token_id": mine["token_id"]}).encode(), 200),
        (mine["token_id"], "GET", None, 401),
    ):
        answer = ask(keyed.port, f"{PATH}/{target}", method, fields, body)
        assert answer.status == status, (target, method, answer.body)
    assert ask(keyed.port, PATH, "DELETE", bearer(other["access_token"])).status == 405


def test_pages_of_the_list_are_as_asked_for(unkeyed: Program) -> None:
    several = [issued(unkeyed) for _ in range(5)]
    fields = bearer(several[0]["access_token"])
    target = f"{PATH}?page_params.page_size=2&page_params.page_number=2"
    page = json.loads(ask(unkeyed.port, target, fields=fields).body)
    assert len(page["tokens"]) == 2
    assert page["pagination_info"]["current_page"] == 2
    assert page["pagination_info"]["total_pages"] >= 3


OTHER_SPELLINGS = [
    ("POST", f"{PATH}/"),
    ("POST", PATH.replace("o", "%6F")),
    ("POST", PATH.replace("/iam", "//iam")),
    ("POST", PATH.replace("/iam", "/./x/../iam")),
    ("POST", PATH.upper()),
    ("POST", f"{PATH}%20"),
    ("POST", f"{PATH}."),
    ("POST", PATH.replace("t", "%EF%BD%94")),
    ("POST", PATH.replace("/v1", "/v1%2F")),
    ("POST", PATH.replace("i", "%C4%B1")),
    ("POST", PATH.replace("i", "%C4%B0")),
    ("POST", PATH.replace("a", "%C3%A1")),
    ("post", PATH),
]
# What only some servers take for the path: it is no request for a token, and goes nowhere.
ODD_SPELLINGS = [
    f"{PATH};x",
    f"{PATH}%00",
    PATH.replace("tok", "%2574ok"),
    PATH.replace("/", "\\"),
    PATH.replace("/iam", "/x%3b/..%5ciam"),
    PATH.replace("oauth/", "oauth%c0%af"),
]


@pytest.mark.parametrize(("method", "path"), OTHER_SPELLINGS)
def test_other_spellings_of_the_path_do_not_pass_by(
    unkeyed: Program, method: str, path: str
) -> None:
    answer = ask(unkeyed.port, path, method, body=b"{}")
    assert (answer.status, json.loads(answer.body)["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("mode", ["local", "refuse"])
def test_no_spelling_that_a_server_may_know_goes_up(mode: str) -> None:
    """The caller's key is in such a body, and the real token would go with it."""
    body = json.dumps({"client_secret": CALLER_KEY}).encode()
    with RawUpstream() as upstream, Program(upstream.url, token_endpoint=mode) as proxy:
        for method, path in [*(("POST", path) for path in ODD_SPELLINGS), *OTHER_SPELLINGS]:
            answer = ask(proxy.port, path, method, body=body)
            assert answer.status in (400, 403), (method, path, answer.status)
        assert not upstream.requests
        assert ask(proxy.port, "/v1/accounts/a%20b").status == 200


def test_real_tokens_are_neither_listed_nor_revoked(keyed: Program, unkeyed: Program) -> None:
    """With the key alone, and no placeholder, the request would go up with the real token."""
    for proxy, fields in ((unkeyed, []), (keyed, [("X-Proxy-Key", CALLER_KEY)])):
        for method in ("GET", "DELETE", "PATCH"):
            for path in (PATH, f"{PATH}/some-id", f"{PATH.upper()}/some-id/"):
                answer = ask(proxy.port, path, method, fields)
                assert answer.status == 403, (method, path)
                assert json.loads(answer.body)["type"] == "urn:breb-proxy:error:token-endpoint"


def test_a_request_that_is_no_short_document_is_refused(unkeyed: Program) -> None:
    answer = ask(unkeyed.port, PATH, "POST", body=b"x" * 20_000)
    assert answer.status == 413
    assert b"BREB_MAX_BODY" not in answer.body, "that is not what was met"


@pytest.mark.parametrize("limit", [0, 100])
def test_a_small_limit_of_bodies_holds_here_too(limit: int) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"c8\r\n" + b"x" * 200 + b"\r\n0\r\n\r\n"
    with simulator() as url, Program(url, token_endpoint="local", max_body=limit) as proxy:
        for answer in (
            ask(proxy.port, PATH, "POST", body=b"x" * 200),
            exchange(proxy.port, head.encode() + body, "POST"),
        ):
            assert answer is not None
            assert answer.status == 413
            assert f"larger than {limit} bytes".encode() in answer.body
            assert b"BREB_MAX_BODY" in answer.body


def test_half_a_character_is_a_wrong_secret(keyed: Program) -> None:
    body = rb'{"client_id": "a", "client_secret": "\ud800", "grant_type": "client_credentials"}'
    assert ask(keyed.port, PATH, "POST", body=body).status == 401


def test_no_token_is_pretended_where_there_is_none() -> None:
    with RawUpstream(token=lambda _: None) as upstream:
        settings = {"token_endpoint": "local", "token_wait": 0.5}
        with Program(upstream.url, ready=False, **settings) as proxy:
            assert token(proxy).status == 503


def test_web_pages_of_others_get_nothing(unkeyed: Program) -> None:
    for fields in ([("Origin", "http://evil.example")], bearer("0" * 64)):
        fields = [*fields, ("Sec-Fetch-Site", "cross-site"), ("Origin", "http://evil.example")]
        assert ask(unkeyed.port, PATH, "POST", fields[:2], b"{}").status == 403
        assert ask(unkeyed.port, "/v1/keys", fields=fields).status in (400, 403)


def test_nothing_of_a_key_or_placeholder_is_written(keyed: Program) -> None:
    value = issued(keyed)["access_token"]
    ask(keyed.port, "/v1/accounts", fields=bearer(value))
    har = keyed.admin("/console/api/har")[1]
    for text in (har, keyed.output):
        assert value not in text
        assert OTHER_KEY not in text
        assert not found(text)


@pytest.mark.parametrize("value", ["refuse", "REFUSE"])
def test_refuse_lets_nobody_ask_for_tokens(value: str) -> None:
    with simulator() as url, Program(url, token_endpoint=value) as proxy:
        for method, path in [("POST", PATH), *OTHER_SPELLINGS]:
            answer = ask(proxy.port, path, method, body=b"{}")
            assert answer.status == 403, (method, path)
            assert b"BREB_TOKEN_ENDPOINT=refuse" in answer.body
        assert ask(proxy.port, PATH).status == 200
        assert ask(proxy.port, "/v1/accounts").status == 200


def test_forward_asks_the_api_as_ever() -> None:
    with RawUpstream() as upstream, Program(upstream.url) as proxy:
        assert token(proxy).status == 200
        assert len(upstream.tokens_asked) == 2
        ask(proxy.port, PATH, "post", body=b"{}")
        assert (upstream.calls[-1].method, upstream.calls[-1].values("authorization")) == (
            "post",
            [],
        )
