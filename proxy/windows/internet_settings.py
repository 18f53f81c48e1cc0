"""The proxy of Windows' Internet settings, which lie in the registry and not in the environment."""

import urllib.request
from typing import Any, Final

_request: Any = urllib.request  # it has these functions on Windows alone
NAME: Final = "ProxyServer (Windows)"


def proxy_for(host: str) -> str:
    """Return the proxy by which other programs of this user reach ``host``; or nothing."""
    if _request.proxy_bypass_registry(host):
        return ""
    named = _request.getproxies_registry()
    return named.get("https") or named.get("http") or ""
