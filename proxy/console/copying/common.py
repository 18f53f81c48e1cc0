"""The parts that the languages share: names, notes, and tests of what a client changes."""

import re

from proxy.console.caller_url import CallerUrl
from proxy.console.sendable import Sendable
from proxy.mask import MASK
from proxy.words.phrase import Phrase

KEY = "BREB_CALLER_KEY"
KEY_FIELD = "X-Proxy-Key"
MASKED = f"{MASK} replaces a value that was masked when this was recorded: write the value there"
SOCKET = "this client cannot use a Unix socket: use curl"
REWRITTEN = "this client may change the path: curl sends exactly these bytes"

# No dot segments, no needless escapes, no empty query: URL libraries tidy them up. Browsers escape
# an apostrophe in a query.
_PLAIN = re.compile(r"/(?:[A-Za-z0-9/._~?=&+,:;@$!*()-]|%[0-9A-F]{2})*(?<!\?)")
_TIDIED = re.compile(
    r"/\.{1,2}(?:[/?]|$)|^//|%(?:4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE]|3[0-9]|2[DE])"
)
_ASCII = re.compile(r"[ -~]*")


class NotCopied(Exception):
    """A client has no safe way to send it; ``why`` is the reason."""

    def __init__(self, why: Phrase) -> None:
        super().__init__(why)
        self.why = why


def plain(target: str) -> bool:
    """Report whether every URL library sends the target as it stands."""
    return bool(_PLAIN.fullmatch(target)) and not _TIDIED.search(target.partition("?")[0] + "/")


def simple(request: Sendable) -> bool:
    """Report whether each name stands once, in a method and in values of visible ASCII."""
    names = [name.lower() for name, _ in request.lines]
    values = all(_ASCII.fullmatch(value) and value.strip() == value for _, value in request.lines)
    return request.method.isupper() and len(set(names)) == len(names) and values


def ascii_lines(request: Sendable) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the lines that a client of ASCII alone can write, and the names of the others."""
    good, names = [], []
    for name, value in request.lines:
        if _ASCII.fullmatch(value):
            good.append((name, value))
        else:
            names.append(name)
    return good, names


def notes(request: Sendable, door: CallerUrl, client: str, skipped: list[str]) -> list[str]:
    """Return the notes about a client that does not send the exact request."""
    found = [MASKED] if request.masked else []
    found += [f"{client} cannot send this header: {name}" for name in skipped]
    if not plain(request.target):
        found.append(REWRITTEN)
    if door.socket:
        found.append(SOCKET)
    return found


def url(request: Sendable, door: CallerUrl) -> bytes:
    """Return the URL's bytes."""
    return door.at(request.target).encode("utf-8", "surrogateescape")


def raw(text: str) -> bytes:
    """Return the bytes that were sent."""
    return text.encode("utf-8", "surrogateescape")


def lossy(text: str) -> str:
    """Return text that is valid UTF-8, for any bytes that were sent."""
    return raw(text).decode("utf-8", "replace")


def text_of(data: bytes) -> str | None:
    """Return the body as text, None if it is none."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def with_defaults(request: Sendable) -> list[tuple[str, str | None]]:
    """Add options that keep curl from sending its own fields; None takes a field off."""
    lines: list[tuple[str, str | None]] = list(request.lines)
    names = {name.lower() for name, _ in request.lines}
    wanted = ["Accept", "User-Agent"] + (["Content-Type"] if request.body else [])
    return lines + [(name, None) for name in wanted if name.lower() not in names]


def curl_line(name: str, value: str | None) -> str:
    """Write a field for curl: an empty value with a semicolon, one to be taken off without."""
    return f"{name}:" if value is None else f"{name}: {value}" if value else f"{name};"


def escaped(text: str, quote: str = '"', *, dollar: bool = False) -> str:
    """Write a string of the family of C in plain ASCII: Java, C#, JavaScript."""
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", quote: f"\\{quote}"}
    if dollar:
        short["$"] = "\\$"
    parts = []
    for sign in text:
        if sign in short:
            parts.append(short[sign])
        elif " " <= sign <= "~":
            parts.append(sign)
        else:
            units = sign.encode("utf-16-be", "surrogatepass")
            parts += [f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2)]
    return quote + "".join(parts) + quote
