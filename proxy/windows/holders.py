"""Files that another program holds: Windows lets whoever opens one keep all others out."""

from collections.abc import Iterable
from pathlib import Path

from proxy.windows import files, patience


class Held(Exception):
    """Another program holds the file at ``path``."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


def wait_for(used: Iterable[tuple[Path, int]]) -> None:
    """Wait until each file can be used in its way; raise Held if that lasts too long."""
    looks = patience.looks()
    for path, way in used:
        while files.held(path, way):
            if next(looks):
                raise Held(path)
