"""The Helm chart's Deployment, run as a pod, and its own test run beside it."""

import base64
from pathlib import Path

from tests.containers.manifests import ROOT, Document, helm
from tests.containers.pod import ADDRESS, Pod
from tests.containers.podman import podman

SECRETS = {
    "breb-proxy-credentials": {
        "BREB_CLIENT_ID": "sandbox-client",
        "BREB_CLIENT_SECRET": "sandbox-secret",
    },
    "breb-proxy-caller-key": {"BREB_CALLER_KEY": "key-of-the-callers"},
}
# No Service stands in the way here, so that its port is the container's.
VALUES = {
    "settings.BASE_URL": "http://127.0.0.1:9090",
    "service.port": "8080",
    "image.repository": "localhost/breb-proxy",
    "image.tag": "ci",
}


def render() -> list[Document]:
    """Render a release called shop, with the Secrets that it asks for."""
    flags = [part for name, value in VALUES.items() for part in ("--set", f"{name}={value}")]
    documents = helm(ROOT / "docker" / "helm" / "breb-proxy", *flags)
    secrets = [
        {
            "kind": "Secret",
            "metadata": {"name": name},
            "data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()},
        }
        for name, data in SECRETS.items()
    ]
    return [*documents, *secrets]


def test_a_release_serves_its_callers_and_passes_its_own_test(tmp_path: Path) -> None:
    documents = render()
    hosts = tmp_path / "hosts"
    hosts.write_text(f"{ADDRESS} shop-breb-proxy\n", encoding="ascii")
    with Pod(documents) as pod:
        pod.simulator()
        pod.up()
        fields = {"Host": "shop-breb-proxy.breb-tests.svc", "X-Proxy-Key": "key-of-the-callers"}
        assert pod.ask(f"http://{ADDRESS}:8080/v1/accounts", fields=fields)["status"] == 200
        (test,) = pod.manifests.of("Pod")
        (container,) = test["spec"]["containers"]
        said = podman(
            *("run", "--rm", "--pod", pod.name),
            *("--volume", f"{hosts}:/etc/hosts:ro", "--read-only", "--cap-drop=ALL"),
            *("--entrypoint", "python", container["image"], "-c", container["args"][0]),
        )
        assert said.startswith("403 breb-proxy;")
        assert pod.down() == {"breb-proxy": 0}
