"""The proxies that Windows knows: in the registry and in WinHTTP, not in the environment.

A person has Internet settings, which may name a script (PAC) instead of a proxy. WinHTTP's are
the machine's; an account of a service has these alone.
"""

import contextlib
import ctypes
import fnmatch
import urllib.request
import winreg
from ctypes import wintypes
from typing import Any, Final

_request: Any = urllib.request  # it has these functions on Windows alone
NAME: Final = "ProxyServer (Windows)"
SCRIPT: Final = "AutoConfigURL (Windows)"
OF_MACHINE: Final = "netsh winhttp (Windows)"
_KEY: Final = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings"
_NAMED_PROXY: Final = 3  # WINHTTP_ACCESS_TYPE_NAMED_PROXY


def proxy_for(host: str) -> str:
    """Return the proxy by which other programs of this user reach ``host``; or nothing."""
    if _request.proxy_bypass_registry(host):
        return ""
    named = _request.getproxies_registry()
    return named.get("https") or named.get("http") or ""


def script() -> str:
    """Return the address of the script that names this user's proxies, or nothing."""
    with contextlib.suppress(OSError), winreg.OpenKey(winreg.HKEY_CURRENT_USER, _KEY) as key:
        return str(winreg.QueryValueEx(key, "AutoConfigURL")[0])
    return ""


def proxy_of_machine(host: str) -> str:
    """Return the proxy by which programs that use WinHTTP reach ``host``; or nothing."""
    proxies, excepted = _of_winhttp()
    if any(_excepts(each, host) for each in excepted.replace(";", " ").split()):
        return ""
    every = [each.rpartition("=")[::2] for each in proxies.replace(";", " ").split()]
    named = {scheme.strip("="): proxy for scheme, proxy in every}
    return named.get("https") or named.get("") or named.get("http") or ""


def _excepts(pattern: str, host: str) -> bool:
    return "." not in host if pattern == "<local>" else fnmatch.fnmatch(host, pattern.lower())


class _WinHttp(ctypes.Structure):
    _fields_ = [
        ("kind", wintypes.DWORD),
        ("proxies", ctypes.c_void_p),
        ("excepted", ctypes.c_void_p),
    ]


def _of_winhttp() -> tuple[str, str]:
    """Return proxies and exceptions, as they are written there."""
    found = _WinHttp()
    if not ctypes.WinDLL("winhttp").WinHttpGetDefaultProxyConfiguration(ctypes.byref(found)):
        return "", ""
    texts = [ctypes.wstring_at(each) if each else "" for each in (found.proxies, found.excepted)]
    free = ctypes.WinDLL("kernel32").GlobalFree
    free.argtypes = [ctypes.c_void_p]
    for each in filter(None, (found.proxies, found.excepted)):
        free(each)
    return (texts[0], texts[1]) if found.kind == _NAMED_PROXY else ("", "")
