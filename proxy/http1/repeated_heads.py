"""Heads that come again and again, judged once.

The heads of a program are nearly the same each time: the same lines, and a few with a value that is
new. What the parsers and we make of a head's lines depends on these bytes alone, so it is kept by
them: for a whole head, and for a form, which is a head with some lines left open.

Invariants:

* a message is the same whether its head is found here or not (`tests/unit/http1/
  test_repeated_requests.py`, `test_repeated_answers.py`). What is kept was taken by the parser, of
  HTTP/1.1, on a connection that stays open, without chunks. What stands in an open line is one
  plain value, whose field decides nothing but what ``known`` says, or the length of the body;
* what is kept is small and bounded, whoever sends what;
* no value of a field that is there for a secret is kept.
"""

import re
from typing import Final, Generic, TypeVar

from proxy.http1.fields import Known, Line

LONGEST: Final = 2_048  # bytes of lines
MOST: Final = 32  # forms, and as many whole heads
MOST_LINES: Final = 48  # of a head
_LINES: Final = 512  # lines of any head
_LONGEST_LINE: Final = 256  # bytes
_CANDIDATES: Final = 256  # hashes of forms that came once
_LONGEST_LENGTH: Final = 15  # digits

_SECRET: Final = (
    *(b"authorization", b"cookie", b"proxy-authorization", b"set-cookie"),
    *(b"x-api-key", b"x-proxy-key"),
)
_ALWAYS_OPEN: Final = (b"content-length", *_SECRET)
# Names that decide something, and may stand in open lines.
_MAY_DECIDE: Final = frozenset(
    (b"content-location", b"idempotency-key", b"location", b"traceparent", *_ALWAYS_OPEN)
)
# Visible characters, single blanks between them: what all servers read alike.
_VALUE: Final = re.compile(rb"[!-~]++(?: [!-~]++)*+")

_Judged = TypeVar("_Judged")
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

Shape = tuple[bytes | None, ...]
"""The lines of a form; None for those that are open."""


Filled = tuple[list[bytes], Known, bytes, int]
"""The lines given for the open ones, and what follows: known, wire (see `Section`), framing."""


class HeadForm(Generic[_Judged]):
    """What is known of a head with some lines left open.

    ``lines`` are its field lines; ``written`` has each as it goes on, None for those that do not.
    """

    def __init__(
        self,
        lines: list[Line],
        written: list[bytes | None],
        known: Known,
        framing: int,
        places: list[int],
    ) -> None:
        self._framing = framing
        self._last = 0
        self._known = known.copy()
        self._secret = any(name.lower() in _SECRET for name, _ in lines)
        self._open: list[tuple[int, bytes, bytes | None]] = []
        wire = [b"" if each is None else each.replace(b"%", b"%%") + b"\r\n" for each in written]
        for at in places:
            name = lines[at][0]
            decides = self._known.pop(name.lower(), None) is not None
            self._open.append((at, name + b": ", name.lower() if decides else None))
            wire[at] = b"%.0b" if written[at] is None else b"%b\r\n"  # nothing of the line, or it
        self._wire = b"".join(wire)

    def filled(self, lines: list[bytes]) -> Filled | None:
        """Return what follows from ``lines``; None if the parser has to look at an open one."""
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
        return given, known, self._wire % tuple(given), framing

    def judged(self, head: bytes, lines: list[bytes]) -> _Judged | None:
        """Return the judgement of a head of this form; None if the parser has to look at it."""
        raise NotImplementedError

    def repeats(self, head: bytes) -> bool:
        """Report whether the last one was the same, and may be kept as a whole."""
        last, self._last = self._last, hash(head)
        return last == self._last and not self._secret


class RepeatedHeads(Generic[_Judged]):
    """Finds the judgement of a head by its lines, without the empty one at their end.

    A form is kept when it comes for the second time, and a head as a whole when it comes twice in a
    row. For requests with an SDK's lines, the first saves a twelfth of an exchange's cost, the
    second a seventh; for answers as much.
    """

    def __init__(self) -> None:
        self._whole: dict[bytes, _Judged] = {}
        self._forms: dict[Shape, HeadForm[_Judged] | None] = {}  # None: not for keeping
        self._lines: dict[bytes, bytes] = {}
        self._candidates: set[int] = set()

    def find(self, head: bytes) -> _Judged | None:
        """Return the judgement, if there is one."""
        judged = self._whole.get(head)
        if judged is not None:
            return judged
        lines = head.split(b"\r\n")
        form = self._forms.get(tuple(map(self._lines.get, lines)))
        if form is None:
            return None
        judged = form.judged(head, lines)
        if judged is not None and form.repeats(head):
            _put(self._whole, head, judged)
        return judged

    def keep(self, head: bytes, judged: _Judged) -> None:
        """Keep what a parser has made of a head that was not found."""
        lines = head.split(b"\r\n")
        shape = tuple(map(self._lines.get, lines))
        if None in shape:
            self._keep_lines(lines)
        number = hash(shape)
        if shape in self._forms:
            return
        if number in self._candidates:
            _put(self._forms, shape, self._formed(head, lines, judged, shape))
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

    def _formed(
        self, head: bytes, lines: list[bytes], judged: _Judged, shape: Shape
    ) -> HeadForm[_Judged] | None:
        """Return the form of a head; None if the parser has to look at each of that form."""
        places = [at for at, line in enumerate(shape) if line is None]
        if not (len(lines) <= MOST_LINES and 2 * len(places) <= len(lines)):
            return None
        form = self._form(lines, judged, places)
        if form is None:
            return None
        again = form.judged(head, lines)
        return form if again is not None and self._told(again) == self._told(judged) else None

    def _form(
        self, lines: list[bytes], judged: _Judged, places: list[int]
    ) -> HeadForm[_Judged] | None:
        """Return the form with the lines at these ``places`` left open, if there is one."""
        raise NotImplementedError

    def _told(self, judged: _Judged) -> tuple[object, ...]:
        """Return all that a judgement says."""
        raise NotImplementedError


def may_be_open(known: Known, names: set[bytes]) -> bool:
    """Report whether lines of these lower-case names may have other values."""
    return _MAY_DECIDE.issuperset(known.keys() & names)


def _put(kept: dict[_Key, _Value], key: _Key, value: _Value) -> None:
    """Keep one more; the oldest makes room."""
    if len(kept) >= MOST:
        del kept[next(iter(kept))]
    kept[key] = value
