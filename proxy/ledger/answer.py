"""The first part of an upstream's answer: for its id and its status, and for repeats."""

import zlib
from collections.abc import Iterable

from proxy.exchange.own_answer import KnownAnswer
from proxy.exchange.record import Exchange
from proxy.http1.answer_fields import AnswerFields
from proxy.http1.content_codings import CODINGS, decoded
from proxy.http1.fields import HOP_BY_HOP, Line
from proxy.ledger.claim import FREES

LIMIT = 65_536  # bytes
_CODING = b"content-encoding"
# Fields that are new in each answer, or hold for one answer alone.
_NOT_KEPT = HOP_BY_HOP | frozenset(
    (b"content-encoding", b"content-length", b"date", b"server-timing", b"set-cookie")
)
# Fields about a body in its coding, which is not kept.
_OF_THE_CODED = frozenset((b"content-digest", b"content-md5", b"digest", b"etag", b"repr-digest"))


class AnswerExcerpt:
    """The answer that the caller got, up to a limit."""

    __slots__ = ("data", "lines")

    def __init__(self) -> None:
        self.data: bytes | bytearray = b""
        self.lines: Iterable[Line] = ()

    def begin(self, lines: Iterable[Line]) -> None:
        """Take the head of an answer, in place of any earlier one."""
        self.data = b""
        self.lines = lines

    def take(self, data: bytes) -> None:
        """Keep a part of the body."""
        if not self.data:
            self.data = data[:LIMIT]  # most come as one part, which needs no copy
            return
        if isinstance(self.data, bytes):
            self.data = bytearray(self.data)
        self.data += data[: LIMIT - len(self.data)]

    def text(self) -> bytes:
        """Return the body decoded; nothing if it cannot be decoded."""
        return self._decoded()[0]

    def kept(self, exchange: Exchange) -> KnownAnswer | None:
        """Return the answer for repeats; None if it is not one for them, or not whole."""
        status = exchange.status or 0
        if exchange.outcome != "answered" or status >= 500 or status in FREES:
            return None
        body, whole = self._decoded()
        if not whole or exchange.sent != len(self.data) or b"access_token" in body:
            return None  # a token is kept nowhere
        dropped = _NOT_KEPT | _OF_THE_CODED if body != self.data else _NOT_KEPT
        lines = [line for line in self.lines if _is_kept(line[0].lower(), dropped)]
        return KnownAnswer(status, lines, body)

    def _decoded(self) -> tuple[bytes, bool]:
        """Return the body decoded, and whether that is all of it."""
        coding = self._coding()
        if coding in ("", "identity") or not self.data:
            return bytes(self.data), True
        if coding not in CODINGS:
            return b"", False
        try:
            return decoded(bytes(self.data), coding, LIMIT)
        except zlib.error:
            return b"", False

    def _coding(self) -> str:
        lines = self.lines
        if isinstance(lines, AnswerFields) and _CODING not in lines.wire.lower():
            return ""  # as of most answers, whose lines need not be split then
        codings = [value for name, value in lines if name.lower() == _CODING]
        return b", ".join(codings).decode("latin-1").strip().lower()


def _is_kept(name: bytes, dropped: frozenset[bytes]) -> bool:
    return name not in dropped and not name.startswith(b"access-control-")
