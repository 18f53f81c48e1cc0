"""The shipped compose file, brought up by the real docker-compose over podman's API."""

import json
import os
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.containers.manifests import ROOT
from tests.containers.podman import LEGACY_APP, PROXY, SIMULATOR, PodmanFailed, podman
from tests.support import free_port

FILE = ROOT / "docker" / "compose.yaml"


class Compose:
    """``docker-compose`` with this compose file, and podman in the place of the engine."""

    def __init__(self, engine: Path) -> None:
        self.ports = {"APP_PORT": str(free_port()), "ADMIN_PORT": str(free_port())}
        self._env = os.environ | self.ports | {"DOCKER_HOST": f"unix://{engine}"}

    def __call__(self, *arguments: str) -> str:
        command = ["docker-compose", "-f", str(FILE), *arguments]
        done = subprocess.run(command, env=self._env, capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def get(self, port: str, path: str) -> str:
        """Ask a published port."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[port]}{path}") as response:
            text: str = response.read().decode()
            return text


def check_health(ended: threading.Event) -> None:
    """Run health checks all the time, as an engine does; podman leaves that to systemd."""
    while not ended.wait(0.3):
        for container in podman("ps", "--quiet").split():
            try:
                podman("healthcheck", "run", container)
            except PodmanFailed:
                continue


@pytest.fixture
def compose() -> Generator[Compose]:
    """Serve podman's API; end it, the containers and the network afterwards."""
    podman("tag", PROXY, "localhost/breb-proxy:local")
    podman("tag", SIMULATOR, "localhost/breb-simulator:local")
    podman("tag", LEGACY_APP, "localhost/legacy-app:local")
    ended = threading.Event()
    checking = threading.Thread(target=check_health, args=(ended,))
    with tempfile.TemporaryDirectory() as folder:
        engine = Path(folder) / "engine.sock"
        served = subprocess.Popen(["podman", "system", "service", "--time=0", f"unix://{engine}"])
        try:
            deadline = time.monotonic() + 15
            while not engine.is_socket():
                assert time.monotonic() < deadline
                time.sleep(0.05)
            checking.start()
            made = Compose(engine)
            yield made
            made("down", "--timeout", "10", "--volumes")
        finally:
            ended.set()
            served.terminate()
            served.wait()
            checking.join()


def test_one_command_brings_it_up_healthy_without_credentials(compose: Compose) -> None:
    compose("up", "--detach", "--wait", "--no-build")
    assert json.loads(compose.get("APP_PORT", "/"))["accounts"] == []
    assert "breb_proxy_exchanges_total" in compose.get("ADMIN_PORT", "/metrics")
    rows = [json.loads(line) for line in compose("ps", "--format", "json").splitlines()]
    assert {row["Service"]: row["Health"] for row in rows} == {
        "legacy-app": "healthy",
        "breb-proxy": "healthy",
        "simulator": "healthy",
    }
