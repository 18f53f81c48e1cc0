"""Packages for Node that tests use, kept outside of the repository."""

import fcntl
import shutil
import subprocess
from pathlib import Path

from tests.support.needs import need, without

LOCKED = Path(__file__).parents[2] / "locks" / "node"


def package(name: str) -> Path:
    """Return the folder of an installed package; install all that are locked if it is missing."""
    place = Path(need("kept")) / "node"
    place.mkdir(exist_ok=True)
    # One worker installs, and the others wait: a folder is there before all of it is.
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = place / "node_modules" / name
        if not (folder.is_dir() and _current(place)):
            _install(place, name)
    return folder


def _current(place: Path) -> bool:
    done = place / "installed.json"
    wanted = (LOCKED / "package-lock.json").read_bytes()
    return done.is_file() and done.read_bytes() == wanted


def _install(place: Path, name: str) -> None:
    for file in ("package.json", "package-lock.json"):
        shutil.copy(LOCKED / file, place / file)
    options = ["--prefix", str(place), "--ignore-scripts", "--no-fund", "--no-audit"]
    done = subprocess.run(
        [need("npm"), "ci", *options], capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        without(f"npm cannot install {name}: {last[:200]}", brought=True)
    shutil.copy(LOCKED / "package-lock.json", place / "installed.json")
