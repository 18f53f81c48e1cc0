"""What a process and all that descend from it take, as Linux accounts it: time, memory, writes."""

import os
import time
from pathlib import Path

PROC = Path("/proc")


def tree(root: int) -> list[int]:
    """List ``root`` and its living descendants."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found.extend(children.get(pid, []))
    return found


def cpu_seconds(root: int) -> float:
    """Add up user and system time of the tree, descendants that were reaped included."""
    return sum(_own_seconds(pid) + _reaped_seconds(pid) for pid in tree(root))


def written(root: int) -> int:
    """Add up the bytes that the tree had written to disks."""
    return sum(_written(pid) for pid in tree(root))


def resident_kb(root: int) -> int:
    """Add up the resident memory of the tree; shared pages count once for each process."""
    return sum(_status_kb(pid, "VmRSS") for pid in tree(root))


def peak_kb(root: int) -> int:
    """Add up the highest resident memory of each process since ``forget_peak``."""
    return sum(_status_kb(pid, "VmHWM") for pid in tree(root))


def forget_peak(root: int) -> None:
    """Let the highest resident memory start again from what is resident now."""
    for pid in tree(root):
        try:
            # proc(5): 5 resets VmHWM to the current resident set.
            (PROC / str(pid) / "clear_refs").write_text("5")
        except OSError:
            continue


def _own_seconds(pid: int) -> float:
    try:
        # clock_getcpuclockid(3): the same utime + stime as in stat, in ns instead of 10 ms steps.
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def _reaped_seconds(pid: int) -> float:
    fields = _stat(pid)
    if not fields:
        return 0.0
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def _written(pid: int) -> int:
    try:
        lines = (PROC / str(pid) / "io").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("write_bytes:")), 0)


def _stat(pid: int) -> list[str]:
    """Read the fields of stat that follow the name, which may hold spaces itself."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _status_kb(pid: int, name: str) -> int:
    try:
        lines = (PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name + ":")), 0)
