"""What docker/ ships agrees with the program, and with what a cluster asks for."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from proxy import __version__
from proxy.addresses import Url
from proxy.settings.model import SECRETS, Settings
from proxy.settings.sources import PREFIX
from tools import chart

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
KUBERNETES = DOCKER / "kubernetes"
CHART = DOCKER / "helm" / "breb-proxy"
LIBRARY = DOCKER / "helm" / "breb-proxy-sidecar"
COMPONENT = KUBERNETES / "component"
BASE = sorted((KUBERNETES / "base").rglob("*.yaml"))
# Names that a Service called breb or breb-proxy would put into the environment.
INJECTED = re.compile(r"_(PORT|SERVICE_HOST|SERVICE_PORT)(_|$)")

Document = dict[str, Any]


def documents(*files: Path) -> Iterator[Document]:
    for file in files:
        yield from (one for one in yaml.safe_load_all(file.read_text(encoding="utf-8")) if one)


def workloads() -> list[Document]:
    return [one for one in documents(*BASE) if one["kind"] in ("Deployment", "Job")]


def pods() -> Iterator[Document]:
    for workload in workloads():
        yield workload["spec"]["template"]["spec"]


def containers(pod: Document) -> list[Document]:
    return [*pod.get("initContainers", []), *pod["containers"]]


def proxies() -> Iterator[tuple[Document, Document]]:
    for pod in pods():
        for container in containers(pod):
            if container["image"].startswith("breb-proxy"):
                yield pod, container


def everything_shipped() -> str:
    files = [file for file in DOCKER.rglob("*") if file.is_file() and file.suffix != ".lock"]
    files += [ROOT / "Dockerfile"]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def test_each_shape_is_there() -> None:
    kinds = sorted(one["kind"] for one in workloads())
    assert kinds == ["Deployment", "Deployment", "Deployment", "Job"]  # one is the simulator
    assert len(list(proxies())) == 3


def test_every_container_meets_the_restricted_standard() -> None:
    for pod in pods():
        security = pod["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers(pod):
            own = container["securityContext"]
            assert own["allowPrivilegeEscalation"] is False
            assert own["readOnlyRootFilesystem"] is True
            assert own["capabilities"] == {"drop": ["ALL"]}
            assert {**security, **own}["runAsUser"] > 0
            assert container["resources"]["limits"]["memory"]


def test_services_put_nothing_into_the_environment() -> None:
    for pod in pods():
        assert pod["enableServiceLinks"] is False
        assert pod["automountServiceAccountToken"] is False
    assert not [name for name in Settings.model_fields if INJECTED.search(f"_{name.upper()}")]


def test_credentials_come_as_files_that_the_group_may_read() -> None:
    for pod, container in proxies():
        assert pod["securityContext"]["fsGroup"] == 65532
        (mount,) = container["volumeMounts"]
        assert mount["readOnly"] is True
        assert "subPath" not in mount, "such files are never updated"
        env = {item["name"]: item.get("value") for item in container["env"]}
        assert env["BREB_SECRETS_DIR"] == mount["mountPath"]
        (volume,) = (each for each in pod["volumes"] if each["name"] == mount["name"])
        source = volume.get("secret") or volume["projected"]
        assert source["defaultMode"] == 0o440
        assert not {PREFIX + name.upper() for name in SECRETS} & set(env)


def test_probes_reach_a_listener_on_the_pods_address() -> None:
    for _, container in proxies():
        env = {item["name"]: item.get("value") for item in container["env"]}
        host, _, port = env["BREB_ADMIN_LISTEN"].rpartition(":")
        assert host == "0.0.0.0"
        named = {each["name"]: each["containerPort"] for each in container["ports"]}
        for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
            get = container[kind]["httpGet"]
            assert named[get["port"]] == int(port)
            assert container[kind]["timeoutSeconds"] == 3
        assert container["livenessProbe"]["httpGet"]["path"] == "/livez", "a token is no life"
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_a_sidecar_is_native_and_holds_the_application_back_until_a_token_is_held() -> None:
    sidecars = [each for pod in pods() for each in pod.get("initContainers", [])]
    assert len(sidecars) == 2
    for sidecar in sidecars:
        assert sidecar["restartPolicy"] == "Always"
        assert sidecar["startupProbe"]["httpGet"]["path"] == "/readyz"
        assert "BREB_LISTEN" not in {item["name"] for item in sidecar["env"]}, "loopback alone"
    assert sidecars[0] == sidecars[1], "one sidecar, whatever it stands beside"


def test_a_job_is_run_once_and_ends_without_a_token_too() -> None:
    """Run again after a failure it would pay again; held back for ever it would say nothing."""
    (job,) = (one for one in workloads() if one["kind"] == "Job")
    assert job["spec"]["backoffLimit"] == 0
    assert job["spec"]["activeDeadlineSeconds"] > 120


def test_the_grace_is_longer_than_the_drain() -> None:
    (pod,) = (pod for pod, container in proxies() if container in pod["containers"])
    env = {item["name"]: item.get("value") for item in pod["containers"][0]["env"]}
    drain = float(env["BREB_DRAIN_DELAY"]) + float(env["BREB_SHUTDOWN_GRACE"])
    assert pod["terminationGracePeriodSeconds"] >= drain + 5


def test_every_setting_named_is_one() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known |= {f"{PREFIX}SECRETS_DIR", f"{PREFIX}ENV_FILE"}
    told = {
        "BREB_PROXY_PORT",
        "BREB_SIMULATOR_PORT",
    }  # in the comment on what Kubernetes would inject
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+[A-Z]\b", everything_shipped()))
    assert named - told <= known


@pytest.mark.parametrize("environment", ["sandbox", "production"])
def test_an_overlay_is_for_the_environment_that_it_says(environment: str) -> None:
    folder = KUBERNETES / "overlays" / environment
    (overlay,) = documents(folder / "kustomization.yaml")
    (namespace,) = documents(folder / "namespace.yaml")
    assert overlay["namespace"] == namespace["metadata"]["name"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    (settings,) = (each["literals"] for each in overlay["configMapGenerator"])
    values = dict(each.split("=", 1) for each in settings)
    assert Url.parse(values["BREB_BASE_URL"]).environment == environment
    assert ("BREB_ALLOW_PRODUCTION" in values) is (environment == "production")


def test_production_starts_no_image_that_could_become_another_one() -> None:
    """Not even ours: what is shipped names none that exists, so somebody has to fill it in."""
    (overlay,) = documents(KUBERNETES / "overlays" / "production" / "kustomization.yaml")
    (image,) = overlay["images"]
    assert "newTag" not in image
    assert image["digest"] == "sha256:fill-in-the-digest-of-your-image"


def test_versions_are_one() -> None:
    for folder in (CHART, LIBRARY):
        (described,) = documents(folder / "Chart.yaml")
        assert described["version"] == described["appVersion"] == __version__
    helper = (LIBRARY / "templates" / "_container.tpl").read_text(encoding="utf-8")
    assert f'default "{__version__}"' in helper
    tags = set(re.findall(r"name: breb-proxy, newTag: (\S+) ", everything_shipped()))
    tags |= {container["image"].partition(":")[2] for _, container in proxies()}
    assert tags == {__version__}


def test_the_image_that_make_builds_is_the_one_that_the_manifests_name() -> None:
    """docker/image/make.sh gives the name that it is called with: test_base_image.py."""
    said = subprocess.run(
        ["make", "-n", "image"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert f"VERSION={__version__} " in said
    assert {c["image"] for _, c in proxies()} == {f"breb-proxy:{__version__}"}


def test_the_charts_values_fit_their_schema_by_name() -> None:
    (values,) = documents(CHART / "values.yaml")
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    refused = {n for n, each in schema["properties"].items() if "Another chart's" in str(each)}
    assert set(schema["properties"]) - refused == set(values) | {"global"}
    for name, described in schema["properties"].items():
        if "properties" in described and name not in ("settings", "resources", "global"):
            assert set(described["properties"]) == set(values[name]), name


def test_the_charts_hold_what_is_made_of_the_program() -> None:
    """Names of settings, README: python -m tools.chart writes them."""
    for file, text in chart.made().items():
        assert file.read_text(encoding="utf-8") == text, file


def test_the_component_adds_the_sidecar_of_the_base() -> None:
    """What is written down three times is one container; the component's brings its security."""
    base = next(c for p, c in proxies() if c in p.get("initContainers", []))
    locked = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    expected = {**base, "securityContext": {**base["securityContext"], **locked}}
    (patch,) = documents(COMPONENT / "sidecar.yaml")
    (deeper,) = documents(COMPONENT / "cron-job.yaml")
    for template in (patch["spec"], deeper["spec"]["jobTemplate"]["spec"]):
        spec = template["template"]["spec"]
        assert spec["initContainers"] == [expected]
        assert "securityContext" not in spec, "the pod's own stays"


