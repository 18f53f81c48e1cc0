"""What of a recorded request can be sent again."""

from dataclasses import dataclass

from proxy.journal.entry import Entry
from proxy.mask import MASK
from proxy.words import Said, phrase

# What the client that sends it sets by itself, or what was for one hop alone.
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
# A page's marks: they are for the browser to make, and would be a lie here.
_OF_PAGES = ("origin", "sec-fetch-")


@dataclass(frozen=True, slots=True)
class Sendable:
    """A request without what is the client's own business.

    ``left_out`` names the fields that were masked; ``masked`` says that target or body hold masks;
    ``problem`` why the body is not at hand; ``caller`` who sent it; ``compressed`` that a client
    which undoes codings may say so (`proxy.console.copying.portable`).
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
        """Whether nothing is changed by it (RFC 9110 section 9.2.1)."""
        return self.method in ("GET", "HEAD", "OPTIONS")


def sendable(entry: Entry) -> Sendable:
    """Return what can be sent again of ``entry``."""
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
