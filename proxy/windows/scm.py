"""The services of this machine, as the Service Control Manager (SCM) keeps them."""

import contextlib
import ctypes
import time
from collections.abc import Callable, Generator
from ctypes import wintypes
from dataclasses import dataclass
from typing import Any, Final

STOPPED, STARTING, STOPPING, RUNNING = 1, 2, 3, 4
_CONNECT, _CREATE = 0x1, 0x2
_CONFIGURE, _QUERY, _START, _STOP, _DELETE, _ALL = 0x2, 0x4, 0x10, 0x20, 0x10000, 0xF01FF
_OWN_PROCESS, _AT_BOOT, _NORMAL = 0x10, 2, 1
_EXISTS, _RUNS, _NOT_RUNNING, _LOCKED = 1073, 1056, 1062, 1055
_NEVER_STARTED, _OUR_OWN_CODE = 1077, 1066
_STARTS_WITHIN: Final = 120.0  # seconds
_STOPS_WITHIN: Final = 150.0  # seconds: more than the longest drain that the SCM waits for
_ENDS_WITHIN: Final = 10_000  # milliseconds of a process that is no service any more
_LOOK: Final = 0.1  # seconds
_RESTARTS: Final = (2_000, 10_000, 60_000)  # milliseconds before each; the last one for ever
_FORGETS: Final = 86_400  # seconds after which a crash is the first one again
_SHUTDOWN: Final = 120_000  # milliseconds that the machine's end waits for ours
_NEEDS: Final = "Tcpip\0\0"
_PRIVILEGES: Final = "SeChangeNotifyPrivilege\0\0"  # what every program needs, and no other


@dataclass(frozen=True, slots=True)
class State:
    """How a service is; ``code`` is its exit code, and Windows' if we gave none."""

    number: int
    code: int
    process: int


def install(name: str, title: str, about: str, command: str, account: str) -> list[int]:
    """Make the service, or give the one that exists our program; raise OSError.

    Returns which parts of its configuration this Windows does not take.
    """
    with _manager(_CONNECT | _CREATE) as manager:
        made = _advapi.CreateServiceW(
            *(manager, name, title, _ALL, _OWN_PROCESS, _AT_BOOT, _NORMAL),
            *(command, None, None, _NEEDS, account, None),
        )
        if not made and ctypes.get_last_error() != _EXISTS:
            raise ctypes.WinError(ctypes.get_last_error())
        if made:
            with _closed(made):
                return _configure(made, about)
    unchanged = 0xFFFFFFFF
    with _opened(name, _CONFIGURE | _START) as service:
        _check(
            _advapi.ChangeServiceConfigW(
                *(service, unchanged, unchanged, unchanged, command),
                *(None, None, None, None, None, title),
            )
        )
        return _configure(service, about)


def remove(name: str) -> None:
    """Delete the service; raise OSError."""
    with _opened(name, _DELETE) as service:
        _check(_advapi.DeleteService(service))


def start(name: str) -> State:
    """Start the service, and wait until it runs or has ended; raise OSError."""
    with _opened(name, _START | _QUERY) as service:
        end = time.monotonic() + _STARTS_WITHIN
        while not _advapi.StartServiceW(service, 0, None):
            error = ctypes.get_last_error()
            if error == _RUNS:
                break
            if error != _LOCKED or time.monotonic() > end:  # while the machine starts its services
                raise ctypes.WinError(error)
            time.sleep(_LOOK)
        return _until(service, lambda state: state.number in (RUNNING, STOPPED), _STARTS_WITHIN)


def stop(name: str) -> State:
    """Let the service drain, and wait for its end, and that of its process; raise OSError.

    A process holds its program's files a moment longer than it is a service.
    """
    with _opened(name, _STOP | _QUERY) as service, _process(_state(service).process) as process:
        status = (wintypes.DWORD * 7)()
        if not _advapi.ControlService(service, 1, ctypes.byref(status)):
            error = ctypes.get_last_error()
            if error != _NOT_RUNNING and _state(service).number != STOPPING:
                raise ctypes.WinError(error)
        now = _until(service, lambda state: state.number == STOPPED, _STOPS_WITHIN)
        if process is not None and now.number == STOPPED:
            _kernel.WaitForSingleObject(process, _ENDS_WITHIN)
        return now


def state(name: str) -> State:
    """Return the state of the service; raise OSError."""
    with _opened(name, _QUERY) as service:
        return _state(service)


def words(error: int) -> str:
    """Say an error of Windows in its own words."""
    return str(ctypes.WinError(error).strerror).rstrip(".").lower()


