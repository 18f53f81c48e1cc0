"""The field lines of an answer, passed on as the bytes that came.

Most of them decide nothing here, so only those that do are looked for. An object for each line,
its judgement and its way back into bytes were a fifth of an exchange's cost.
"""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from proxy.http1.fields import HOP_BY_HOP, ORDINARY, Known, Line, Lines, nominated, serialised

_DECIDING: Final = (b"content-length", b"content-location", b"location", *sorted(HOP_BY_HOP))
_INITIALS = b"".join(sorted({name[:1] for name in _DECIDING}))
# The letter is looked at first: most lines then fail without a try of each name.
_DECIDES: Final = re.compile(
    rb"\r\n(?=[%b%b])(?i:(%b)):[ \t]*+([^\r]*+)"
    % (_INITIALS, _INITIALS.upper(), b"|".join(_DECIDING))
)


class AnswerFields:
    """The field lines of a whole ``head`` that llhttp has taken: it takes no folded line.

    ``known`` has the values of those that decide, by lower-case name and in order; ``wire`` has the
    bytes of those that may go to the caller: none that is this hop's own, none that Connection
    names. As an iterable it gives the lines of ``wire``.
    """

    def __init__(self, head: bytes) -> None:
        self._head = head
        known: Known = {}
        kept = []
        end = head.find(b"\r\n")
        for match in _DECIDES.finditer(head):
            name, value = match.groups()
            name = name.lower()
            known.setdefault(name, []).append(value.rstrip(b" \t"))
            if name in HOP_BY_HOP:
                kept.append(head[end : match.start()])
                end = match.end()
        kept.append(head[end:-2])
        self.known = known
        self.wire = b"".join(kept)[2:]
        connection = known.get(b"connection")
        if connection is not None and not ORDINARY.issuperset(connection):
            named = nominated(connection)
            self.wire = serialised([line for line in self if line[0].lower() not in named])

    @classmethod
    def of(cls, head: bytes, known: Known, wire: bytes) -> "AnswerFields":
        """Return those of a head that is judged already."""
        made = cls.__new__(cls)
        made._head, made.known, made.wire = head, known, wire  # noqa: SLF001  its own
        return made

    @cached_property
    def lines(self) -> Lines:
        """All field lines, as they came."""
        return _split(self._head[self._head.find(b"\r\n") + 2 : -2])

    def __iter__(self) -> Iterator[Line]:
        return iter(_split(self.wire))


class ResponseHead:
    """Status, reason and field lines of an answer, and how its body is framed.

    ``framing`` is 0 if there is no body, even if lines announce one: after HEAD, in a 204 and 304.
    """

    __slots__ = ("fields", "framing", "reason", "status")

    def __init__(self, status: int, reason: bytes, fields: AnswerFields, framing: int) -> None:
        self.status = status
        self.reason = reason
        self.fields = fields
        self.framing = framing

    @property
    def lines(self) -> Lines:
        """All field lines, as they came."""
        return self.fields.lines

    def __repr__(self) -> str:
        return f"<ResponseHead {self.status}, {len(self.lines)} fields>"


def _split(lines: bytes) -> Lines:
    """Split whole lines; white space around a value is no part of it (RFC 9112 section 5.1)."""
    parts = (line.partition(b":") for line in lines.split(b"\r\n")[:-1])
    return [(name, value.strip(b" \t")) for name, _, value in parts]
