"""The required form of a request: an HTTP method, one Host of ours, a plain target.

Everything is judged on the bytes that are sent on. The upstream's origin never comes from here.
"""

import re
from typing import cast

from proxy.errors import RequestRefused
from proxy.exchange.record import Exchange
from proxy.http1.request import Request
from proxy.words import Phrase, phrase

ALLOW = b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
# RFC 9112 section 3.2: reg-name, IPv4 or IP literal, and a port. No user information.
_HOST = re.compile(
    rb"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\.?)(?::(?P<port>\d{0,5}))?"
)
_ABSOLUTE = re.compile(rb"(https?)://([^/?]*)(.*)", re.IGNORECASE | re.DOTALL)
_UNSAFE = re.compile(rb"[^!-~]|#")
# The parser also knows these methods of other protocols.
_FOREIGN = frozenset(
    (
        *("ANNOUNCE", "DESCRIBE", "FLUSH", "GET_PARAMETER", "PAUSE", "PLAY", "PRI", "RECORD"),
        *("REDIRECT", "SETUP", "SET_PARAMETER", "SOURCE", "TEARDOWN"),
    )
)
REFUSED = _FOREIGN | {"TRACE", "CONNECT"}
_NAMES = phrase("step.known-name")
_BASE = phrase("step.base-url")


def refused_method(method: str) -> RequestRefused:
    """Word the refusal of a method that is not for forwarding."""
    if method.upper() in _FOREIGN:
        none = phrase("not-a-method", method=method)
        return RequestRefused(501, "method", none, phrase("step.registered-method"))
    # The upstream's answer to TRACE would show the token to the caller.
    unsupported = phrase("method-not-supported", method=method)
    step = _BASE if method.upper() == "CONNECT" else phrase("step.other-method")
    return RequestRefused(405, "method", unsupported, step, ((b"Allow", ALLOW),))


class Hosts:
    """The names that this proxy answers to."""

    def __init__(self, names: frozenset[bytes]) -> None:
        self._names = names
        self._known: set[bytes] = set()  # values that were accepted before; bounded

    def check(self, host: bytes, step: Phrase = _NAMES) -> None:
        """Refuse a request that is malformed (400) or for another host (421)."""
        if host in self._known:
            return
        match = _HOST.fullmatch(host)
        if match is None or int(match["port"] or 0) > 65_535:
            malformed = phrase("host-malformed")
            raise RequestRefused(400, "host-form", malformed, phrase("step.host-of-url"))
        name = match["name"].rstrip(b".").lower()
        if name not in self._names and name + b":" + (match["port"] or b"") not in self._names:
            unknown = phrase("host-unknown", host=host.decode("latin-1"))
            raise RequestRefused(421, "host", unknown, step)
        if len(self._known) < 256:
            self._known.add(host)


def authority(exchange: Exchange, request: Request, hosts: Hosts) -> bytes:
    """Check target and Host and return the authority, empty if an HTTP/1.0 caller names none.

    Leaves a target in origin-form (or ``*``), and no Host that differs from the authority.
    """
    raw = request.target
    given = request.section.known.get(b"host", [])
    if len(given) != 1 and (given or request.version != "1.0"):
        raise RequestRefused(400, "host-count", phrase("host-count"), phrase("step.one-host"))
    step = _NAMES
    if raw[:1] != b"/" and not (raw == b"*" and request.method == "OPTIONS"):
        given = [_from_absolute(exchange, request)]
        step = _BASE
    elif _UNSAFE.search(raw):
        raise _bad_target()
    if given:
        hosts.check(given[0], step)
        return given[0]
    return b""


def _from_absolute(exchange: Exchange, request: Request) -> bytes:
    """Rewrite an absolute-form target; its authority counts, not Host (RFC 9112 3.2.2)."""
    raw = request.target
    match = _ABSOLUTE.fullmatch(raw)
    if match is None or _UNSAFE.search(raw) or not match[2]:
        raise _bad_target()
    if match[1].lower() != request.scheme.encode():
        other = phrase("other-scheme", scheme=request.scheme)
        raise RequestRefused(421, "scheme", other, phrase("step.scheme"))
    rest = cast("bytes", match[3])
    if rest[:1] != b"/":
        rest = b"*" if not rest and request.method == "OPTIONS" else b"/" + rest
    named = cast("bytes", match[2])
    exchange.target = request.target = rest
    request.path = rest.partition(b"?")[0]
    request.section = request.section.replaced(b"host", named)
    return named


def _bad_target() -> RequestRefused:
    return RequestRefused(400, "target", phrase("target-invalid"), phrase("step.plain-target"))
