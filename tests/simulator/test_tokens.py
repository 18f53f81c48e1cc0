"""Access tokens: how they begin and end."""

import re
from typing import Any

import httpx
import pytest

PATH = "/v1/iam/oauth/tokens"
CREDENTIALS = {
    "client_id": "sandbox-client",
    "client_secret": "sandbox-secret",
    "grant_type": "client_credentials",
}


def test_a_token_looks_as_documented(sandbox: Any) -> None:
    told = sandbox.token()
    assert re.fullmatch("[0-9a-f]{64}", told["access_token"])
    assert told["token_type"] == "Bearer"
    assert told["expires_in"] == 86400
    assert told["roles"] == ["entity.client_credentials"]
    assert "iam.oauth.tokens.list.get" in told["scopes"]
    assert told.keys() == {
        "access_token", "token_type", "token_id", "expires_in", "created_at", "account_id",
        "scopes", "roles",
    }  # fmt: skip


@pytest.mark.parametrize("missing", ["client_id", "client_secret", "grant_type"])
def test_every_credential_is_required(sandbox: Any, missing: str) -> None:
    body = {name: value for name, value in CREDENTIALS.items() if name != missing}
    answer = sandbox.bare.post(PATH, json=body)
    assert answer.status_code == 400
    assert answer.json()["message"] == f"Field '{missing}' is required"


def test_another_grant_is_refused(sandbox: Any) -> None:
    body = {**CREDENTIALS, "grant_type": "password"}
    assert sandbox.bare.post(PATH, json=body).status_code == 400


@pytest.mark.parametrize("name", ["client_id", "client_secret"])
@pytest.mark.parametrize("status", [400, 401, 403])
def test_wrong_credentials_get_the_chosen_status(start: Any, name: str, status: int) -> None:
    sandbox = start(bad_credentials=status)
    answer = sandbox.bare.post(PATH, json={**CREDENTIALS, name: "wrong ñ"})
    assert answer.status_code == status
    assert answer.json()["code"] == "INVALID_CLIENT"


def test_the_error_of_the_token_endpoint_may_be_that_of_the_rfc(start: Any) -> None:
    sandbox = start(token_error_shape="oauth")
    answer = sandbox.bare.post(PATH, json={**CREDENTIALS, "client_secret": "wrong"})
    assert answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": None}, "unsupported_grant_type"),
        ({"client_id": 5}, "invalid_request"),
    ],
)
def test_all_its_errors_are_then_those_of_the_rfc(
    start: Any, changes: dict[str, Any], error: str
) -> None:
    sandbox = start(token_error_shape="oauth")
    answer = sandbox.bare.post(PATH, json={**CREDENTIALS, **changes})
    assert answer.status_code == 400
    assert answer.json().keys() == {"error", "error_description"}
    assert answer.json()["error"] == error
    assert sandbox.bare.post(PATH, json={}).json()["error"] == "invalid_request"
    assert sandbox.bare.get(PATH).json()["code"] == "UNAUTHORIZED"


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([], id="none"),
        pytest.param([("Authorization", "Bearer nonsense")], id="unknown"),
        pytest.param([("Authorization", "Basic c2FuZGJveA==")], id="other-scheme"),
        pytest.param([("Authorization", "Bearer a"), ("Authorization", "Bearer b")], id="two"),
    ],
)
def test_without_a_live_token_there_is_401(sandbox: Any, lines: list[tuple[str, str]]) -> None:
    answer = sandbox.bare.get("/v1/keys", headers=httpx.Headers(lines))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_every_401_has_a_challenge(sandbox: Any) -> None:
    wrong = sandbox.bare.post(PATH, json={**CREDENTIALS, "client_secret": "wrong"})
    forced = sandbox.http.get("/v1/keys", headers={"X-Sandbox-Fault": "status=401"})
    assert (wrong.status_code, forced.status_code) == (401, 401)
    assert wrong.headers["WWW-Authenticate"] == "Bearer"
    assert forced.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_the_challenge_can_be_left_out(start: Any) -> None:
    assert "WWW-Authenticate" not in start(www_authenticate=False).bare.get("/v1/keys").headers


def test_a_token_dies_when_its_time_has_come(start: Any) -> None:
    sandbox = start(token_lifetime=30)
    sandbox.later(29)
    sandbox.get("/v1/keys")
    sandbox.later(1)
    sandbox.get("/v1/keys", 401)


def test_a_token_is_shown_without_its_bearer_value(sandbox: Any) -> None:
    token = sandbox.token()
    shown = sandbox.get(f"{PATH}/{token['token_id']}")
    assert shown.items() <= token.items()
    assert "access_token" not in shown


@pytest.mark.parametrize(("reading", "seconds"), [("total", 86400), ("remaining", 86300)])
def test_what_expires_in_means_later_is_a_switch(start: Any, reading: str, seconds: int) -> None:
    sandbox = start(token_info_expires_in=reading)
    token_id = sandbox.token()["token_id"]
    sandbox.later(100)
    assert sandbox.get(f"{PATH}/{token_id}")["expires_in"] in {seconds, seconds - 1}


