"""The system's limit of this process's memory: that of its control group."""

import contextlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

_PLACE = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")
# In each version of control groups. Beyond the high mark a process is slowed down, not killed.
_FIRST: Final = ["memory.limit_in_bytes"]
_SECOND: Final = ["memory.max", "memory.high"]


def memory_limit(place: Path = _PLACE, membership: Path = _MEMBERSHIP) -> int | None:
    """Return the lowest limit (bytes) of our control group and its parents; None if none.

    ``place`` is their mount point, ``membership`` the file that names ours (cgroups(7)).
    """
    with contextlib.suppress(OSError):
        lines = membership.read_text(errors="replace").splitlines()
        limits = [limit for file in _files(lines, place) if (limit := _number(file)) is not None]
        return min(limits, default=None)
    return None


def _files(lines: list[str], place: Path) -> Iterator[Path]:
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers == "":
            mounted, names = place, _SECOND
        elif "memory" in controllers.split(","):
            mounted, names = place / "memory", _FIRST
        else:
            continue
        own = PurePosixPath(path.lstrip("/"))
        # In a container the path may be the host's, and the mount point is our group.
        for group in (own, *own.parents):
            yield from (mounted / group / name for name in names)


def _number(file: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError):  # "max": there is none
        limit = int(file.read_text())
        return limit if limit < 1 << 60 else None  # version 1 writes a number near 2**63
    return None
