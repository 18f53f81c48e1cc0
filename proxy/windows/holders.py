"""Files that another program holds: Windows lets whoever opens one keep all others out."""

import ctypes
import time
from collections.abc import Iterable
from ctypes import wintypes
from pathlib import Path
from typing import Any, Final

READ: Final = 0x80000000  # GENERIC_READ
WRITE: Final = READ | 0x40000000  # and GENERIC_WRITE
_SHARE_ALL, _OPEN_EXISTING, _ORDINARY = 0x7, 3, 0x80
_HELD: Final = 32  # ERROR_SHARING_VIOLATION, which `open` tells as "permission denied"
_LONGEST: Final = 5.0  # seconds; who starts us tries again later
_LOOK: Final = 0.25  # seconds

_kernel: Any = ctypes.WinDLL("kernel32", use_last_error=True)
_kernel.CreateFileW.restype = ctypes.c_void_p
_kernel.CreateFileW.argtypes = [
    *(wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, ctypes.c_void_p),
    *(wintypes.DWORD, wintypes.DWORD, ctypes.c_void_p),
]
_kernel.CloseHandle.argtypes = [ctypes.c_void_p]


class Held(Exception):
    """Another program holds the file at ``path``."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


def wait_for(files: Iterable[tuple[Path, int]]) -> None:
    """Wait until each file can be used in its way; raise Held if that lasts too long."""
    end = time.monotonic() + _LONGEST
    for path, way in files:
        while _held(path, way):
            if time.monotonic() > end:
                raise Held(path)
            time.sleep(_LOOK)


def _held(path: Path, way: int) -> bool:
    rest = (_SHARE_ALL, None, _OPEN_EXISTING, _ORDINARY, None)
    handle = _kernel.CreateFileW(str(path), way, *rest)
    if handle == ctypes.c_void_p(-1).value:
        return ctypes.get_last_error() == _HELD
    _kernel.CloseHandle(handle)
    return False
