"""The library chart in a chart of somebody else, run as a pod."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.containers.manifests import ROOT, Document, HelmRefused, Manifests, helm
from tests.containers.pod import Pod

FOREIGN = Path(__file__).parent / "helm" / "foreign"


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The foreign chart with the library that its Chart.yaml names, as Helm fetches it."""
    copy = tmp_path_factory.mktemp("charts") / "foreign"
    shutil.copytree(FOREIGN, copy)
    text = (copy / "Chart.yaml").read_text().replace("../../../../docker", str(ROOT / "docker"))
    (copy / "Chart.yaml").write_text(text)
    subprocess.run(["helm", "dependency", "build", copy], check=True, capture_output=True)
    return copy


def pod_of(documents: list[Document]) -> Document:
    spec: Document = Manifests(documents).workload["spec"]["template"]["spec"]
    return spec


def test_a_foreign_job_runs_with_it_and_completes(chart: Path) -> None:
    with Pod(helm(chart)) as pod:
        pod.simulator()
        pod.up()
        assert pod.state("first")["ExitCode"] == 0, "its own init container asks already"
        pod.complete()
        assert pod.down() == {"report": 0, "first": 0, "breb-proxy": 0}
        assert "report: 200" in pod.logs("report")


def test_what_the_chart_had_stays_as_it_was(chart: Path) -> None:
    spec = pod_of(helm(chart))
    assert spec["securityContext"] == {"fsGroup": 3000}
    assert [one["name"] for one in spec["initContainers"]] == ["breb-proxy", "first"]
    assert [one["name"] for one in spec["volumes"]] == ["breb-credentials", "own"]


def test_it_renders_without_values(chart: Path) -> None:
    spec = pod_of(helm(chart, "--set", "brebProxy=null"))
    assert spec["initContainers"][0]["image"] == "breb-proxy:1.0.0"
    assert spec["volumes"][0]["secret"]["secretName"] == "breb-proxy-credentials"


def test_a_setting_with_nothing_behind_it_is_not_set(chart: Path, tmp_path: Path) -> None:
    """It was the word null: the name of a ledger, or a number that stopped the start."""
    file = tmp_path / "values.yaml"
    file.write_text("brebProxy: { settings: { LEDGER: null, WRITE_TIMEOUT: 5 } }", encoding="utf-8")
    (proxy, _) = pod_of(helm(chart, "--values", str(file)))["initContainers"]
    names = {item["name"] for item in proxy["env"]}
    assert "BREB_WRITE_TIMEOUT" in names
    assert "BREB_LEDGER" not in names


def test_the_sidecar_is_the_components(chart: Path) -> None:
    """Two ways to one container: what differs is what the values say."""
    own = pod_of(helm(chart, "--set", "brebProxy=null"))["initContainers"][0]
    command = ["kubectl", "kustomize", ROOT / "docker" / "kubernetes" / "base" / "sidecar"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert own[probe]["httpGet"]["path"] in text
    assert own["securityContext"]["runAsUser"] == 65532


@pytest.mark.parametrize(
    ("value", "said"),
    [
        pytest.param("BASE_ULR=x", "BASE_ULR is not a setting of breb-proxy", id="misspelt"),
        pytest.param("CLIENT_SECRET=x", "CLIENT_SECRET is a secret", id="a-secret"),
        pytest.param(
            "BASE_URL=https://api.paas.co.passportfintech.com", "real money moves", id="production"
        ),
        pytest.param("DENY={a,b}", "DENY is a list or a map", id="a-list"),
    ],
)
def test_wrong_settings_are_refused_with_a_sentence(chart: Path, value: str, said: str) -> None:
    with pytest.raises(HelmRefused, match=said):
        helm(chart, "--set", f"brebProxy.settings.{value}")
