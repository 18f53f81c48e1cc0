"""Packages for Node that tests use, kept outside of the repository."""

import fcntl
import os
import subprocess
from pathlib import Path

from tests.support.needs import need, without

_VERSIONS = {"axe-core": "4.14.1", "http-cache-tests": "0.4.5", "newman": "6.2.2"}


def package(name: str) -> Path:
    """Return the folder of an installed package; install it if it is missing."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    place = Path(cache) / "breb-proxy" / "node"
    folder = place / "node_modules" / name
    place.mkdir(parents=True, exist_ok=True)
    # One worker installs, and the others wait: a folder is there before all of it is.
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            _install(place, name)
    return folder


def _install(place: Path, name: str) -> None:
    wanted = [f"{each}@{version}" for each, version in _VERSIONS.items()]
    options = ["--prefix", str(place), "--no-save", "--no-fund", "--no-audit"]
    done = subprocess.run(
        [need("npm"), "install", *options, *wanted], capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        without(f"npm cannot install {name}: {last[:200]}", brought=True)
