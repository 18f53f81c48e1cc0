"""Folders that are made once for all processes which run tests: who needs one first makes it."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.scratch import SHARED


def once(name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder of that name; ``make`` makes it, in a folder that is there."""
    place = Path(os.environ[SHARED], name)
    place.parent.mkdir(exist_ok=True)
    with Path(f"{place}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            begun = Path(f"{place}.begun")
            shutil.rmtree(begun, ignore_errors=True)  # of one that was killed
            begun.mkdir()
            make(begun)
            begun.rename(place)
    return place
