"""The field lines of requests that come again and again."""

from itertools import compress

from proxy.http1.fields import Line, Lines, Section
from proxy.http1.repeated_heads import Filled, HeadForm, RepeatedHeads, may_be_open

Judged = tuple[Section, int]
"""The field lines of a head, and how its body is framed."""


class RepeatedRequests(RepeatedHeads[Judged]):
    """Finds what field lines mean by their bytes; the request line is not among them."""

    def _form(self, lines: list[bytes], judged: Judged, places: list[int]) -> "_RequestForm | None":
        section, framing = judged
        if len(section.lines) != len(lines):
            return None
        names = {section.lines[at][0].lower() for at in places}
        return _RequestForm(section, framing, places) if may_be_open(section.known, names) else None

    def _told(self, judged: Judged) -> tuple[object, ...]:
        section, framing = judged
        return framing, section.lines, section.known, section.onward, section.wire


class _RequestForm(HeadForm[Judged]):
    def __init__(self, section: Section, framing: int, places: list[int]) -> None:
        passing = set(map(id, section.onward))
        self._onward = [id(line) in passing for line in section.lines]
        written = [b": ".join(line) if id(line) in passing else None for line in section.lines]
        super().__init__(section.lines, written, section.known, framing, places)
        self._lines: Lines = section.lines.copy()
        for at in places:
            self._lines[at] = self._lines[at][0], b""

    def judged(self, head: bytes, lines: list[bytes]) -> Judged | None:
        del head
        filled = self.filled(lines)
        return None if filled is None else (_FormedSection(self, filled), filled[3])

    def lines(self, given: list[bytes]) -> tuple[Lines, Lines]:
        """Return all field lines and those that go on, with the ``given`` ones in the open."""
        lines = self._lines.copy()
        for (at, name, _), line in zip(self._open, given, strict=True):
            lines[at] = lines[at][0], line[len(name) :]
        return lines, list(compress(lines, self._onward))


class _FormedSection(Section):
    """A section that makes its lines when somebody asks for them, which few do."""

    __slots__ = ("_form", "_given")

    def __init__(self, form: _RequestForm, filled: Filled) -> None:
        self._form = form
        self._given, self.known, self._wire, _ = filled

    def __getattr__(self, name: str) -> list[Line]:
        if name not in ("lines", "onward"):
            raise AttributeError(name)
        self.lines, self.onward = self._form.lines(self._given)
        return self.lines if name == "lines" else self.onward
