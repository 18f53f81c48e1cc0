"""Pure functions over raw field lines: lists of (name, value) byte pairs, never a dict.

Order, repetition, letter case and bytes stay as they came (RFC 9110 section 5.3).
"""

from collections.abc import Iterable

Line = tuple[bytes, bytes]
Lines = list[Line]

IDEMPOTENT = frozenset(("GET", "HEAD", "OPTIONS", "PUT", "DELETE"))  # RFC 9110 section 9.2.2

# RFC 9110 section 7.6.1, with the two Proxy-* pairs that concern one hop alone (section 11.7).
HOP_BY_HOP = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authentication-info",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)


class Names(dict[bytes, bytes | None]):
    """Which names matter: maps a name in any letter case to its lower case, others to None.

    A look-up of a name that was seen before is one of a dict: the loops over field lines were a
    tenth of an exchange's cost.
    """

    LIMIT = 4096  # callers choose names: what is beyond is worked out each time
    LONGEST = 64  # bytes; a name may be as long as a head, and what is remembered stays

    def __init__(self, *names: bytes) -> None:
        super().__init__()
        self._names = frozenset(names)

    def __missing__(self, name: bytes) -> bytes | None:
        lowered = name.lower()
        key = lowered if lowered in self._names else None
        if len(self) < self.LIMIT and len(name) <= self.LONGEST:
            self[name] = key
        return key


# What the listener, the guard and the forwarder decide by, gathered once for each request.
_WATCHED = Names(
    b"connection",
    b"content-length",
    b"host",
    b"max-forwards",
    b"origin",
    b"sec-fetch-site",
    b"traceparent",
    b"transfer-encoding",
    b"x-proxy-key",
)
Watched = dict[bytes, list[bytes]]

# A field that Connection must not name away: without it the message would lose its framing.
# The options that are no names of fields are left out as well.
ORDINARY = frozenset((b"keep-alive", b"close", b"Keep-Alive", b"Close"))
_NOT_NAMED = frozenset((b"content-length", b"transfer-encoding", b"close", b"keep-alive"))


def values(lines: Iterable[Line], name: bytes) -> list[bytes]:
    """Return all values of the lower-case ``name``, in order."""
    return [value for key, value in lines if key.lower() == name]


def first(lines: Iterable[Line], name: bytes) -> bytes | None:
    """Return the first value of the lower-case ``name``."""
    for key, value in lines:
        if key.lower() == name:
            return value
    return None


def traceparent(lines: Iterable[Line]) -> bytes | None:
    """Return the caller's traceparent, if it could be one (W3C Trace Context)."""
    value = first(lines, b"traceparent")
    return value if value is not None and len(value) <= 64 else None


def watched(lines: Iterable[Line]) -> Watched:
    """Gather the values of all fields that decide anything, in order, by lower-case name."""
    found: Watched = {}
    for name, value in lines:
        key = _WATCHED[name]
        if key is not None:
            if key in found:
                found[key].append(value)
            else:
                found[key] = [value]
    return found


def nominated(connection_values: Iterable[bytes]) -> frozenset[bytes]:
    """Return the lower-case field names that Connection names (RFC 9110 section 7.6.1)."""
    return frozenset(
        name
        for value in connection_values
        if value not in ORDINARY
        for option in value.split(b",")
        if (name := option.strip(b" \t").lower()) not in _NOT_NAMED
    )


def persists(lines: Iterable[Line]) -> bool:
    """Report whether Connection keeps an HTTP/1.0 connection open (RFC 9112 section 9.3).

    Close wins over keep-alive, and Proxy-Connection counts for nothing (appendix C.2.2).
    """
    options = {
        option.strip(b" \t").lower()
        for value in values(lines, b"connection")
        for option in value.split(b",")
    }
    return b"keep-alive" in options and b"close" not in options


def relocated(value: bytes, origins: tuple[bytes, ...], prefix: bytes, ours: bytes) -> bytes:
    """Rewrite a Location that points at the upstream into the caller's view of us.

    ``origins`` are the upstream's origin in all its spellings, lower case; ``prefix`` is the path
    prefix of the base URL, ``ours`` our own origin. Whole segments alone match:
    ``https://a.example`` is not the origin of ``https://a.example.org``.
    """
    lowered = value.lower()
    for origin in origins:
        rest = value[len(origin) :]
        if lowered.startswith(origin) and rest[:1] in (b"", b"/", b"?", b"#"):
            inside = _without(prefix, rest)
            return value if inside is None else ours + inside
    if prefix and value[:1] == b"/" and value[:2] != b"//":
        inside = _without(prefix, value)
        if inside is None:
            return value
        if inside[:2] in (b"//", b"/\\"):
            return ours + inside  # alone it would name another host (RFC 3986 section 4.2)
        return inside if inside[:1] == b"/" else b"/" + inside
    return value


def _without(prefix: bytes, path: bytes) -> bytes | None:
    rest = path[len(prefix) :]
    return rest if path.startswith(prefix) and rest[:1] in (b"", b"/", b"?", b"#") else None
