"""Heads of requests that come again and again, judged once.

A caller's requests have nearly the same head: the same field lines, and a few with a value that is
new each time. What the parser and `Section` make of field lines depends on these bytes alone, so it
is kept by them: for a whole head, and for a form, which is a head with some lines left open.

Invariants:

* a request is the same whether its head is found here or not (`tests/unit/http1/
  test_repeated_heads.py`). What is kept was taken by the parser, of HTTP/1.1, on a connection that
  stays open, without chunks. What stands in an open line is one plain value, whose field decides
  nothing but what `known` says, or the length of the body;
* what is kept is small and bounded, whoever sends what;
* no value of a field that is there for a secret is kept.
"""

import re
from itertools import compress
from typing import Final, TypeVar

from proxy.http1.fields import Known, Line, Lines, Section

LONGEST: Final = 2_048  # bytes of field lines
MOST: Final = 32  # forms, and as many whole heads
MOST_LINES: Final = 48  # of a head
_LINES: Final = 512  # lines of any head
_LONGEST_LINE: Final = 256  # bytes
_CANDIDATES: Final = 256  # hashes of forms that came once
_LONGEST_LENGTH: Final = 15  # digits

_SECRET: Final = (b"authorization", b"cookie", b"proxy-authorization", b"x-api-key", b"x-proxy-key")
_ALWAYS_OPEN: Final = (b"content-length", *_SECRET)
# Names that decide something, and may stand in open lines.
_MAY_DECIDE: Final = frozenset((b"idempotency-key", b"traceparent", *_ALWAYS_OPEN))
# Visible characters, single blanks between them: what all servers read alike.
_VALUE: Final = re.compile(rb"[!-~]++(?: [!-~]++)*+")

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

Judged = tuple[Section, int]
"""The field lines of a head, and how its body is framed."""
_Shape = tuple[bytes | None, ...]
"""The lines of a form; None for those that are open."""


class RepeatedHeads:
    """Finds the judgement of field lines by their bytes, as they stand between two empty lines.

    A form is kept when it comes for the second time, and a head as a whole when it comes twice in a
    row. With an SDK's lines, the first saves a twelfth of an exchange's cost, the second a seventh.
    """

    def __init__(self) -> None:
        self._whole: dict[bytes, Judged] = {}
        self._forms: dict[_Shape, _Form | None] = {}  # None: not for keeping
        self._lines: dict[bytes, bytes] = {}
        self._candidates: set[int] = set()

    def find(self, fields: bytes) -> Judged | None:
        """Return the judgement, if there is one."""
        judged = self._whole.get(fields)
        if judged is not None:
            return judged
        lines = fields.split(b"\r\n")
        form = self._forms.get(tuple(map(self._lines.get, lines)))
        if form is None:
            return None
        judged = form.judged(lines)
        if judged is not None and form.repeats(fields):
            _put(self._whole, fields, judged)
        return judged

    def keep(self, fields: bytes, judged: Judged) -> None:
        """Keep what a parser has made of field lines that were not found."""
        lines = fields.split(b"\r\n")
        shape = tuple(map(self._lines.get, lines))
        if None in shape:
            self._keep_lines(lines)
        number = hash(shape)
        if shape in self._forms:
            return
        if number in self._candidates:
            _put(self._forms, shape, _form(shape, lines, judged))
            return
        if len(self._candidates) >= _CANDIDATES:
            self._candidates.clear()
        self._candidates.add(number)

    def _keep_lines(self, lines: list[bytes]) -> None:
        if len(self._lines) >= _LINES:
            self._lines.clear()
        for line in lines:
            if len(line) <= _LONGEST_LINE and not line.lower().startswith(_ALWAYS_OPEN):
                self._lines[line] = line


class _Form:
    """The judgement of a head with some lines left open."""

    __slots__ = ("_framing", "_known", "_last", "_lines", "_onward", "_open", "_secret", "_wire")

    def __init__(self, section: Section, framing: int, places: list[int]) -> None:
        self._framing = framing
        self._last = 0
        passing = set(map(id, section.onward))
        self._onward = [id(line) in passing for line in section.lines]
        self._known: Known = section.known.copy()
        self._lines: Lines = section.lines.copy()
        self._secret = any(name.lower() in _SECRET for name, _ in self._lines)
        wire = [b": ".join(line).replace(b"%", b"%%") + b"\r\n" for line in self._lines]
        self._open: list[tuple[int, bytes, bytes | None]] = []
        for at in places:
            name = self._lines[at][0]
            decides = self._known.pop(name.lower(), None) is not None
            self._open.append((at, name + b": ", name.lower() if decides else None))
            self._lines[at] = name, b""
            wire[at] = b"%b\r\n" if self._onward[at] else b"%.0b"  # the line, or nothing of it
        kept = [passes or at in places for at, passes in enumerate(self._onward)]
        self._wire = b"".join(compress(wire, kept))

    def judged(self, lines: list[bytes]) -> Judged | None:
        """Return the judgement of ``lines``; None if the parser has to look at an open one."""
        framing, known, given = self._framing, self._known, []
        for at, name, decides in self._open:
            line = lines[at]
            if not (line.startswith(name) and _VALUE.fullmatch(line, len(name))):
                return None
            given.append(line)
            if decides is None:
                continue
            value = line[len(name) :]
            known = {**known, decides: [value]}
            if decides == b"content-length":
                if not value.isdigit() or len(value) > _LONGEST_LENGTH:
                    return None
                framing = int(value)
        return _FormedSection(self, given, known, self._wire % tuple(given)), framing

    def lines(self, given: list[bytes]) -> tuple[Lines, Lines]:
        """Return all field lines and those that go on, with the ``given`` ones in the open."""
        lines = self._lines.copy()
        for (at, name, _), line in zip(self._open, given, strict=True):
            lines[at] = lines[at][0], line[len(name) :]
        return lines, list(compress(lines, self._onward))

    def repeats(self, fields: bytes) -> bool:
        """Report whether the last one was the same, and may be kept as a whole."""
        last, self._last = self._last, hash(fields)
        return last == self._last and not self._secret


class _FormedSection(Section):
    """A section that makes its lines when somebody asks for them, which few do."""

    __slots__ = ("_form", "_given")

    def __init__(self, form: _Form, given: list[bytes], known: Known, wire: bytes) -> None:
        self._form, self._given, self.known, self._wire = form, given, known, wire

    def __getattr__(self, name: str) -> list[Line]:
        if name not in ("lines", "onward"):
            raise AttributeError(name)
        self.lines, self.onward = self._form.lines(self._given)
        return self.lines if name == "lines" else self.onward


def _form(shape: _Shape, lines: list[bytes], judged: Judged) -> _Form | None:
    """Return the form of a head; None if there is none, or the parser has to look at it."""
    section, framing = judged
    names = [name.lower() for name, _ in section.lines]
    places = [at for at, line in enumerate(shape) if line is None]
    if not (len(lines) == len(names) <= MOST_LINES and 2 * len(places) <= len(names)):
        return None
    if not _MAY_DECIDE.issuperset(section.known.keys() & {names[at] for at in places}):
        return None
    made = _Form(section, framing, places)
    again = made.judged(lines)
    return made if again is not None and _told(again) == _told(judged) else None


def _told(judged: Judged) -> tuple[object, ...]:
    section, framing = judged
    return framing, section.lines, section.known, section.onward, section.wire


def _put(kept: dict[_Key, _Value], key: _Key, value: _Value) -> None:
    """Keep one more; the oldest makes room."""
    if len(kept) >= MOST:
        del kept[next(iter(kept))]
    kept[key] = value
