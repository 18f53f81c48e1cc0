"""A body as the journal keeps it: decoded, masked, bounded."""

import codecs
import json
import re
import sys
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from proxy.http1.content_codings import CODINGS, decoded
from proxy.http1.fields import Lines, first
from proxy.journal.redaction import Redaction
from proxy.words import Said, phrase

LIMIT = 65_536  # bytes
_CHARSET = re.compile(rb"charset=\"?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
# Messages name their charset; Python's other codecs decompress, or are no character sets.
_CHARSETS = frozenset(
    (
        "utf-8",
        "utf8",
        "us-ascii",
        "iso-8859-1",
        "windows-1252",
        "utf-16",
        "utf-16le",
        "utf-16be",
        "utf-32",
    )
)
_BYTES = "latin-1"  # it has a character for every byte
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


@dataclass(frozen=True, slots=True)
class Content:
    """The kept part of one body.

    ``size`` counts the bytes on the wire; ``cut``: the body had more than this; ``coding`` names
    the content coding that was undone; ``words`` is the reason why nothing is kept.
    """

    data: str | bytes
    size: int
    media_type: str = ""
    cut: bool = False
    coding: str = ""
    charset: str = "utf-8"
    masked: int = 0
    words: Said = ""

    @property
    def raw(self) -> bytes:
        """The bytes that were kept, decoded but masked.

        A mask stays a mask: most charsets have no sign for it, and a question mark would look like
        a part of the body.
        """
        if isinstance(self.data, bytes):
            return self.data
        return self.data.encode("utf-8" if self.masked else self.charset, "replace")

    @property
    def weight(self) -> int:
        """Bytes of memory, roughly; one sign beyond Latin-1, such as a mask, doubles them."""
        return sys.getsizeof(self.data) + 64


def content(
    data: bytes, size: int, lines: Lines, redaction: Redaction, secrets: Iterable[str] = ()
) -> Content:
    """Keep ``data``, the first part of a body of ``size`` bytes that ``lines`` describe."""
    line = (b"content-type", first(lines, b"content-type") or b"")
    ((_, media_type),) = redaction.lines([line], secrets)
    cut = len(data) < size
    coding = (first(lines, b"content-encoding") or b"").decode("latin-1").strip().lower()
    if coding in ("", "identity") or not data:
        coding = ""
    else:
        # A body that cannot be decoded cannot be masked, and is not kept.
        if coding not in CODINGS:
            unknown = phrase("body.coding-unknown", coding=coding[:40])
            return Content(b"", size, media_type, words=unknown)
        try:
            data, whole = decoded(data, coding, LIMIT)
        except zlib.error:
            invalid = phrase("body.coding-invalid", coding=coding)
            return Content(b"", size, media_type, words=invalid)
        cut = not whole
    text, charset = _as_text(data, media_type)
    shown, masked = redaction.text(text, secrets, cut=cut)
    kept: str | bytes = shown if charset != _BYTES or masked else data
    return Content(kept, size, media_type, cut, coding, charset, masked)


def _as_text(data: bytes, media_type: str) -> tuple[str, str]:
    """Return ``data`` as text, and its charset, which is `_BYTES` if it is no text."""
    match = _CHARSET.search(media_type.encode("latin-1", "replace"))
    charset = match[1].decode().lower() if match else ""
    said = charset in _CHARSETS
    if not said or data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        charset = json.detect_encoding(data)
    try:
        # Incremental: a character that was cut at the end is left out.
        text = codecs.getincrementaldecoder(charset)("strict").decode(data)
        if not said and charset.startswith("utf-16-") and not text[:2].isascii():
            raise UnicodeError  # bytes with a zero among the first: no JSON text begins so
    except UnicodeError:
        return data.decode(_BYTES), _BYTES
    return (data.decode(_BYTES), _BYTES) if _CONTROLS.search(text) else (text, charset)
