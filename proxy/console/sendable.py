"""The part of a recorded request that can be sent again."""

from dataclasses import dataclass

from proxy.journal.entry import Entry
from proxy.mask import MASK
from proxy.words import Said, phrase

# Fields that the sending client sets by itself, and fields for one hop alone.
_OWN = frozenset(
    (
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-proxy-key",
    )
)
# A page's marks: only a browser may make them, and they would be false here.
_OF_PAGES = ("origin", "sec-fetch-")


@dataclass(frozen=True, slots=True)
class Sendable:
    """A request without the fields that are the client's own.

    ``left_out`` names the fields that were masked; ``masked``: target or body have masks;
    ``problem`` is the reason why the body is missing; ``caller`` sent it; ``compressed``: a client
    that undoes codings may say so (`proxy.console.copying.portable`).
    """

    method: str
    target: str
    lines: tuple[tuple[str, str], ...]
    body: bytes
    left_out: tuple[str, ...] = ()
    masked: bool = False
    problem: Said = ""
    caller: str = ""
    compressed: bool = False

    @property
    def safe(self) -> bool:
        """Whether its method changes nothing (RFC 9110 section 9.2.1)."""
        return self.method in ("GET", "HEAD", "OPTIONS")


def sendable(entry: Entry) -> Sendable:
    """Return the part of ``entry`` that can be sent again."""
    lines, left_out = [], []
    for name, value in entry.request_lines:
        key = name.lower()
        if key in _OWN or key.startswith(_OF_PAGES):
            continue
        if key == "authorization":
            continue  # the proxy puts its own on
        if MASK in value:
            left_out.append(name)
        elif not (key == "content-encoding" and entry.request.coding):
            lines.append((name, value))
    return Sendable(
        entry.method,
        entry.target,
        tuple(lines),
        entry.request.raw,
        tuple(left_out),
        bool(entry.request.masked) or MASK in entry.target,
        _problem(entry),
        entry.caller,
    )


def _problem(entry: Entry) -> Said:
    body = entry.request
    if entry.kind:
        return phrase("replay.no-caller")
    if entry.method == "-":
        return phrase("replay.malformed")
    if entry.target[:1] != "/" and entry.target != "*":
        return phrase("replay.no-path")
    if body.words:
        return phrase("replay.body", why=body.words)
    if body.cut or (body.size and not body.data):
        return phrase("replay.body-cut", count=len(body.data))
    return ""
