r"""Who may read a file: its access-control list.

``chmod`` and the mode of ``os.open`` only set or clear "read only" here. What counts is the list,
and a new file has that of its folder: in C:\ProgramData every user may read it.
"""

import contextlib
import ctypes
import hashlib
import struct
from collections.abc import Generator, Iterator, Mapping
from ctypes import wintypes
from pathlib import Path
from typing import Any, Final

FULL: Final = "FA"
CHANGE: Final = "0x1301bf"  # read, write, delete; not the list itself
READ: Final = "0x1200a9"  # read, and pass through

SYSTEM: Final = "S-1-5-18"
ADMINISTRATORS: Final = "S-1-5-32-544"
_OWNER_RIGHTS: Final = "S-1-3-4"
_SERVICES: Final = ("S-1-5-19", "S-1-5-20", "S-1-5-80-")  # accounts of services, of nobody else
_EVERYONE: Final = "S-1-1-0"
_OF_FILES, _OWNER, _LIST, _PROTECTED = 1, 0x1, 0x4, 0x80000000
_READS: Final = 0x1 | 0x80000000 | 0x10000000  # FILE_READ_DATA, GENERIC_READ, GENERIC_ALL
_ALLOWS, _INHERIT_ONLY = 0, 0x8
_LONGEST: Final = 256  # bytes of a user, characters of a name

_advapi: Any = ctypes.WinDLL("advapi32", use_last_error=True)
_kernel: Any = ctypes.WinDLL("kernel32", use_last_error=True)
_kernel.LocalFree.argtypes = [ctypes.c_void_p]
_kernel.GetCurrentProcess.restype = wintypes.HANDLE
_advapi.OpenProcessToken.argtypes = [wintypes.HANDLE, wintypes.DWORD, ctypes.c_void_p]


def keep(path: Path) -> None:
    """Close a file or folder to others, if it is open to any; raise OSError.

    Rights that its folder's owner has given to a service stay as they are.
    """
    if others(path):
        close(path, {ours(): FULL})


def close(path: Path, beside: Mapping[str, str]) -> None:
    """Let SYSTEM and administrators read and change ``path``, and nobody else.

    ``beside`` are rights of others, by their numbers.
    """
    to_all_in_it = "OICI" if path.is_dir() else ""
    who = {SYSTEM: FULL, ADMINISTRATORS: FULL, **beside}
    rights = "".join(f"(A;{to_all_in_it};{right};;;{sid})" for sid, right in who.items())
    made = ctypes.c_void_p()
    text = ctypes.c_wchar_p(f"D:P{rights}")
    convert = _advapi.ConvertStringSecurityDescriptorToSecurityDescriptorW
    _check(convert(text, 1, ctypes.byref(made), None))
    try:
        _check(_advapi.SetFileSecurityW(str(path), _LIST | _PROTECTED, made))
    finally:
        _kernel.LocalFree(made)


def copy(source: Path, target: Path) -> None:
    """Give ``target`` the list of ``source``; raise OSError."""
    with _security(source, _LIST) as (_, _, made):
        _check(_advapi.SetFileSecurityW(str(target), _LIST | _PROTECTED, made))


def others(path: Path) -> list[str]:
    """Return the names of those who may read ``path``, besides us, its owner, and the system.

    Raises OSError.
    """
    with _security(path, _OWNER | _LIST) as (owner, entries, _):
        known = {SYSTEM, ADMINISTRATORS, _OWNER_RIGHTS, ours(), _text(owner)}
        # Without any list everybody may do everything.
        found = set(_readers(entries)) if entries else {_EVERYONE}
    return sorted(_name(sid) for sid in found - known if not sid.startswith(_SERVICES))


def owner(path: Path) -> str:
    """Return the number of the user who owns ``path``, and may change its list; raise OSError."""
    with _security(path, _OWNER) as (found, _, _):
        return _text(found)


def of_service(name: str) -> str:
    r"""Return the number of the account ``NT SERVICE\name``, which follows from the name."""
    digest = hashlib.sha1(name.upper().encode("utf-16-le"), usedforsecurity=False).digest()
    return "S-1-5-80-" + "-".join(map(str, struct.unpack("<5I", digest)))


def ours() -> str:
    """Return our own user, by number."""
    token, size = wintypes.HANDLE(), wintypes.DWORD()
    room = ctypes.create_string_buffer(_LONGEST)
    _check(_advapi.OpenProcessToken(_kernel.GetCurrentProcess(), 0x8, ctypes.byref(token)))
    try:
        user = 1  # TokenUser
        _check(_advapi.GetTokenInformation(token, user, room, len(room), ctypes.byref(size)))
        return _text(ctypes.cast(room, ctypes.POINTER(ctypes.c_void_p)).contents)
    finally:
        _kernel.CloseHandle(token)


class _AllowedEntry(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_ubyte),
        ("flags", ctypes.c_ubyte),
        ("size", wintypes.WORD),
        ("rights", wintypes.DWORD),
        ("sid", wintypes.DWORD),  # begins here
    ]


class _Sizes(ctypes.Structure):
    _fields_ = [(name, wintypes.DWORD) for name in ("entries", "used", "free")]


@contextlib.contextmanager
def _security(
    path: Path, what: int
) -> Generator[tuple[ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]]:
    """Give owner, list, and the descriptor that has both."""
    owner, entries, made = (ctypes.c_void_p() for _ in range(3))
    parts = (ctypes.byref(owner), None, ctypes.byref(entries), None)
    code = _advapi.GetNamedSecurityInfoW(
        ctypes.c_wchar_p(str(path)), _OF_FILES, what, *parts, ctypes.byref(made)
    )
    if code:
        raise ctypes.WinError(code)
    try:
        yield owner, entries, made
    finally:
        _kernel.LocalFree(made)


def _readers(entries: ctypes.c_void_p) -> Iterator[str]:
    sizes = _Sizes()
    _check(_advapi.GetAclInformation(entries, ctypes.byref(sizes), ctypes.sizeof(sizes), 2))
    for index in range(sizes.entries):
        place = ctypes.c_void_p()
        _check(_advapi.GetAce(entries, index, ctypes.byref(place)))
        entry = _AllowedEntry.from_address(place.value or 0)
        if entry.type == _ALLOWS and entry.rights & _READS and not entry.flags & _INHERIT_ONLY:
            yield _text(ctypes.c_void_p((place.value or 0) + _AllowedEntry.sid.offset))


def _text(sid: ctypes.c_void_p) -> str:
    words = ctypes.c_wchar_p()
    _check(_advapi.ConvertSidToStringSidW(sid, ctypes.byref(words)))
    try:
        return words.value or ""
    finally:
        _kernel.LocalFree(ctypes.cast(words, ctypes.c_void_p))


def _name(sid: str) -> str:
    """Return the name in the language of Windows; the number if there is none."""
    made, kind = ctypes.c_void_p(), wintypes.DWORD()
    _check(_advapi.ConvertStringSidToSidW(ctypes.c_wchar_p(sid), ctypes.byref(made)))
    name, domain = (ctypes.create_unicode_buffer(_LONGEST) for _ in range(2))
    sizes = [ctypes.byref(wintypes.DWORD(_LONGEST)) for _ in range(2)]
    try:
        found = _advapi.LookupAccountSidW(
            None, made, name, sizes[0], domain, sizes[1], ctypes.byref(kind)
        )
    finally:
        _kernel.LocalFree(made)
    if not found:
        return sid
    return "\\".join(filter(None, (domain.value, name.value)))


def _check(done: int) -> None:
    if not done:
        raise ctypes.WinError(ctypes.get_last_error())
