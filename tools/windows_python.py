"""Which packages of CPython for Windows may go into a release: locks/windows-python.txt."""

import hashlib
from pathlib import Path

from tools.bundle import ROOT, CannotBundle

KNOWN = Path("locks", "windows-python.txt")


def known(root: Path = ROOT) -> dict[str, str]:
    """Return their addresses by their hashes."""
    lines = (root / KNOWN).read_text(encoding="utf-8").splitlines()
    return dict(line.split("  ") for line in lines if not line.startswith("#"))


def check(package: Path) -> None:
    """See that a file is a package of Python that we know; raise CannotBundle."""
    found = hashlib.sha256(package.read_bytes()).hexdigest()
    if found not in known():
        raise CannotBundle(f"{KNOWN} has no {found}, which is {package.name}")