def test_the_dashboard_and_the_alerts_name_metrics_that_exist() -> None:
    told = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for file in (CHART / "files" / "dashboard.json", CHART / "files" / "rules.yaml"):
        for name in set(
            re.findall(r"breb_proxy_[a-z0-9_]+[a-z]", file.read_text(encoding="utf-8"))
        ):
            assert name.removesuffix("_bucket") in told, f"{file.name}: {name}"


def test_without_a_container_engine_make_says_what_is_missing(tmp_path: Path) -> None:
    for name in ("make", "sh", "sed"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    done = subprocess.run(
        [tmp_path / "make", "image"],
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "docker or podman is needed" in done.stderr


def test_the_image_is_run_by_a_number_and_without_a_shell() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", dockerfile, re.MULTILINE)
    for instruction in ("ENTRYPOINT", "CMD", "HEALTHCHECK .* CMD"):
        assert re.search(rf"^{instruction} \[", dockerfile, re.MULTILINE)
    assert re.search(r"^STOPSIGNAL SIGTERM$", dockerfile, re.MULTILINE)
    assert dockerfile.count("--require-hashes") == 2


def test_the_builds_context_lets_in_what_the_dockerfile_copies_and_no_more() -> None:
    let_in = re.findall(
        r"^!(\S+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE
    )
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE)
    needed = {name for line in copied for name in line.split()}
    needed |= set(re.findall(r"--mount=type=bind,source=([^,]+)", dockerfile))
    # Small files of one folder are let in together.
    needed = {"docker/image" if name.startswith("docker/image") else name for name in needed}
    # Of the documentation only what `breb-proxy help` shows: no pictures.
    assert set(let_in) == needed - {"docs"} | {"docs/*.md", "docs/es"}
    assert all((ROOT / name).exists() for name in needed)


def test_every_memory_limit_of_compose_is_set_and_its_ports_are_for_this_machine_alone() -> None:
    (compose,) = documents(DOCKER / "compose.yaml")
    for service in compose["services"].values():
        assert service["mem_limit"]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    for service in compose["services"].values():  # what is built here is on no registry
        assert "build" in service or service["pull_policy"] == "never"
    proxy = compose["services"]["breb-proxy"]
    assert proxy["network_mode"] == "service:legacy-app"
    assert set(proxy["secrets"]) == set(compose["secrets"])
