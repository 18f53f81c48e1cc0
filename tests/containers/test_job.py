"""The shipped Job with a native sidecar, run as a pod."""

from tests.containers.manifests import KUBERNETES, kustomize
from tests.containers.pod import Pod


def test_the_job_completes_although_the_sidecar_runs() -> None:
    with Pod(kustomize(KUBERNETES / "job")) as pod:
        pod.simulator()
        pod.up()
        pod.complete()
        assert pod.state("breb-proxy")["Status"] == "running"
        assert pod.down() == {"report": 0, "breb-proxy": 0}
        assert "report: 200" in pod.logs("report")
