"""The console window: whether there is one, what it shows, and its end, which is ours."""

import asyncio
import atexit
import contextlib
import ctypes
import msvcrt
import os
import threading
from collections.abc import Callable, Generator
from ctypes import wintypes
from typing import Any, Final

_LOGOFF: Final = 5  # CTRL_LOGOFF_EVENT
_ENDS: Final = (2, _LOGOFF, 6)  # the window is closed, the user logs off, the machine shuts down
_HANDLER = ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.DWORD)
_LONGEST: Final = 30.0  # seconds; for a window that is closed Windows waits 5
_ESCAPES: Final = 0x4  # ENABLE_VIRTUAL_TERMINAL_PROCESSING
_UTF8: Final = 65_001  # a code page

_kernel: Any = ctypes.WinDLL("kernel32", use_last_error=True)
_kernel.GetConsoleMode.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
_kernel.SetConsoleMode.argtypes = [ctypes.c_void_p, wintypes.DWORD]


def is_console(descriptor: int) -> bool:
    """Report whether a person sees it, or types there; ``isatty`` says so of NUL, too."""
    return _mode(descriptor) is not None


def takes_escapes(descriptor: int) -> bool:
    """Let a console obey escape sequences; report whether it does (since Windows 10)."""
    mode = _mode(descriptor)
    if mode is None:
        return False
    handle = msvcrt.get_osfhandle(descriptor)
    return bool(mode & _ESCAPES or _kernel.SetConsoleMode(handle, mode | _ESCAPES))


def show_utf8() -> None:
    """Let the console read the bytes that we write as UTF-8, until we end."""
    before = _kernel.GetConsoleOutputCP()
    if before not in (0, _UTF8) and _kernel.SetConsoleOutputCP(_UTF8):
        atexit.register(_kernel.SetConsoleOutputCP, before)


@contextlib.contextmanager
def closing(stop: Callable[[], object]) -> Generator[None]:
    """Let the end of the window, of the session and of the machine call ``stop``.

    Windows ends the process when the handler returns, which therefore waits for the block's end.
    """
    loop, over = asyncio.get_running_loop(), threading.Event()

    def handle(event: int) -> bool:
        if event not in _ENDS:
            return False  # Ctrl-C and Ctrl-Break are signals
        if event == _LOGOFF and _of_no_user():
            return True  # whoever it was that left
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(stop)
            over.wait(_LONGEST)
        return True

    handler = _HANDLER(handle)  # kept here: Windows does not
    _kernel.SetConsoleCtrlHandler(handler, True)
    try:
        yield
    finally:
        over.set()
        _kernel.SetConsoleCtrlHandler(handler, False)


def _of_no_user() -> bool:
    """Report whether we run where no user is: what a service or a task at boot does."""
    session = wintypes.DWORD()
    _kernel.ProcessIdToSessionId(os.getpid(), ctypes.byref(session))
    return session.value == 0


def _mode(descriptor: int) -> int | None:
    mode = wintypes.DWORD()
    try:
        handle = msvcrt.get_osfhandle(descriptor)
    except OSError:
        return None
    return mode.value if _kernel.GetConsoleMode(handle, ctypes.byref(mode)) else None
