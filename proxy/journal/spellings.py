"""Finds a known secret in a text, in any of its spellings.

The text is read as its receiver would read it: the escapes of JSON, URLs and HTML are undone, layer
by layer, and line breaks are left out. Each reading is searched for the secret itself, its base64
and its hexadecimal form, in upper and lower case.
"""

import base64
import html
import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_LAYERS = 4  # layers of escapes
_SHORTEST_TAIL = 8  # characters
_ESCAPE = re.compile(
    r"\\(?:u(?P<json>[0-9a-fA-F]{4})|x(?P<script>[0-9a-fA-F]{2})|(?P<sign>[^ux]))"
    r"|%(?:(?P<url>[0-9a-fA-F]{2})|u(?P<old>[0-9a-fA-F]{4}))"
    r"|(?P<html>&(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,24});)",
    re.DOTALL,
)
_SIGNS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_BLANK = re.compile(r"=?\s+")  # with the soft line break of quoted-printable
_URL_SAFE = {ord("+"): "-", ord("/"): "_"}


@dataclass(frozen=True, slots=True)
class _Reading:
    """A decoded text, and for each of its characters the start and the end in the original."""

    text: str
    starts: "array[int]"
    ends: "array[int]"

    def without(self, pattern: re.Pattern[str]) -> "_Reading":
        """Return the reading with each match replaced by its decoded value."""
        parts: list[str] = []
        starts, ends = array("l"), array("l")
        done = 0
        for match in pattern.finditer(self.text):
            meant = _meant(match) if pattern is _ESCAPE else ""
            parts += (self.text[done : match.start()], meant)
            starts += self.starts[done : match.start()]
            ends += self.ends[done : match.start()]
            done = match.end()
            starts.extend([self.starts[match.start()]] * len(meant))
            ends.extend([self.ends[done - 1]] * len(meant))
        parts.append(self.text[done:])
        return _Reading("".join(parts), starts + self.starts[done:], ends + self.ends[done:])

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return the place of a part of the reading in the original text."""
        return self.starts[start], self.ends[end - 1]


def hidden(text: str, secrets: Iterable[str], mask: str, *, cut: bool = False) -> tuple[str, int]:
    """Return ``text`` with ``mask`` in the place of each secret, and their count.

    ``cut``: the text is only the first part of a body, so its end may be the start of a secret.
    """
    needles = [needle for secret in secrets for needle in _needles(secret)]
    found = sorted(_found(text, needles, cut=cut)) if needles else []
    parts: list[str] = []
    count = done = 0
    for start, end in found:
        if start >= done:
            parts += (text[done:start], mask)
            count += 1
        done = max(done, end)
    return "".join([*parts, text[done:]]), count


def _found(text: str, needles: list[str], *, cut: bool) -> Iterator[tuple[int, int]]:
    """Yield start and end of each secret, in no order; some more than once."""
    reading, said = None, text
    for _ in range(_LAYERS):
        spans = _spans(said, needles, cut=cut)
        yield from spans if reading is None else (reading.place(*span) for span in spans)
        joined = _lower(_BLANK.sub("", said))
        if len(joined) != len(said) and any(needle in joined for needle in needles):
            whole = (reading or _read(text)).without(_BLANK)
            yield from (whole.place(*span) for span in _spans(whole.text, needles))
        if _ESCAPE.search(said) is None:
            return
        reading = (reading or _read(text)).without(_ESCAPE)
        said = reading.text


def _read(text: str) -> _Reading:
    size = len(text)
    return _Reading(text, array("l", range(size)), array("l", range(1, size + 1)))


def _spans(text: str, needles: list[str], *, cut: bool = False) -> list[tuple[int, int]]:
    lowered = _lower(text)
    spans = []
    for needle in needles:
        at = lowered.find(needle)
        while at >= 0:
            spans.append((at, at + len(needle)))
            at = lowered.find(needle, at + len(needle))
        if cut and (size := _tail(lowered, needle)):
            spans.append((len(text) - size, len(text)))
    return spans


def _tail(text: str, needle: str) -> int:
    """Return the length of the start of ``needle`` that is the end of ``text``."""
    start = needle[:_SHORTEST_TAIL]
    at = text.find(start, max(0, len(text) - len(needle) + 1))
    while at >= 0:
        if needle.startswith(text[at:]):
            return len(text) - at
        at = text.find(start, at + 1)
    return 0


# Each needle takes ten times its length, and strangers choose cookies: one exchange's fit in it.
@lru_cache(maxsize=64)
def _needles(secret: str) -> tuple[str, ...]:
    """Return the spellings to look for, in lower case."""
    data = secret.encode("utf-8", "surrogateescape")
    forms = {secret, data.hex()}
    for before in range(3):  # up to two bytes of a group of three may stand before it
        coded = base64.b64encode(bytes(before) + data).decode().rstrip("=")
        # Characters that share bits with the neighbouring bytes are left out: those are unknown.
        whole = coded[(0, 2, 3)[before] : len(coded) - bool((before + len(data)) % 3)]
        forms |= {whole, whole.translate(_URL_SAFE)}
    return tuple(_lower(form) for form in forms)


def _lower(text: str) -> str:
    """Return ``text`` in lower case, and of the same length."""
    # One character becomes two in lower case; another one's form depends on the character after it.
    return text.replace("\u0130", "i").lower().replace("ς", "σ")


def _meant(match: re.Match[str]) -> str:
    kind, value = match.lastgroup, match[match.lastgroup or 0]
    if kind == "sign":
        return _SIGNS.get(value, value)
    if kind == "html":
        return html.unescape(value)
    return chr(int(value, 16))
