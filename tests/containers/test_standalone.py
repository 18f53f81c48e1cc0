"""The shipped stand-alone Deployment, run as a pod."""

import threading
from collections.abc import Generator

import pytest

from tests.containers.manifests import KUBERNETES, kustomize
from tests.containers.pod import ADDRESS, Pod, answer

URL = f"http://{ADDRESS}:8080/v1/accounts"
HOST = "breb-proxy.breb-tests.svc"
KEY = {"X-Proxy-Key": "key-of-the-callers", "Host": HOST}


@pytest.fixture
def pod() -> Generator[Pod]:
    with Pod(kustomize(KUBERNETES / "standalone")) as made:
        made.simulator()
        yield made.up()


def test_callers_with_the_key_and_the_services_name_are_served(pod: Pod) -> None:
    assert pod.ask(URL, fields=KEY)["status"] == 200
    assert pod.ask(URL, fields={"Host": HOST})["status"] == 403
    assert pod.ask(URL, fields={**KEY, "X-Proxy-Key": "guessed"})["status"] == 403
    assert pod.ask(URL, fields={**KEY, "Host": "evil.example"})["status"] == 421


def test_a_rollout_loses_no_request(pod: Pod) -> None:
    pod.set("behaviour", latency="6s")
    before = [pod.asking(URL, fields=KEY) for _ in range(20)]
    pod.until_in_flight(20)
    codes: dict[str, int] = {}
    ending = threading.Thread(target=lambda: codes.update(pod.down()))
    ending.start()
    while pod.ask(f"http://{ADDRESS}:8081/readyz")["status"] != 503:
        assert ending.is_alive()
    after = pod.asking(URL, fields=KEY)
    assert [answer(one)["status"] for one in (*before, after)] == [200] * 21
    ending.join()
    assert codes == {"breb-proxy": 0}
