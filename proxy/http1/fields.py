"""Pure functions over raw field lines: lists of (name, value) byte pairs, never a dict.

Order, repetition, letter case and bytes stay as they came (RFC 9110 section 5.3).
"""

from collections.abc import Iterable
from itertools import chain, product, zip_longest

Line = tuple[bytes, bytes]
Lines = list[Line]

SAFE = frozenset(("GET", "HEAD", "OPTIONS"))  # RFC 9110 section 9.2.1
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


Rule = tuple[bytes, bool]
Known = dict[bytes, list[bytes]]


class NameTable(dict[bytes, Rule | None]):
    """The treatment of a line, by its name in any letter case: None for the ordinary ones.

    For others it is the name in lower case, and whether the line may go on to the next hop. The
    look-up of a known name is a dict's: before, loops over field lines were a tenth of an
    exchange's cost.
    """

    LIMIT = 4096  # names; callers choose them, so others are worked out each time
    LONGEST = 64  # bytes; a name may be as long as a head, and a cached name stays

    def __init__(self, *, onward: Iterable[bytes] = (), stop: Iterable[bytes] = ()) -> None:
        super().__init__()
        self._rules = {name: (name, True) for name in onward}
        self._rules |= {name: (name, False) for name in stop}

    def __missing__(self, name: bytes) -> Rule | None:
        rule = self._rules.get(name.lower())
        if len(self) < self.LIMIT and len(name) <= self.LONGEST:
            self[name] = rule
        return rule


def _spellings(name: bytes) -> Iterable[bytes]:
    """Yield a name with each dash as it is, and as an underscore: to CGI and WSGI both are one."""
    parts = name.split(b"-")
    for signs in product((b"-", b"_"), repeat=len(parts) - 1):
        yield b"".join(chain.from_iterable(zip_longest(parts, signs, fillvalue=b"")))


# Some frameworks take the method or the path from one of these instead of the request line.
OVERRIDES = frozenset(
    spelling
    for name in (
        b"x-http-method",
        b"x-http-method-override",
        b"x-method-override",
        b"x-original-url",
        b"x-override-url",
        b"x-rewrite-url",
    )
    for spelling in _spellings(name)
)

# Fields that decide something at this hop, or are not passed on. We answer Expect, and we set Host
# and Authorization.
REQUEST = NameTable(
    onward=(
        b"content-length",
        b"idempotency-key",
        b"max-forwards",
        b"origin",
        b"prefer",
        b"sec-fetch-site",
        b"traceparent",
        *OVERRIDES,
    ),
    stop=(*HOP_BY_HOP, b"authorization", b"expect", b"host", b"x-proxy-key"),
)

# Connection must not remove these fields: without them the message would lose its framing. Options
# that are no field names are in the list as well.
ORDINARY = frozenset((b"keep-alive", b"close", b"Keep-Alive", b"Close"))
_NOT_NAMED = frozenset((b"content-length", b"transfer-encoding", b"close", b"keep-alive"))


class Section:
    """The field lines of one head, judged once, where they are read.

    ``lines`` has all lines as they came; ``known`` has the values of those that decide, by
    lower-case name and in order; ``onward`` has the lines that may go to the next hop: none that
    is this hop's own, none that Connection names. Nothing in it ever changes: many requests may
    have the same.
    """

    __slots__ = ("_wire", "known", "lines", "onward")

    def __init__(self, lines: Lines, table: NameTable) -> None:
        self.lines = lines
        known: Known = {}
        onward: Lines = []
        for line in lines:
            rule = table[line[0]]
            if rule is None:
                onward.append(line)
                continue
            name, passes = rule
            if name in known:
                known[name].append(line[1])
            else:
                known[name] = [line[1]]
            if passes:
                onward.append(line)
        connection = known.get(b"connection")
        if connection is not None and not ORDINARY.issuperset(connection):
            named = nominated(connection)
            onward = [line for line in onward if line[0].lower() not in named]
        self.known = known
        self.onward = onward
        self._wire: bytes | None = None

    @property
    def wire(self) -> bytes:
        """The lines that go to the next hop, as they are sent."""
        wire = self._wire
        if wire is None:
            wire = self._wire = serialised(self.onward)
        return wire

    def replaced(self, name: bytes, value: bytes) -> "Section":
        """Return it with ``value`` in every line of the lower-case ``name``."""
        lines, onward = (replaced(each, name, value) for each in (self.lines, self.onward))
        return JudgedSection(lines, {**self.known, name: [value]}, onward)


class JudgedSection(Section):
    """A section whose lines are judged already."""

    __slots__ = ()

    def __init__(self, lines: Lines, known: Known, onward: Lines) -> None:
        self.lines, self.known, self.onward = lines, known, onward
        self._wire = None


def serialised(lines: Iterable[Line]) -> bytes:
    """Return field lines as they are sent."""
    # Joins of joins: half the time of a loop that collects the parts.
    written = b"\r\n".join(map(b": ".join, lines))
    return written + b"\r\n" if written else b""


def replaced(lines: Lines, name: bytes, value: bytes) -> Lines:
    """Return the lines with ``value`` in every one of the lower-case ``name``."""
    return [(key, value if key.lower() == name else old) for key, old in lines]


def values(lines: Iterable[Line], name: bytes) -> list[bytes]:
    """Return all values of the lower-case ``name``, in order."""
    return [value for key, value in lines if key.lower() == name]


def first(lines: Iterable[Line], name: bytes) -> bytes | None:
    """Return the first value of the lower-case ``name``."""
    for key, value in lines:
        if key.lower() == name:
            return value
    return None


def nominated(connection_values: Iterable[bytes]) -> frozenset[bytes]:
    """Return the lower-case field names that Connection names (RFC 9110 section 7.6.1)."""
    return frozenset(
        name
        for value in connection_values
        for option in value.split(b",")
        if (name := option.strip(b" \t").lower()) not in _NOT_NAMED
    )


def persists(connection_values: Iterable[bytes]) -> bool:
    """Report whether Connection keeps an HTTP/1.0 connection open (RFC 9112 section 9.3).

    Close wins over keep-alive, and Proxy-Connection counts for nothing (appendix C.2.2).
    """
    options = {
        option.strip(b" \t").lower() for value in connection_values for option in value.split(b",")
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
