"""Test suites side by side: none sees what another does."""

import threading
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import CREDENTIALS, CUSTOMER


def _client(sandbox: Any, name: str) -> httpx.Client:
    """Make a client of a namespace, with the token of the nameless one, as behind a proxy."""
    fields = {"X-Sandbox-Namespace": name, "Authorization": sandbox.http.headers["Authorization"]}
    return httpx.Client(base_url=sandbox.url, headers=fields, trust_env=False)


def test_each_namespace_has_a_world_of_its_own(sandbox: Any) -> None:
    with _client(sandbox, "a") as one, _client(sandbox, "b") as other:
        made = one.post("/v1/customers/business/link", json=CUSTOMER).json()["id"]
        assert one.get(f"/v1/customers/{made}").status_code == 200
        assert other.get(f"/v1/customers/{made}").status_code == 404
        assert sandbox.http.get(f"/v1/customers/{made}").status_code == 404
        other.post("/_sandbox/reset", json={})
        assert one.get("/_sandbox/state").json()["counts"]["customers"] == 1
    assert {"a", "b"} <= set(sandbox.view("namespaces")["namespaces"])


def test_faults_outcomes_and_the_clock_are_nobody_elses(sandbox: Any) -> None:
    with _client(sandbox, "a") as one, _client(sandbox, "b") as other:
        one.post("/_sandbox/faults", json={"fault": "status=503;times=1"})
        one.post("/_sandbox/outcomes", json={"error_code": "B106"})
        one.post("/_sandbox/clock", json={"advance": 90_000})
        assert other.get("/v1/keys").status_code == 200
        assert sandbox.http.get("/v1/keys").status_code == 200
        assert one.get("/v1/keys").status_code == 503
        assert one.get("/v1/keys").status_code == 200, "the shared token has the shared clock"
        assert [rule["used"] for rule in one.get("/_sandbox/outcomes").json()["outcomes"]] == [0]
        assert other.get("/_sandbox/outcomes").json()["outcomes"] == []
        assert other.get("/_sandbox/state").json()["clock_offset"] == 0


def test_a_token_knows_its_namespace(sandbox: Any) -> None:
    """Who cannot send a field gets a token for a namespace, and each proxy may have its own."""
    body = {**CREDENTIALS, "client_id": "sandbox-client+c"}
    of_c = sandbox.bare.post("/v1/iam/oauth/tokens", json=body).json()["access_token"]
    answer = sandbox.bare.post(
        "/v1/iam/oauth/tokens", json=CREDENTIALS, headers={"X-Sandbox-Namespace": "d"}
    )
    of_d = answer.json()["access_token"]
    for name, token in (("c", of_c), ("d", of_d)):
        fields = {"Authorization": f"Bearer {token}"}
        sandbox.bare.post("/v1/customers/business/link", json=CUSTOMER, headers=fields)
        state = sandbox.bare.get("/_sandbox", params={"namespace": name}).json()
        assert (state["namespace"], state["counts"]["customers"]) == (name, 1)
        sandbox.bare.post("/_sandbox/reset", params={"namespace": name})
    assert sandbox.view()["counts"]["customers"] == 0


def test_a_client_id_with_a_plus_and_no_name_is_a_wrong_one(sandbox: Any) -> None:
    for client in ("sandbox-client+", "sandbox-client+a b", "other+a"):
        body = {**CREDENTIALS, "client_id": client}
        assert sandbox.bare.post("/v1/iam/oauth/tokens", json=body).status_code in {400, 401}


@pytest.mark.parametrize("name", ["a b", "x" * 65, "ñ"])
def test_a_name_that_is_none_is_refused(sandbox: Any, name: str) -> None:
    fields = {"X-Sandbox-Namespace": name.encode("latin-1")}
    for path in ("/v1/keys", "/_sandbox"):
        answer = sandbox.http.get(path, headers=fields)
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_NAMESPACE")


def test_only_so_many_are_kept_and_the_longest_unused_goes(
    start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulator.namespaces._MOST", 2)
    sandbox = start()
    for name in ("a", "b", "a", "c"):
        sandbox.bare.get("/_sandbox", headers={"X-Sandbox-Namespace": name})
    assert sandbox.view("namespaces")["namespaces"] == ["a", "c"]


def test_no_two_namespaces_roll_the_same_dice(start: Any) -> None:
    sandbox = start(seed=1)
    ids = set()
    for name in ("a", "b"):
        with _client(sandbox, name) as client:
            made = client.post("/v1/customers/business/link", json=CUSTOMER).json()["id"]
            ids.add(made)
    assert len(ids) == 2


def test_two_suites_at_once_do_not_meet(sandbox: Any) -> None:
    wrong: list[str] = []

    def suite(name: str) -> None:
        with _client(sandbox, name) as client:
            for _ in range(15):
                client.post("/_sandbox/reset", json={})
                client.post("/_sandbox/faults", json={"fault": "status=503;times=1"})
                codes = [client.get("/v1/customers").status_code for _ in range(2)]
                client.post("/v1/customers/business/link", json=CUSTOMER)
                counted = client.get("/v1/customers").json()["pagination_info"]["total_elements"]
                if (codes, counted) != ([503, 404], 1):
                    wrong.append(f"{name}: {codes} {counted}")

    suites = [threading.Thread(target=suite, args=(name,)) for name in ("left", "right")]
    for one in suites:
        one.start()
    for one in suites:
        one.join()
    assert wrong == []


def test_the_root_points_to_the_page(sandbox: Any) -> None:
    seen = sandbox.bare.get("/", headers={"Accept": "text/html"})
    assert (seen.status_code, seen.headers["Location"]) == (302, "/_sandbox")
    assert sandbox.bare.get("/").json()["page"] == "/_sandbox"
