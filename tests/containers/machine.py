"""A Linux machine with systemd as its first process and no Python, in a container of podman's."""

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from tests.containers.manifests import ROOT
from tests.containers.podman import PodmanFailed, podman, state
from tests.support.patience import PATIENCE

IMAGE = "localhost/systemd:ci"
# All that systemd's sandboxing asks of the kernel, as a real machine gives it.
RIGHTS = ("--systemd=always", "--cap-add=ALL", "--security-opt", "unmask=ALL")
ASK = Path(__file__).with_name("ask.py")


def packages(kind: str) -> list[Path]:
    """Return the packages of a kind that .ci/run has made: the one before first."""
    found = sorted(
        (ROOT / "dist").glob(f"breb-proxy-*.{kind}"), key=lambda file: "-0.0.0-" not in file.name
    )
    assert found, "run .ci/run packages"
    return found


class Machine:
    """Use as a context manager; ``run`` is a root's command line on it."""

    def __init__(self) -> None:
        self.name = f"machine-{uuid.uuid4().hex[:8]}"

    def __enter__(self) -> Self:
        podman("run", "-d", "--name", self.name, *RIGHTS, "--network=none", IMAGE)
        self.booted()
        return self

    def __exit__(self, *_: object) -> None:
        podman("rm", "-f", "-t", "0", self.name)

    def booted(self) -> None:
        """Wait until it is up."""
        self.until(lambda: self.try_("systemctl is-system-running") in ("running", "degraded"))

    def restart(self) -> None:
        """Start the machine again."""
        podman("restart", "-t", "20", self.name)
        self.booted()

    def run(self, script: str, *, given: str = "") -> str:
        """Run a script as root; return what it printed; raise PodmanFailed if it fails."""
        return podman("exec", "-i", self.name, "sh", "-ec", script, given=given)

    def try_(self, script: str) -> str:
        """Run a script that may fail; return what it printed."""
        done = subprocess.run(
            ["podman", "exec", self.name, "sh", "-c", script], capture_output=True, text=True
        )
        return done.stdout.strip()

    def until(self, there: Callable[[], bool]) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + PATIENCE
        while not there():
            assert time.monotonic() < deadline, self.try_("journalctl --no-pager -n 60")
            time.sleep(0.2)

    def install(self, package: Path) -> str:
        """Install a .deb or the one after it, asking nobody."""
        podman("cp", str(package), f"{self.name}:/root/{package.name}")
        return self.run(
            f"dpkg --force-unsafe-io --force-confdef --force-confold -i /root/{package.name} 2>&1"
        )

    def show(self, name: str, unit: str = "breb-proxy") -> str:
        """Return a property of a unit."""
        return self.try_(f"systemctl show --value --property {name} {unit}")

    def journal(self, unit: str = "breb-proxy") -> str:
        """Return what a unit wrote."""
        return self.try_(f"journalctl --no-pager --output cat --unit {unit}")

    def ask(self, url: str, method: str = "GET") -> dict[str, Any]:
        """Make a request from the machine itself; status 0 stands for no answer."""
        done = subprocess.run(
            [*self.inside(), sys.executable, ASK, method, url, "{}", "", "30"],
            capture_output=True,
            text=True,
            check=True,
        )
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def inside(self) -> list[str]:
        """Return what puts a command of this machine's into the network of that one."""
        return ["nsenter", "-t", str(state(self.name)["Pid"]), "-n"]


__all__ = ["IMAGE", "Machine", "PodmanFailed", "packages"]
