"""The first part of an upstream's answer, for its id and its status."""

import zlib

from proxy.http1.content_codings import CODINGS, decoded
from proxy.http1.fields import Lines

LIMIT = 65_536  # bytes


class AnswerExcerpt:
    """The answer that the caller got, up to a limit."""

    __slots__ = ("coding", "data")

    def __init__(self) -> None:
        self.coding = ""
        self.data = bytearray()

    def begin(self, lines: Lines) -> None:
        """Note its body's content coding; an answer from before does not count any more."""
        self.data = bytearray()
        codings = [v for n, v in lines if n.lower() == b"content-encoding"]
        self.coding = b", ".join(codings).decode("latin-1").strip().lower()

    def take(self, data: bytes) -> None:
        """Keep a part of its body."""
        self.data += data[: LIMIT - len(self.data)]

    def text(self) -> bytes:
        """Return it decoded; nothing if it cannot be decoded."""
        if self.coding in ("", "identity"):
            return bytes(self.data)
        if self.coding not in CODINGS:
            return b""
        try:
            return decoded(bytes(self.data), self.coding, LIMIT)[0]
        except zlib.error:
            return b""
