"""The shipped Deployment with a native sidecar, run as a pod."""

import threading
from collections.abc import Generator

import pytest

from tests.containers.manifests import KUBERNETES, kustomize
from tests.containers.pod import Pod, answer
from tests.containers.podman import PodmanFailed, podman

APP = "http://127.0.0.1:8000/"
ADMIN = "http://127.0.0.1:8081"
GOOD = {"BREB_CLIENT_ID": "sandbox-client", "BREB_CLIENT_SECRET": "sandbox-secret"}


@pytest.fixture
def pod() -> Generator[Pod]:
    with Pod(kustomize(KUBERNETES / "sidecar")) as made:
        yield made


def test_the_application_starts_when_a_token_is_held_and_not_before(pod: Pod) -> None:
    late = threading.Timer(3, pod.simulator)
    late.start()
    pod.up()
    late.join()
    assert pod.events[:3] == [
        "started breb-proxy",
        "startupProbe of breb-proxy passed",
        "started app",
    ]
    assert pod.state("simulator")["StartedAt"] < pod.state("app")["StartedAt"]
    assert pod.logs("app").splitlines()[0] == "first answer of the API: 200"


def test_a_secret_that_changes_is_used_without_a_restart(pod: Pod) -> None:
    pod.simulator()
    pod.up()
    started = pod.state("breb-proxy")["StartedAt"]
    pod.rotate(breb_proxy_credentials={**GOOD, "BREB_CLIENT_SECRET": "not-any-more"})
    with pytest.raises(PodmanFailed, match="not renewed: the token endpoint refused"):
        pod.run("breb-proxy", "breb-proxy", "refresh")
    assert pod.ask(APP)["status"] == 200, "the token that works is kept"
    pod.rotate(breb_proxy_credentials=GOOD)
    assert pod.run("breb-proxy", "breb-proxy", "refresh").startswith("renewed: ")
    assert pod.ask(APP)["status"] == 200
    assert pod.state("breb-proxy")["StartedAt"] == started


def test_a_deletion_loses_no_request_and_both_end_with_zero(pod: Pod) -> None:
    pod.simulator()
    pod.up()
    pod.set("behaviour", latency="6s")
    asked = [pod.asking(APP) for _ in range(20)]
    pod.until_in_flight(20)
    codes = pod.down()
    assert [answer(one)["status"] for one in asked] == [200] * 20
    assert codes == {"app": 0, "breb-proxy": 0}
    assert pod.events[-4:] == [
        "stopping app",
        "stopped app",
        "stopping breb-proxy",
        "stopped breb-proxy",
    ]


def test_callers_of_other_pods_find_no_listener(pod: Pod) -> None:
    pod.simulator()
    pod.up()
    assert pod.ask("http://10.244.0.2:8080/v1/accounts")["status"] == 0
    assert pod.ask("http://10.244.0.2:8081/metrics")["status"] == 200
    assert pod.ask("http://10.244.0.2:8081/refresh", "POST")["status"] in (403, 421)


def test_another_container_of_the_pod_gets_the_probes_alone(pod: Pod) -> None:
    """It shares the loopback address, and neither the user nor the processes."""
    pod.simulator()
    pod.up()
    assert pod.ask(f"{ADMIN}/readyz")["status"] == 200
    for path, method in (("/status", "GET"), ("/refresh", "POST"), ("/quit", "POST")):
        assert pod.ask(f"{ADMIN}{path}", method)["status"] == 401


def test_what_a_pre_stop_hook_says_ends_it_although_nothing_can_be_written(pod: Pod) -> None:
    pod.simulator()
    pod.up()
    assert pod.run("breb-proxy", "breb-proxy", "status").startswith("● ready")
    assert pod.run("breb-proxy", "breb-proxy", "quit").startswith("shutting down: ")
    podman("wait", pod.container("breb-proxy"))
    assert pod.state("breb-proxy")["ExitCode"] == 0


def test_no_credential_and_no_token_is_in_a_log(pod: Pod) -> None:
    pod.simulator()
    pod.up()
    pod.ask(APP)
    pod.down()
    written = pod.logs("breb-proxy")
    assert "sandbox-secret" not in written
    assert "Bearer" not in written
