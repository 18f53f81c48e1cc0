"""Opens files as Windows does: whoever opens one says what others may do meanwhile."""

import ctypes
from ctypes import wintypes
from pathlib import Path
from typing import Any, Final

READ: Final = 0x80000000  # GENERIC_READ
WRITE: Final = READ | 0x40000000  # and GENERIC_WRITE
APPEND: Final = 0x4  # FILE_APPEND_DATA
REPLACE: Final = 0x10000  # DELETE
_SHARE_ALL, _OPEN_EXISTING, _OPEN_ALWAYS, _ORDINARY = 0x7, 3, 4, 0x80
_HELD: Final = 32  # ERROR_SHARING_VIOLATION, which `open` tells as "permission denied"

_kernel: Any = ctypes.WinDLL("kernel32", use_last_error=True)
_kernel.CreateFileW.restype = ctypes.c_void_p
_kernel.CreateFileW.argtypes = [
    *(wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, ctypes.c_void_p),
    *(wintypes.DWORD, wintypes.DWORD, ctypes.c_void_p),
]
_kernel.CloseHandle.argtypes = [ctypes.c_void_p]


def opened(path: Path, way: int, *, make: bool = False) -> int:
    """Return the handle of a file that others may go on using and rename; raise OSError."""
    which = _OPEN_ALWAYS if make else _OPEN_EXISTING
    handle = _kernel.CreateFileW(str(path), way, _SHARE_ALL, None, which, _ORDINARY, None)
    if handle == ctypes.c_void_p(-1).value:
        raise ctypes.WinError(ctypes.get_last_error())
    return int(handle)


def held(path: Path, way: int) -> bool:
    """Report whether another program keeps us from using a file in this way."""
    try:
        handle = opened(path, way)
    except OSError as error:
        return error.winerror == _HELD
    _kernel.CloseHandle(handle)
    return False
