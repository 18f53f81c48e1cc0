"""The first part of an upstream's answer, for its id and its status."""

import zlib

from proxy.asgi import Message
from proxy.http1.content_codings import CODINGS, decoded

LIMIT = 65_536


class Answer:
    """What was handed to the caller; ``whole`` once that is all of it."""

    __slots__ = ("coding", "data", "whole")

    def __init__(self) -> None:
        self.whole = False
        self.coding = ""
        self.data = bytearray()

    def take(self, message: Message) -> None:
        """Note a message that was handed on."""
        if message["type"] == "http.response.start":
            codings = [v for n, v in message["headers"] if n.lower() == b"content-encoding"]
            self.coding = b", ".join(codings).decode("latin-1").strip().lower()
            return
        self.data += message.get("body", b"")[: LIMIT - len(self.data)]
        self.whole = not message.get("more_body", False)

    def text(self) -> bytes:
        """Return it decoded; nothing if that cannot be done."""
        if self.coding in ("", "identity"):
            return bytes(self.data)
        if self.coding not in CODINGS:
            return b""
        try:
            return decoded(bytes(self.data), self.coding, LIMIT)[0]
        except zlib.error:
            return b""
