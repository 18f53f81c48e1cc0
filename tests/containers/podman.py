"""podman, as far as these tests need it; images and storage come from .ci/run's environment."""

import json
import subprocess
from typing import Any

PROXY = "localhost/breb-proxy:ci"
SIMULATOR = "localhost/breb-simulator:ci"
LEGACY_APP = "localhost/legacy-app:ci"
BASE = "localhost/python:slim"


class PodmanFailed(Exception):
    """A command of podman ended with another code than 0."""


def podman(*arguments: str, timeout: float | None = 120, given: str = "") -> str:
    """Run one command, with ``given`` as its input; return what it printed."""
    done = subprocess.run(
        ["podman", *arguments], input=given, capture_output=True, text=True, timeout=timeout
    )
    if done.returncode:
        raise PodmanFailed(f"podman {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout.strip()


def state(container: str) -> dict[str, Any]:
    """Return a container's state: Status, Pid, ExitCode, OOMKilled, StartedAt, ..."""
    document: dict[str, Any] = json.loads(
        podman("inspect", "--format", "{{json .State}}", container)
    )
    return document


def logs(container: str) -> str:
    """Return everything that a container wrote."""
    done = subprocess.run(["podman", "logs", container], capture_output=True, text=True)
    return done.stdout + done.stderr


def image(name: str, template: str) -> str:
    """Return a property of an image."""
    return podman("image", "inspect", name, "--format", template)
