"""What the figures were measured on."""

import os
import platform
from pathlib import Path


def describe() -> dict[str, str]:
    """Name processor, cores, memory, kernel, and how busy the machine was before."""
    return {
        "processor": _field("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": str(os.cpu_count()),
        "memory": f"{int(_field('/proc/meminfo', 'MemTotal').split()[0]) / 1048576:.0f} GiB",
        "kernel": ".".join(platform.release().split(".")[:2]),
        "load before": f"{os.getloadavg()[0]:.2f}",
    }


def _field(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
