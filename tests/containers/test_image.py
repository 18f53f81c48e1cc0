"""The image that the unmodified Dockerfile makes."""

import json
import time
import uuid
from collections.abc import Generator

import pytest

from tests.containers.podman import BASE, PROXY, image, logs, podman, state

ALLOWED_OVER_THE_BASE = 40_000_000
LOCKED = (
    "--network=none",
    "--read-only",
    "--read-only-tmpfs=false",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--pids-limit=64",
)
DEMO = ("--env", "BREB_LOG_LEVEL=warning", PROXY, "demo")


@pytest.fixture
def name() -> Generator[str]:
    name = f"image-{uuid.uuid4().hex[:8]}"
    yield name
    podman("rm", "-f", "-t", "0", name)


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
    assert config["Labels"]["org.opencontainers.image.title"] == "breb-proxy"
    health = json.loads(image(PROXY, "{{json .HealthCheck}}"))
    assert health["Test"][0] == "CMD", "a health check without a shell"


def test_it_runs_locked_down_in_64_mib_and_ends_with_zero(name: str) -> None:
    podman("run", "-d", "--name", name, *LOCKED, "--memory=64m", *DEMO)
    healthy(name)
    assert podman("exec", name, "id", "-u") == "65532"
    podman("stop", "-t", "20", name)
    assert (state(name)["ExitCode"], state(name)["OOMKilled"]) == (0, False)


def test_it_ends_with_zero_where_it_is_not_pid_1(name: str) -> None:
    podman("run", "-d", "--init", "--name", name, *LOCKED, *DEMO)
    healthy(name)
    podman("stop", "-t", "20", name)
    assert state(name)["ExitCode"] == 0


def test_a_start_compiles_nothing(name: str) -> None:
    """With a writable root and as root, Python would leave the bytecode that was missing."""
    podman("run", "-d", "--name", name, "--network=none", "--user=0", *DEMO)
    healthy(name)
    podman("stop", "-t", "20", name)
    written = [line for line in podman("diff", name).splitlines() if ".pyc" in line]
    assert written == []


def test_no_pip_is_in_it(name: str) -> None:
    podman("create", "--name", name, PROXY)
    listing = podman("run", "--rm", "--network=none", "--entrypoint", "python", PROXY, "-c",
                     "import importlib.util as u; print(u.find_spec('pip'))")  # fmt: skip
    assert listing == "None"


def test_settings_that_are_wrong_end_it_with_two(name: str) -> None:
    podman("run", "-d", "--name", name, *LOCKED, PROXY)
    podman("wait", name)
    assert state(name)["ExitCode"] == 2
    assert "BREB_CLIENT_ID" in logs(name)
