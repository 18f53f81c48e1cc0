"""The addresses on which we listen, and the URLs to which requests go, as values."""

import ipaddress
import re
import sys
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from proxy.errors import BadValue
from proxy.passport.hosts import environment
from proxy.words import phrase

_HOST = re.compile(r"^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?\.?|\[[0-9A-Fa-f:.]+\])$")
_PATH = re.compile(r"^[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*$")

_QUERY = re.compile(r"^[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*$")
_LAST_PORT = 65_535  # TCP's highest port number


def loopback(host: str) -> bool:
    """Report whether ``host`` (a name or a literal address) is this machine alone."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def bracketed(host: str) -> str:
    """Return ``host`` as it stands before a port: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


class NoPort(BadValue):
    """A number cannot be a port."""


def _check_port(digits: str) -> None:
    """Raise NoPort where there is no such port."""
    if len(digits) > 5 or int(digits) > _LAST_PORT:
        raise NoPort(phrase("value.port", port=digits[:20], most=_LAST_PORT))


def _check_host(host: str) -> None:
    """Raise BadValue where it cannot be a listener's host."""
    if ":" in host and not host.startswith("["):
        raise BadValue(phrase("value.brackets"))
    if not _HOST.match(host):
        raise BadValue(phrase("value.listen-host"))


def _unspecified(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """A listener: ``host:port``, or the path of a Unix socket (then host is empty)."""

    host: str
    port: int
    path: str = ""

    @classmethod
    def parse(cls, value: Any) -> "ListenAddress":  # noqa: ANN401  whatever a source gives
        """Read ``host:port``, ``[v6]:port`` or ``unix:/path``; raise BadValue otherwise."""
        if isinstance(value, ListenAddress):
            return value
        text = str(value).strip()
        if text.startswith("unix:"):
            if sys.platform == "win32":
                raise BadValue(phrase("value.no-sockets"))
            path = text.removeprefix("unix:")
            if not path.startswith("/") or len(path.encode()) > 100:
                raise BadValue(phrase("value.socket"))
            return cls("", 0, path)
        host, colon, port = text.rpartition(":")
        if "://" in text:
            raise BadValue(phrase("value.listen-scheme"))
        if not (colon and port.isascii() and port.isdigit()):
            raise BadValue(phrase("value.listen"))
        _check_port(port)
        _check_host(host)
        return cls(host.strip("[]"), int(port))

    @property
    def connectable(self) -> "ListenAddress":
        """The address to use from this machine: a listener on all addresses includes loopback."""
        here = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  compared, not bound
        return ListenAddress(here.get(self.host, self.host), self.port, self.path)

    @property
    def private(self) -> bool:
        """Whether this machine alone can reach it."""
        return bool(self.path) or loopback(self.host)

    def __str__(self) -> str:
        """Return the form that `parse` reads."""
        if self.path:
            return f"unix:{self.path}"
        return f"{bracketed(self.host)}:{self.port}"


@dataclass(frozen=True, slots=True)
class Url:
    """An http(s) URL: scheme, host, port and path (no trailing slash).

    ``query`` is kept only on request, and never shown: it may hold a key.
    """

    scheme: str
    host: str
    port: int
    path: str = ""
    query: str = field(default="", repr=False)

    @classmethod
    def parse(cls, value: Any) -> "Url":  # noqa: ANN401  whatever a source gives
        """Read a URL; raise BadValue for a wrong one."""
        if isinstance(value, Url):
            return value
        try:
            url = urlsplit(str(value).strip())
            port = url.port
        except ValueError:
            if digits := re.search(r":(\d+)(?:[/?#]|$)", str(value)):
                _check_port(digits[1])
            raise BadValue(phrase("value.url")) from None
        if url.scheme not in ("http", "https") or not url.hostname:
            raise BadValue(phrase("value.url-scheme"))
        if url.username is not None or url.password is not None:
            raise BadValue(phrase("value.url-login"))
        if url.query or url.fragment:
            query, fragment = phrase("value.url-query"), phrase("value.url-fragment")
            raise BadValue(query if url.query else fragment)
        host = bracketed(url.hostname)
        if not _HOST.match(host) or not _PATH.match(url.path) or port == 0:
            raise BadValue(phrase("value.url-parts"))
        standard = 443 if url.scheme == "https" else 80
        return cls(url.scheme, url.hostname, port or standard, url.path.rstrip("/"))

    @classmethod
    def parse_with_query(cls, value: Any) -> "Url":  # noqa: ANN401  whatever a source gives
        """Read a URL that may have a query; raise BadValue for a wrong one."""
        if isinstance(value, Url):
            return value
        text, _, query = str(value).strip().partition("?")
        if "#" in query:
            raise BadValue(phrase("value.url-fragment"))
        if not _QUERY.match(query):
            raise BadValue(phrase("value.url-query-form"))
        return replace(cls.parse(text), query=query)

    def below(self, path: str = "", query: str = "") -> str:
        """Return the target for this URL, or for what lies below it, with its query and ours."""
        queries = "&".join(filter(None, (self.query, query)))
        return (f"{self.path}{path}" or "/") + (f"?{queries}" if queries else "")

    @property
    def authority(self) -> str:
        """The Host field's value: the port only where it is not the scheme's own."""
        host = bracketed(self.host)
        standard = 443 if self.scheme == "https" else 80
        return host if self.port == standard else f"{host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """Whether the address is on this machine."""
        return loopback(self.host)

    @property
    def environment(self) -> str:
        """Return ``sandbox``, ``production``, ``local`` or ``unknown``, judged by the host."""
        known = environment(self.host)
        return known or ("local" if self.loopback else "unknown")

    @property
    def origin(self) -> "Url":
        """Scheme, host and port alone (RFC 6454)."""
        return self.at("")

    def at(self, path: str) -> "Url":
        """Return the same origin with another path."""
        return Url(self.scheme, self.host, self.port, path)

    def reaches(self, listener: ListenAddress) -> bool:
        """Report whether a request to this origin would arrive at ``listener`` of this machine."""
        if listener.path or listener.port == 0 or self.port != listener.port:
            return False
        same = self.host.rstrip(".").lower() == listener.host.rstrip(".").lower()
        # Connecting to 0.0.0.0 or [::] is connecting to this machine, on Linux and macOS.
        here = self.loopback or _unspecified(self.host)
        return same or (here and (loopback(listener.host) or _unspecified(listener.host)))

    def __str__(self) -> str:
        """Return the URL; a query is shown only as present."""
        return f"{self.scheme}://{self.authority}{self.path}{'?…' if self.query else ''}"
