"""The image that the unmodified Dockerfile makes."""

import json
import time
import uuid
from collections.abc import Generator

import pytest

from tests.containers.podman import BASE, PROXY, SIMULATOR, image, logs, podman, state

ALLOWED_OVER_THE_BASE = 70_000_000  # 33 of them: the client of PostgreSQL, and cryptography
LOCKED = (
    "--read-only",
    "--read-only-tmpfs=false",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--pids-limit=64",
)
ENVIRONMENT = {
    "BREB_BASE_URL": "http://127.0.0.1:9090",
    "BREB_CLIENT_ID": "sandbox-client",
    "BREB_CLIENT_SECRET": "sandbox-secret",
    "BREB_LOG_LEVEL": "warning",
}
SERVE = (*(part for each in ENVIRONMENT.items() for part in ("--env", "=".join(each))), PROXY)


@pytest.fixture
def name() -> Generator[str]:
    name = f"image-{uuid.uuid4().hex[:8]}"
    yield name
    podman("rm", "-f", "-t", "0", name)


@pytest.fixture
def network(name: str) -> Generator[str]:
    """A network of nothing but the simulator."""
    simulator = f"{name}-simulator"
    podman("run", "-d", "--name", simulator, "--network=none", SIMULATOR)
    yield f"--network=container:{simulator}"
    podman("rm", "-f", "-t", "0", name)  # it depends on the other
    podman("rm", "-f", "-t", "0", simulator)


def healthy(name: str) -> None:
    """Wait until the image's own health check passes."""
    deadline = time.monotonic() + 30
    while True:
        try:
            podman("healthcheck", "run", name)
            return
        except Exception:  # noqa: BLE001  said with the log, below
            assert time.monotonic() < deadline, logs(name)
            time.sleep(0.1)


def test_it_is_small() -> None:
    size, base = (int(image(one, "{{.Size}}")) for one in (PROXY, BASE))
    assert size - base < ALLOWED_OVER_THE_BASE


def test_it_says_who_runs_it_and_how_it_ends() -> None:
    config = json.loads(image(PROXY, "{{json .Config}}"))
    assert config["User"] == "65532:65532"
    assert config["Entrypoint"] == ["breb-proxy"]
    assert config["Cmd"] == ["serve"]
    assert config["StopSignal"] == "SIGTERM"
    labels = config["Labels"]
    assert labels["org.opencontainers.image.title"] == "breb-proxy"
    assert labels["org.opencontainers.image.version"] == "ci"
    health = json.loads(image(PROXY, "{{json .HealthCheck}}"))
    assert health["Test"][0] == "CMD", "a health check without a shell"


def test_it_runs_locked_down_in_64_mib_and_ends_with_zero(name: str, network: str) -> None:
    podman("run", "-d", "--name", name, network, *LOCKED, "--memory=64m", *SERVE)
    healthy(name)
    assert podman("exec", name, "id", "-u") == "65532"
    podman("stop", "-t", "20", name)
    assert (state(name)["ExitCode"], state(name)["OOMKilled"]) == (0, False)


def test_it_ends_with_zero_where_it_is_not_pid_1(name: str, network: str) -> None:
    podman("run", "-d", "--init", "--name", name, network, *LOCKED, *SERVE)
    healthy(name)
    podman("stop", "-t", "20", name)
    assert state(name)["ExitCode"] == 0


def test_a_start_compiles_nothing(name: str, network: str) -> None:
    """With a writable root and as root, Python would leave the bytecode that was missing."""
    podman("run", "-d", "--name", name, network, "--user=0", *SERVE)
    healthy(name)
    podman("stop", "-t", "20", name)
    written = [line for line in podman("diff", name).splitlines() if ".pyc" in line]
    assert written == []


def inside(script: str, image: str = PROXY) -> str:
    """Run a shell script in a container of an image."""
    return podman("run", "--rm", "--network=none", "--entrypoint", "sh", image, "-c", script)


def test_no_pip_is_in_it() -> None:
    assert (
        inside("command -v pip pip3; ls /usr/bin/pip* /usr/local/bin/pip* 2>/dev/null; true") == ""
    )
    for python in ("python", "/usr/local/bin/python3"):
        for name in ("pip", "ensurepip"):
            found = f"{python} -c 'import importlib.util as u; print(u.find_spec(\"{name}\"))'"
            assert inside(found) == "None", python


def test_the_simulator_is_in_an_image_of_its_own() -> None:
    listing = "find /opt -name simulator -o -name 'segno*' | head"
    assert inside(listing) == ""
    assert inside(listing, SIMULATOR) != ""
    said = inside("breb-proxy demo 2>&1; echo $?")
    assert "the production image does not have the simulator" in said
    assert said.endswith("\n1")


def test_no_script_of_a_library_is_in_it() -> None:
    scripts = inside("ls /opt/breb-proxy/bin").split()
    assert [each for each in scripts if not each.startswith("python")] == ["breb-proxy"]


def test_it_says_what_is_in_it() -> None:
    bill = json.loads(inside("cat /usr/share/doc/breb-proxy/sbom.cdx.json"))
    purls = [part["purl"] for part in bill["components"]]
    for kind in ("pkg:pypi/breb-proxy@", "pkg:pypi/httpx@", "pkg:generic/python@", "pkg:deb/"):
        assert any(purl.startswith(kind) for purl in purls), kind
    assert not any("pypi/segno" in purl or "pypi/pip@" in purl for purl in purls)


def test_settings_that_are_wrong_end_it_with_two(name: str) -> None:
    podman("run", "-d", "--name", name, "--network=none", *LOCKED, PROXY)
    podman("wait", name)
    assert state(name)["ExitCode"] == 2
    assert "BREB_CLIENT_ID" in logs(name)
