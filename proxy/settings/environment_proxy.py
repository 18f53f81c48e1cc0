"""The proxy that the environment names for all programs: noticed aloud, never used in silence."""

import os
import sys
from typing import NamedTuple
from urllib.parse import urlsplit

from proxy.addresses import Url, bracketed
from proxy.settings.model import Settings
from proxy.words import Phrase, Said, phrase

_NAMES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
_EXAMPLE = "http://HOST:PORT"


class EnvironmentProxy(NamedTuple):
    """The variable that names a proxy, and our settings for the same; never its credentials."""

    variable: str
    lines: Said

    @property
    def warning(self) -> Phrase:
        """The warning at the start."""
        return phrase("slip.proxy-unused", variable=self.variable, lines=self.lines)

    @property
    def suspicion(self) -> Phrase:
        """The first advice when the network fails."""
        return phrase("slip.proxy-needed", variable=self.variable, lines=self.lines)


def unused(settings: Settings) -> EnvironmentProxy | None:
    """Return the proxy that other programs would use for the upstream, if we use none."""
    if settings.egress_proxy is not None or settings.base_url.loopback:
        return None
    for name in _NAMES:
        for variable in (name, name.lower()):
            value = os.environ.get(variable, "").strip()
            if value and not _excepted(settings.base_url.host):
                return EnvironmentProxy(variable, _lines(value))
    return _of_windows(settings.base_url.host)


def _of_windows(host: str) -> EnvironmentProxy | None:
    """Return the proxy that Windows' settings name; elsewhere nothing."""
    if sys.platform == "win32":
        from proxy.windows import internet_settings as windows

        if value := windows.proxy_for(host):
            return EnvironmentProxy(windows.NAME, _lines(value))
        if script := windows.script():
            found = phrase("slip.proxy-script", line=_line(_EXAMPLE), script=script, host=host)
            return EnvironmentProxy(windows.SCRIPT, found)
        if value := windows.proxy_of_machine(host):
            return EnvironmentProxy(windows.OF_MACHINE, _lines(value))
    return None


def _excepted(host: str) -> bool:
    """Report whether NO_PROXY says to go straight there: names and their subdomains, or ``*``."""
    listed = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    names = (name.strip().lower().removeprefix("*").lstrip(".") for name in listed.split(","))
    return listed.strip() == "*" or any(
        name and (host.lower() == name or host.lower().endswith(f".{name}")) for name in names
    )


def _lines(value: str) -> Said:
    """Return our settings for the same proxy; an unreadable part is replaced by an example."""
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        port = f":{parts.port}" if parts.port else ""
        url = str(Url.parse(f"{parts.scheme}://{bracketed(parts.hostname or '')}{port}"))
        login = parts.username is not None
    except ValueError:
        url, login = _EXAMPLE, False
    line = _line(url)
    return phrase("slip.proxy-lines", url=line) if login else line


def _line(url: str) -> str:
    return f"BREB_EGRESS_PROXY={url}"
