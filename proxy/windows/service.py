"""This process as a service: what the Service Control Manager (SCM) is told, and what it asks.

The SCM starts the process and waits until it connects, and says that it runs. A process that ends
without STOPPED has crashed: then the SCM does what its failure actions say.
"""

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import threading
from collections.abc import Callable, Coroutine, Sequence
from ctypes import wintypes
from typing import Any, Final

from proxy.windows.event_log import EventLog
from proxy.windows.watchdog import PATIENCE, Watchdog

log = logging.getLogger("proxy.server")

_OWN_PROCESS: Final = 0x10
_STOPPED, _START_PENDING, _STOP_PENDING, _RUNNING = 1, 2, 3, 4
_PENDING: Final = (_START_PENDING, _STOP_PENDING)
_STOP, _INTERROGATE, _PARAMCHANGE, _PRESHUTDOWN = 1, 4, 6, 0xF
_ACCEPTS: Final = 0x1 | 0x8 | 0x100  # stop, changed parameters, the shutdown while it can wait
_OUR_OWN_CODE: Final = 1066  # ERROR_SERVICE_SPECIFIC_ERROR: our exit code stands beside it
_NOT_IMPLEMENTED: Final = 120  # ERROR_CALL_NOT_IMPLEMENTED
_STEP: Final = 1.0  # seconds between two checkpoints, which show that it goes on
_HINT: Final = 30.0  # seconds in which a start, or the beginning of an end, is done

_HANDLER = ctypes.WINFUNCTYPE(
    wintypes.DWORD, wintypes.DWORD, wintypes.DWORD, ctypes.c_void_p, ctypes.c_void_p
)
_MAIN = ctypes.WINFUNCTYPE(None, wintypes.DWORD, ctypes.POINTER(wintypes.LPWSTR))


class _ToldState(ctypes.Structure):
    _fields_ = [
        (name, wintypes.DWORD)
        for name in ("kind", "state", "accepts", "code", "own_code", "checkpoint", "hint")
    ]


class _NamedMain(ctypes.Structure):
    _fields_ = [("name", wintypes.LPWSTR), ("main", _MAIN)]


_advapi: Any = ctypes.WinDLL("advapi32", use_last_error=True)
_advapi.RegisterServiceCtrlHandlerExW.restype = ctypes.c_void_p
_advapi.RegisterServiceCtrlHandlerExW.argtypes = [wintypes.LPCWSTR, _HANDLER, ctypes.c_void_p]
_advapi.SetServiceStatus.argtypes = [ctypes.c_void_p, ctypes.POINTER(_ToldState)]
_advapi.StartServiceCtrlDispatcherW.argtypes = [ctypes.POINTER(_NamedMain)]


class Service:
    """The SCM, as the server sees it; a message to it never fails and never waits.

    The main thread runs the proxy, since only that can have signal handlers; the SCM gets threads
    of its own. ``each_second`` is called in one of them; ``events`` gets our last words.
    """

    def __init__(self, name: str, each_second: Callable[[], object], events: EventLog) -> None:
        self._name, self._each_second, self._events = name, each_second, events
        self._handle: int | None = None
        self._error = 0
        self._connected, self._ended = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._state, self._hint, self._checkpoint = _START_PENDING, _HINT, 0
        self._code = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._renewal = asyncio.Event()
        self._watchdog = Watchdog()
        # Windows calls these as long as we live, and ctypes would drop them.
        self._handler, self._main = _HANDLER(self._asked), _MAIN(self._attended)
        self._dispatcher = threading.Thread(target=self._dispatch, name="scm", daemon=True)

    def connect(self) -> None:
        """Connect to the SCM; raise OSError if it has not started us."""
        self._dispatcher.start()
        self._connected.wait(_HINT)
        if self._handle is None:
            raise ctypes.WinError(self._error)

    def ended(self, code: int) -> None:
        """Say STOPPED, with our exit code: then nothing is started again."""
        with self._lock:
            self._state, self._code = _STOPPED, code
        self._report()
        self._ended.set()
        self._dispatcher.join(_STEP)

    async def attend(
        self,
        listening: Sequence[asyncio.Event],
        words: Callable[[], str],
        renew: Callable[[], Coroutine[Any, Any, object]],
    ) -> None:
        """Say RUNNING when we listen; then call ``renew`` at each `reload`."""
        del words  # nobody would see them
        self._loop = asyncio.get_running_loop()
        for each in listening:
            await each.wait()
        self._enter(_RUNNING, 0.0)
        while True:
            await self._renewal.wait()
            self._renewal.clear()
            await renew()

    def reload(self) -> None:
        """Begin a renewal of the token."""
        self._renewal.set()

    def stopping(self, seconds: float) -> None:
        """Say that the end began, and how long it may take."""
        self._enter(_STOP_PENDING, seconds)

    def _dispatch(self) -> None:
        table = (_NamedMain * 2)(_NamedMain(self._name, self._main), _NamedMain(None, _MAIN()))
        if not _advapi.StartServiceCtrlDispatcherW(table):
            self._error = ctypes.get_last_error()
            self._connected.set()

    def _attended(self, count: int, arguments: Any) -> None:
        """Live beside the proxy: tell that it goes on, and look whether it does."""
        del count, arguments
        self._handle = _advapi.RegisterServiceCtrlHandlerExW(self._name, self._handler, None)
        self._report()
        self._connected.set()
        while not self._ended.wait(_STEP):
            self._each_second()
            if self._state in _PENDING:
                self._report()
            if self._loop is not None and self._watchdog.look(self._call):
                log.critical("the event loop has not turned for %s s: ended, as a crash", PATIENCE)
                crash(self._events)

    def _asked(self, control: int, kind: int, data: object, context: object) -> int:
        del kind, data, context
        if control in (_STOP, _PRESHUTDOWN):
            # A second one would be a second signal, which cuts payments off.
            if self._state == _RUNNING:
                self._enter(_STOP_PENDING, _HINT)
                self._call(lambda: signal.raise_signal(signal.SIGTERM))
        elif control == _PARAMCHANGE:
            self._call(self.reload)
        elif control != _INTERROGATE:
            return _NOT_IMPLEMENTED
        return 0

    def _call(self, what: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            if self._loop is not None:
                self._loop.call_soon_threadsafe(what)

    def _enter(self, state: int, hint: float) -> None:
        with self._lock:
            self._state, self._hint, self._checkpoint = state, hint, 0
        self._report()

    def _report(self) -> None:
        with self._lock:
            pending = self._state in _PENDING
            self._checkpoint += pending
            status = _ToldState(
                _OWN_PROCESS,
                self._state,
                _ACCEPTS if self._state == _RUNNING else 0,
                _OUR_OWN_CODE if self._code else 0,
                self._code,
                self._checkpoint if pending else 0,
                round(self._hint * 1000) if pending else 0,
            )
            _advapi.SetServiceStatus(self._handle, ctypes.byref(status))


def crash(events: EventLog) -> None:
    """End so that the SCM sees a crash, and starts us again."""
    events.settle()
    os._exit(1)
