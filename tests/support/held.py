"""A file of Windows that another program holds."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

NOBODY, READERS, USERS = 0, 1, 3  # who else may open it; none of them may replace it
_READ, _EXISTING = 0x80000000, 3


@contextlib.contextmanager
def held(file: Path, others: int) -> Iterator[None]:
    """Hold ``file`` open for reading while the block runs."""
    assert sys.platform == "win32"
    import _winapi

    handle = _winapi.CreateFile(str(file), _READ, others, 0, _EXISTING, 0, 0)
    try:
        yield
    finally:
        _winapi.CloseHandle(handle)