def _until(service: int, enough: Callable[[State], bool], seconds: float) -> State:
    end = time.monotonic() + seconds
    while not enough(now := _state(service)) and time.monotonic() < end:
        time.sleep(_LOOK)
    return now


def _state(service: int) -> State:
    status, needed = (wintypes.DWORD * 9)(), wintypes.DWORD()
    size = ctypes.sizeof(status)
    _check(
        _advapi.QueryServiceStatusEx(service, 0, ctypes.byref(status), size, ctypes.byref(needed))
    )
    _, number, _, code, own_code, _, _, process, _ = status
    return State(number, {_OUR_OWN_CODE: own_code, _NEVER_STARTED: 0}.get(code, code), process)


class _Action(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_int), ("delay", wintypes.DWORD)]


class _FailureActions(ctypes.Structure):
    _fields_ = [
        ("forgets", wintypes.DWORD),
        ("message", wintypes.LPWSTR),
        ("command", wintypes.LPWSTR),
        ("count", wintypes.DWORD),
        ("actions", ctypes.POINTER(_Action)),
    ]


class _Text(ctypes.Structure):
    _fields_ = [("text", wintypes.LPWSTR)]


def _configure(service: int, about: str) -> list[int]:
    """Set its description, its restarts after a crash, its time to end, and its few rights."""
    actions = (_Action * len(_RESTARTS))(*(_Action(1, delay) for delay in _RESTARTS))
    privileges = ctypes.create_unicode_buffer(_PRIVILEGES)
    wanted: dict[int, Any] = {
        1: _Text(about),
        2: _FailureActions(_FORGETS, None, None, len(actions), actions),
        5: wintypes.DWORD(1),  # its own number, among those that may read its files
        6: _Text(ctypes.cast(privileges, wintypes.LPWSTR)),
        7: wintypes.DWORD(_SHUTDOWN),
    }
    return [
        level
        for level, info in wanted.items()
        if not _advapi.ChangeServiceConfig2W(service, level, ctypes.byref(info))
    ]


@contextlib.contextmanager
def _opened(name: str, access: int) -> Generator[int]:
    with _manager(_CONNECT) as manager:
        service = _check(_advapi.OpenServiceW(manager, name, access))
    with _closed(service):
        yield service


@contextlib.contextmanager
def _process(number: int) -> Generator[int | None]:
    """Return a handle to wait for the process with, if there is one and we may."""
    synchronize = 0x100000
    handle = _kernel.OpenProcess(synchronize, False, number) if number else None
    try:
        yield handle
    finally:
        if handle is not None:
            _kernel.CloseHandle(handle)


@contextlib.contextmanager
def _manager(access: int) -> Generator[int]:
    manager = _check(_advapi.OpenSCManagerW(None, None, access))
    with _closed(manager):
        yield manager


@contextlib.contextmanager
def _closed(handle: int) -> Generator[None]:
    try:
        yield
    finally:
        _advapi.CloseServiceHandle(handle)


def _check(done: Any) -> Any:
    if not done:
        raise ctypes.WinError(ctypes.get_last_error())
    return done


def _functions() -> Any:
    text, handle, number = wintypes.LPCWSTR, ctypes.c_void_p, wintypes.DWORD
    known: dict[str, list[Any]] = {
        "OpenSCManagerW": [text, text, number],
        "OpenServiceW": [handle, text, number],
        "CreateServiceW": [
            *(handle, text, text, number, number, number, number),
            *(text, text, handle, text, text, text),
        ],
        "ChangeServiceConfigW": [
            *(handle, number, number, number, text, text, handle, text, text, text, text)
        ],
        "ChangeServiceConfig2W": [handle, number, handle],
        "StartServiceW": [handle, number, handle],
        "ControlService": [handle, number, handle],
        "QueryServiceStatusEx": [handle, ctypes.c_int, handle, number, handle],
        "DeleteService": [handle],
        "CloseServiceHandle": [handle],
    }
    library: Any = ctypes.WinDLL("advapi32", use_last_error=True)
    for name, arguments in known.items():
        getattr(library, name).argtypes = arguments
    for name in ("OpenSCManagerW", "OpenServiceW", "CreateServiceW"):
        getattr(library, name).restype = handle
    return library


_advapi: Any = _functions()
_kernel: Any = ctypes.WinDLL("kernel32", use_last_error=True)
_kernel.OpenProcess.restype = ctypes.c_void_p
_kernel.WaitForSingleObject.argtypes = [ctypes.c_void_p, wintypes.DWORD]
_kernel.CloseHandle.argtypes = [ctypes.c_void_p]
