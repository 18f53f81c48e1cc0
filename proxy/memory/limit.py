"""How much memory the system lets this process have: the limit of its control group."""

import contextlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

_PLACE = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")
# In each version of control groups. Beyond the high mark nobody is killed, but slowed down.
_FIRST: Final = ["memory.limit_in_bytes"]
_SECOND: Final = ["memory.max", "memory.high"]


def memory_limit(place: Path = _PLACE, membership: Path = _MEMBERSHIP) -> int | None:
    """Return the lowest limit of our control group and those it is in; None if there is none.

    ``place`` is where they are mounted, ``membership`` says which are ours (cgroups(7)).
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
        # In a container the path may be the host's, and our group is what is mounted.
        for group in (own, *own.parents):
            yield from (mounted / group / name for name in names)


def _number(file: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError):  # "max": there is none
        limit = int(file.read_text())
        return limit if limit < 1 << 60 else None  # version 1 writes a number near 2**63
    return None
