"""The bounds of the kept head: it is cut before anything reads it, and notes the missing parts.

A cut part has the sign of a mask, so that it is never sent again or copied as if it were whole.
"""

from dataclasses import dataclass

from proxy.http1.fields import Lines
from proxy.mask import MASK

_LONGEST_NAME = 128  # bytes


@dataclass(frozen=True, slots=True)
class Bounds:
    """Field lines, bytes of one value, of all lines together, and of a target."""

    lines: int
    value: int
    head: int
    target: int

    def fit(self, lines: Lines, target: bytes = b"") -> bool:
        """Report whether nothing of a head has to be cut."""
        sizes = [len(name) + len(value) for name, value in lines]
        return (
            len(target) <= self.target
            and len(sizes) <= self.lines
            and sum(sizes) <= self.head
            and max(sizes, default=0) <= self.value
        )

    def cut(self, lines: Lines) -> Lines:
        """Return the lines; of a long one, its name and its value's length."""
        if self.fit(lines):
            return lines
        kept: Lines = []
        left = self.head
        for name, value in lines[: self.lines]:
            # The end of a name tells whether its value is secret.
            if len(name) > _LONGEST_NAME or len(name) + len(value) > min(self.value, left):
                name, value = name[:_LONGEST_NAME], _missing(len(value), "bytes")
            left = max(0, left - len(name) - len(value))
            kept.append((name, value))
        if more := len(lines) - len(kept):
            kept.append((b"...", _missing(more, "headers")))
        return kept


def _missing(count: int, what: str) -> bytes:
    return f"{MASK} ({count} {what}, not kept)".encode()


LET_IN = Bounds(lines=200, value=16_384, head=65_536, target=65_536)
REFUSED = Bounds(lines=64, value=512, head=8192, target=1024)
