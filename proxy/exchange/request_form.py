"""What a request must look like: an HTTP method, one Host of ours, a plain target.

Everything is judged on the bytes that are sent on. The upstream's origin never comes from here.
"""

import re
from typing import cast

from proxy.errors import RequestRefused
from proxy.exchange.record import Exchange
from proxy.http1.request import Request
from proxy.invocation import COMMAND

ALLOW = b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
# RFC 9112 section 3.2: reg-name, IPv4 or IP literal, and a port. No user information.
_HOST = re.compile(
    rb"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\.?)(?::(?P<port>\d{0,5}))?"
)
_ABSOLUTE = re.compile(rb"(https?)://([^/?]*)(.*)", re.IGNORECASE | re.DOTALL)
_UNSAFE = re.compile(rb"[^!-~]|#")
# Methods of other protocols that the parser knows as well.
_FOREIGN = frozenset(
    (
        *("ANNOUNCE", "DESCRIBE", "FLUSH", "GET_PARAMETER", "PAUSE", "PLAY", "PRI", "RECORD"),
        *("REDIRECT", "SETUP", "SET_PARAMETER", "SOURCE", "TEARDOWN"),
    )
)
REFUSED = _FOREIGN | {"TRACE", "CONNECT"}
_NAMES = (
    f"use http://localhost or 127.0.0.1, or add the name to BREB_ALLOWED_HOSTS ({COMMAND} help 421)"
)
_BASE = (
    "use this proxy's http://host:port as the base URL of your requests; it does not work as"
    " HTTP_PROXY"
)


def refused_method(method: str) -> RequestRefused:
    """Word the refusal of a method that is not for forwarding."""
    if method.upper() in _FOREIGN:
        return RequestRefused(
            501, "method", f"{method} is not an HTTP method", "use a registered HTTP method"
        )
    # The upstream's answer to TRACE would show the token to the caller.
    text = f"this proxy does not support the method {method}"
    step = _BASE if method.upper() == "CONNECT" else "use another method"
    return RequestRefused(405, "method", text, step, ((b"Allow", ALLOW),))


class Hosts:
    """The names that this proxy answers to."""

    def __init__(self, names: frozenset[bytes]) -> None:
        self._names = names
        self._known: set[bytes] = set()  # values that were let in before; bounded

    def check(self, host: bytes, step: str = _NAMES) -> None:
        """Refuse what is not well formed (400) or not ours (421)."""
        if host in self._known:
            return
        match = _HOST.fullmatch(host)
        if match is None or int(match["port"] or 0) > 65_535:
            text = "the Host header is malformed"
            raise RequestRefused(400, "host-form", text, "send the host and port of the URL")
        name = match["name"].rstrip(b".").lower()
        if name not in self._names and name + b":" + (match["port"] or b"") not in self._names:
            raise RequestRefused(
                421,
                "host",
                f"{host.decode('latin-1')} is not a name of this proxy",
                step,
            )
        if len(self._known) < 256:
            self._known.add(host)


def authority(exchange: Exchange, request: Request, hosts: Hosts) -> bytes:
    """Check target and Host and return the authority, empty if an HTTP/1.0 caller names none.

    Leaves a target in origin-form (or ``*``), and no Host that differs from the authority.
    """
    raw = request.target
    given = request.section.known.get(b"host", [])
    if len(given) != 1 and (given or request.version != "1.0"):
        text = "the request must have exactly one Host header"
        raise RequestRefused(400, "host-count", text, "send one Host header")
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
        text = f"this listener uses {request.scheme}"
        raise RequestRefused(421, "scheme", text, "use the listener's scheme in the URL")
    rest = cast("bytes", match[3])
    if rest[:1] != b"/":
        rest = b"*" if not rest and request.method == "OPTIONS" else b"/" + rest
    named = cast("bytes", match[2])
    exchange.target = request.target = rest
    request.path = rest.partition(b"?")[0]
    request.section.replace(b"host", named)
    return named


def _bad_target() -> RequestRefused:
    return RequestRefused(
        400,
        "target",
        "the request target is not a valid path",
        "send a path such as /v1/payments, without a fragment, spaces or control characters",
    )
