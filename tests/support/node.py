"""Packages for Node that tests use, kept outside of the repository."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.support.chromium import missing

_VERSIONS = {"axe-core": "4.14.1", "newman": "6.2.2"}


def package(name: str) -> Path:
    """Return the folder of an installed package; install it if it is missing."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    place = Path(cache) / "breb-proxy" / "node"
    folder = place / "node_modules" / name
    if not folder.is_dir():
        npm = shutil.which("npm")
        if npm is None:
            missing("npm is not installed")
        place.mkdir(parents=True, exist_ok=True)
        wanted = [f"{each}@{version}" for each, version in _VERSIONS.items()]
        options = ["--prefix", str(place), "--no-save", "--no-fund", "--no-audit"]
        done = subprocess.run(
            [str(npm), "install", *options, *wanted], capture_output=True, check=False
        )
        if done.returncode:
            missing(f"{name} cannot be installed: {done.stderr.decode(errors='replace')[-500:]}")
    return folder