@pytest.mark.parametrize(
    ("token_id", "status"),
    [("nonsense", 400), ("00000000-0000-4000-8000-000000000000", 404)],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_token_that_is_not_there(sandbox: Any, method: str, token_id: str, status: int) -> None:
    assert sandbox.http.request(method, f"{PATH}/{token_id}").status_code == status


def test_the_list_shows_live_tokens_and_filters(sandbox: Any) -> None:
    other = sandbox.token()
    listed = sandbox.get(PATH)
    assert other["token_id"] in [token["token_id"] for token in listed["tokens"]]
    assert listed["pagination_info"]["total_elements"] == 2
    assert len(sandbox.get(PATH, grant_flow="GRANT_FLOW_CLIENT_CREDENTIALS")["tokens"]) == 2
    assert len(sandbox.get(PATH, role="entity.client_credentials")["tokens"]) == 2
    assert len(sandbox.get(PATH, account_id=other["account_id"])["tokens"]) == 2
    assert sandbox.get(PATH, role="nobody")["tokens"] == []
    assert sandbox.get(PATH, user_id="somebody")["tokens"] == []
    assert sandbox.get(PATH, grant_flow="GRANT_FLOW_PASSWORD")["tokens"] == []
    sandbox.get(PATH, 400, grant_flow="nonsense")


def _revoke(sandbox: Any, token_id: str, body: dict[str, str] | None = None) -> httpx.Response:
    return sandbox.http.request("DELETE", f"{PATH}/{token_id}", json=body)


def test_a_revoked_token_is_dead_at_once(sandbox: Any) -> None:
    token = sandbox.token()
    answer = _revoke(sandbox, token["token_id"], {"token_id": token["token_id"]})
    assert (answer.status_code, answer.content) == (200, b"")
    fields = {"Authorization": f"Bearer {token['access_token']}"}
    assert sandbox.bare.get("/v1/keys", headers=fields).status_code == 401
    sandbox.get(f"{PATH}/{token['token_id']}", 404)


@pytest.mark.parametrize("status", [404, 409])
def test_revoking_again_gets_the_chosen_status(start: Any, status: int) -> None:
    sandbox = start(repeated_revoke=status)
    token_id = sandbox.token()["token_id"]
    assert _revoke(sandbox, token_id).status_code == 200
    assert _revoke(sandbox, token_id).status_code == status


@pytest.mark.parametrize(("chosen", "status"), [("documented", 200), (200, 200), (204, 204)])
def test_what_revoking_answers_is_a_switch(start: Any, chosen: Any, status: int) -> None:
    sandbox = start(delete_status=chosen)
    assert _revoke(sandbox, sandbox.token()["token_id"]).status_code == status


def test_the_body_of_a_revocation_must_fit(sandbox: Any) -> None:
    token_id, other = sandbox.token()["token_id"], sandbox.token()["token_id"]
    assert _revoke(sandbox, token_id, {"token_id": other}).status_code == 400
    assert _revoke(sandbox, token_id, {"token_id": "nonsense"}).status_code == 400


def test_the_body_of_a_revocation_can_be_required(start: Any) -> None:
    sandbox = start(require_delete_body=True)
    token_id = sandbox.token()["token_id"]
    assert _revoke(sandbox, token_id).status_code == 400
    assert _revoke(sandbox, token_id, {"token_id": token_id}).status_code == 200


@pytest.mark.parametrize(("allowed", "status"), [(True, 200), (False, 409)])
def test_whether_a_token_may_revoke_itself_is_a_switch(
    start: Any, allowed: bool, status: int
) -> None:
    sandbox = start(revoke_own=allowed)
    own = sandbox.get(PATH)["tokens"][0]["token_id"]
    assert _revoke(sandbox, own).status_code == status


@pytest.mark.parametrize(("chosen", "status"), [("keeps", 200), ("revokes", 401)])
def test_what_a_new_token_does_to_the_old_is_a_switch(start: Any, chosen: str, status: int) -> None:
    sandbox = start(new_token=chosen)
    sandbox.token()
    sandbox.get("/v1/keys", status)


def test_too_many_tokens_are_refused(start: Any) -> None:
    sandbox = start(token_limit=2, retry_after=9)
    sandbox.token()
    answer = sandbox.bare.post(PATH, json=CREDENTIALS)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "9")
    sandbox.later(86400)
    assert "access_token" in sandbox.token()


def test_too_many_tokens_may_cost_the_oldest_its_life(start: Any) -> None:
    sandbox = start(token_limit=1, token_limit_action="evict")
    sandbox.token()
    sandbox.get("/v1/keys", 401)


@pytest.mark.parametrize("status", [401, 403])
def test_a_missing_scope_gets_the_chosen_status(start: Any, status: int) -> None:
    sandbox = start(scope_failure=status, scopes=("iam.oauth.tokens.get",))
    answer = sandbox.http.get("/v1/keys")
    assert answer.status_code == status
    assert answer.json()["code"] == "MISSING_SCOPE"
    assert "insufficient_scope" in answer.headers["WWW-Authenticate"]
    quiet = start(scope_failure=status, scopes=(), www_authenticate=False)
    assert "WWW-Authenticate" not in quiet.http.get("/v1/keys").headers


def test_requests_may_be_rationed(start: Any) -> None:
    sandbox = start(rate_limit=3, rate_window=60, retry_after=7)
    answers = [sandbox.http.get("/v1/keys") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].headers["Retry-After"] == "7"
    sandbox.later(60)
    sandbox.get("/v1/keys")


def test_only_so_many_tokens_are_remembered(sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.api.tokens._KEPT", 2)
    for _ in range(3):
        sandbox.token()
    assert len(sandbox.view()["tokens"]) == 2
    sandbox.get("/v1/keys", 401)


def test_a_seed_repeats_ids_and_tokens(start: Any) -> None:
    first, second, other = start(seed=1), start(seed=1), start(seed=2)
    told = [one.token() for one in (first, second, other)]
    assert told[0]["access_token"] == told[1]["access_token"]
    assert told[0]["token_id"] == told[1]["token_id"]
    assert told[0]["access_token"] != told[2]["access_token"]
