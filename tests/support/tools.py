"""Programs of the system that tests use."""

import shutil

from tests.support.chromium import missing


def tool(name: str, package: str) -> str:
    """Return where a program is; without it a test fails in CI and is skipped elsewhere."""
    found = shutil.which(name)
    if found is None:
        missing(f"no {name} on this machine: apt-get install {package}")
    return str(found)
