"""The framing of a message's body (RFC 9112 section 6), decided once, where its head is read.

A framing is one number: 0 or more is a length in bytes, `CHUNKED` and `UNTIL_CLOSE` are below it.
"""

import http
from typing import Final

from proxy.errors import RequestRefused
from proxy.http1.fields import Known
from proxy.words import phrase

CHUNKED: Final = -1
UNTIL_CLOSE: Final = -2  # an answer that ends with its connection

MAX_HEAD = 131_072  # bytes
BUFFER = 65_536  # bytes of a body that wait, in either direction, before its sender is not read
LINE = 160  # bytes of memory that a field line takes beside its text
OBJECT = 64  # bytes of memory that a part of a body takes beside its data; tiny chunks add up
MAX_LENGTH = (1 << 63) - 1  # an upstream with signed numbers would read a negative one
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HEAD_END = b"\r\n\r\n"
BAD = phrase("step.well-formed")

# The phrases of RFC 9110; Python before 3.13 has older ones.
_PHRASES = {
    **{status.value: status.phrase for status in http.HTTPStatus},
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}
_STATUS_LINES = {
    status: (phrase.encode(), f"HTTP/1.1 {status} {phrase}\r\n".encode())
    for status, phrase in _PHRASES.items()
}


def request_framing(known: Known, version: str) -> int:
    """Return the framing of a request; refuse one that could be framed in two ways.

    Raises RequestRefused (RFC 9112 section 6.1).
    """
    codings, lengths = known.get(b"transfer-encoding"), known.get(b"content-length")
    if codings is not None:
        if lengths or len(codings) > 1 or codings[0].lower() != b"chunked" or version == "1.0":
            reason = "framing" if lengths else "transfer-coding"
            wrong = phrase("transfer-encoding")
            raise RequestRefused(400, reason, wrong, phrase("step.one-framing"))
        return CHUNKED
    if lengths is None:
        return 0
    if len(lengths) > 1 or not lengths[0].isdigit():
        wrong = phrase("content-length")
        raise RequestRefused(400, "framing", wrong, phrase("step.one-length"))
    length = int(lengths[0])
    if length > MAX_LENGTH:
        raise RequestRefused(400, "length", phrase("length-too-large"), BAD)
    return length


def continues(known: Known, version: str) -> bool:
    """Report whether the caller waits for a 100 before it sends the body."""
    # It is a list: other members and other lines do not cancel the one that we know.
    return version == "1.1" and any(
        member.strip(b" \t") == b"100-continue"
        for value in known.get(b"expect", ())
        for member in value.lower().split(b",")
    )


def status_line(status: int, reason: bytes | None = None) -> bytes:
    """Return the status line, with the registered reason if there is no other."""
    registered, line = _STATUS_LINES.get(status) or (b"", b"HTTP/1.1 %d \r\n" % status)
    return line if reason in (None, registered) else b"HTTP/1.1 %d %b\r\n" % (status, reason)


def chunk(parts: list[bytes], body: bytes, *, last: bool) -> None:
    """Add a part of a chunked body to the bytes to send (RFC 9112 section 7.1)."""
    if body:
        parts += (b"%x\r\n" % len(body), body, b"\r\n")
    if last:
        parts.append(b"0\r\n\r\n")
