"""The Event Log, where administrators look first: warnings, errors, and why a service ended."""

import contextlib
import ctypes
import logging
import queue
import threading
import winreg
from typing import Any, Final

_KEY: Final = r"SYSTEM\CurrentControlSet\Services\EventLog\Application"
# On every Windows; its text for each event from 1 to 1000 is what it is given.
_TEXTS: Final = r"%SystemRoot%\System32\EventCreate.exe"
_ERROR, _WARNING, _INFORMATION = (1, 3), (2, 2), (4, 1)  # kind, and number of the event
_LONGEST: Final = 31_000  # characters
_MOST: Final = 1_000  # events that wait for a log that stalls
_AT_THE_END: Final = 2.0  # seconds

_advapi: Any = ctypes.WinDLL("advapi32", use_last_error=True)
_advapi.RegisterEventSourceW.restype = ctypes.c_void_p
_advapi.ReportEventW.argtypes = [
    *(ctypes.c_void_p, ctypes.c_ushort, ctypes.c_ushort, ctypes.c_uint, ctypes.c_void_p),
    *(ctypes.c_ushort, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p),
]


def register(source: str) -> None:
    """Let the Event Viewer find the texts of ``source``; for administrators."""
    with winreg.CreateKey(winreg.HKEY_LOCAL_MACHINE, rf"{_KEY}\{source}") as key:
        winreg.SetValueEx(key, "EventMessageFile", 0, winreg.REG_EXPAND_SZ, _TEXTS)
        winreg.SetValueEx(key, "TypesSupported", 0, winreg.REG_DWORD, 7)


def unregister(source: str) -> None:
    """Take the registration back."""
    with contextlib.suppress(FileNotFoundError):
        winreg.DeleteKey(winreg.HKEY_LOCAL_MACHINE, rf"{_KEY}\{source}")


class EventLog(logging.Handler):
    """Reports log records from warnings up, in a thread: a log that stalls must not stop payments.

    Events for which there is no room are lost here; the log file has them.
    """

    def __init__(self, source: str) -> None:
        super().__init__(logging.WARNING)
        self._source = _advapi.RegisterEventSourceW(None, ctypes.c_wchar_p(source))
        self._waiting: queue.Queue[tuple[tuple[int, int], str] | None] = queue.Queue(_MOST)
        self._thread = threading.Thread(target=self._report, name="breb-proxy events", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Report a record."""
        kind = _ERROR if record.levelno >= logging.ERROR else _WARNING
        self._put(kind, self.format(record))

    def error(self, text: str) -> None:
        """Report why the service ended."""
        self._put(_ERROR, text)

    def note(self, text: str) -> None:
        """Report something that is no trouble."""
        self._put(_INFORMATION, text)

    def settle(self) -> None:
        """Wait a moment until all is reported, and take no more."""
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(None)
        self._thread.join(_AT_THE_END)

    def _put(self, kind: tuple[int, int], text: str) -> None:
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait((kind, text))

    def _report(self) -> None:
        while (event := self._waiting.get()) is not None:
            (kind, number), text = event
            texts = (ctypes.c_wchar_p * 1)(text[:_LONGEST])
            _advapi.ReportEventW(self._source, kind, 0, number, None, 1, 0, texts, None)
