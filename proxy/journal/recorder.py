"""Copies exchanges for the journal; it exists only while the console is on.

One budget bounds the copies of all exchanges under way.
"""

import time
from collections.abc import Callable, Iterable

from proxy.exchange.attempt import Attempt
from proxy.exchange.observer import Observer, Part
from proxy.exchange.record import Exchange
from proxy.http1.answer_fields import AnswerFields
from proxy.http1.fields import Line, Lines
from proxy.http1.request import Request
from proxy.journal.body import LIMIT
from proxy.journal.bounds import LET_IN, REFUSED, Bounds
from proxy.journal.known import Known, known
from proxy.words import Said, phrase

BUDGET = 8 * 1024 * 1024  # bytes
TOO_MUCH = phrase("body.too-much")


class CopyBudget:
    """The bytes of memory that exchanges under way may hold together."""

    def __init__(self, size: int = BUDGET) -> None:
        self.left = size


class BoundedCopy:
    """The first part of one body, and the length of the whole."""

    __slots__ = ("_budget", "data", "size", "words")

    def __init__(self, budget: CopyBudget) -> None:
        self._budget = budget
        self.data = bytearray()
        self.size = 0
        self.words: Said = ""  # the reason why nothing is kept

    def take(self, data: bytes) -> None:
        """Copy as much as the budget allows."""
        self.size += len(data)
        allowed = min(LIMIT - len(self.data), self._budget.left, len(data))
        if allowed > 0 and len(self.data) + len(data) == self.size:  # never after a gap
            self.data += data[:allowed]
            self._budget.left -= allowed

    def release(self) -> None:
        """Return its share to the budget."""
        self._budget.left += len(self.data)

    def begin_again(self) -> None:
        """Copy another body in its place."""
        self.release()
        self.data, self.size = bytearray(), 0

    def forget(self, words: Said) -> None:
        """Drop the copy; ``words`` give the reason. `release` has to come first."""
        if self.data:
            self.data, self.words = bytearray(), words


class Sent:
    """The head of one request as it went to the upstream, and that of the answer to it."""

    __slots__ = ("attempt", "head", "lines")

    def __init__(self, attempt: Attempt, head: bytes) -> None:
        self.attempt = attempt
        self.head = head
        self.lines: Lines = []

    def parts(self) -> tuple[bytes, Lines]:
        """Return the request line, and the field lines."""
        first, *rest = self.head.rstrip(b"\r\n").split(b"\r\n")
        lines = []
        for line in rest:
            name, _, value = line.partition(b": ")
            lines.append((name, value))
        return first, lines

    def cut(self, bounds: Bounds) -> None:
        """Keep no more of both heads than ``bounds`` allow."""
        first, lines = self.parts()
        kept = [b"%b: %b" % line for line in bounds.cut(lines)]
        self.head, self.lines = b"\r\n".join([first, *kept]), bounds.cut(self.lines)


class Capture(Observer):
    """Everything seen of one exchange while it is under way."""

    __slots__ = (
        "answer",
        "answer_lines",
        "attempts",
        "known",
        "lines",
        "parts",
        "request",
        "request_whole",
        "scheme",
        "target",
        "target_size",
        "version",
        "wall",
    )

    def __init__(self, request: Request, budget: CopyBudget) -> None:
        self.wall = time.time()
        self.lines: Lines = request.section.lines
        self.target = request.target
        self.target_size = len(request.target)
        self.known: Known | None = None
        self.version = request.version
        self.scheme = request.scheme
        self.request = BoundedCopy(budget)
        self.answer = BoundedCopy(budget)
        self.answer_lines: Lines | None = None
        self.parts: list[tuple[Part, float]] = []
        self.request_whole: float | None = None
        self.attempts: list[Sent] = []

    @property
    def light(self) -> int:
        """Bytes of the heads, roughly: each line has two quotes and a colon."""
        heads = [self.lines, self.answer_lines or (), *(each.lines for each in self.attempts)]
        size = sum(len(name) + len(value) + 3 for lines in heads for name, value in lines)
        return size + len(self.target) + sum(len(each.head) for each in self.attempts)

    @property
    def weight(self) -> int:
        """Bytes of all that was copied; `light` after `lighten`."""
        size = self.light + sum(map(len, self.known.values)) if self.known else self.light
        return size + len(self.request.data) + len(self.answer.data)

    def secrets(self) -> Known:
        """Return the request's secrets, in case an answer echoes them."""
        # Not cached while it is under way: the access token comes last.
        return self.known or known([self.lines, *(each.parts()[1] for each in self.attempts)])

    def cut(self, target: bytes) -> None:
        """Cut the copies of an exchange that is over; ``target`` is the forwarded one."""
        bounds = LET_IN if self.parts else REFUSED  # the guard refused it
        self.target, self.target_size = target[: bounds.target], len(target)
        heads = [self.lines, self.answer_lines or [], *(each.lines for each in self.attempts)]
        if all(bounds.fit(lines) for lines in heads):
            return
        self.known = self.secrets()  # while the heads are whole
        self.lines = bounds.cut(self.lines)
        self.answer_lines = self.answer_lines and bounds.cut(self.answer_lines)
        for each in self.attempts:
            each.cut(bounds)

    def lighten(self) -> None:
        """Drop the bodies, and the secrets of heads that were cut: everything is masked then."""
        for copy in (self.request, self.answer):
            copy.forget(TOO_MUCH)
        if self.known:
            self.known = Known(beyond=True)

    # -- what the exchange tells -----------------------------------------------------------

    def enters(self, part: Part) -> None:
        """Note the part of its way that the request enters."""
        self.parts.append((part, time.perf_counter()))

    def received(self, data: bytes, *, last: bool) -> None:
        """Note a part of the request's body."""
        self.request.take(data)
        if last:
            self.request_whole = time.perf_counter()

    def sending(self, attempt: Attempt, head: bytes) -> None:
        """Note a request that goes out."""
        self.attempts.append(Sent(attempt, head))

    def answered(self, attempt: Attempt, fields: AnswerFields) -> None:
        """Note the head of the answer to it."""
        del attempt  # it is the last one
        self.attempts[-1].lines = fields.lines

    def answering(self, lines: Iterable[Line]) -> None:
        """Note the head of the answer that the caller gets."""
        if self.answer_lines is not None:
            self.answer.begin_again()
        self.answer_lines = list(lines)

    def passing(self, data: bytes) -> None:
        """Note a part of its body."""
        self.answer.take(data)


Keep = Callable[[Exchange, Capture | None], None]


class Recorder:
    """Copies each exchange, and hands the copy on when the exchange is over.

    ``keep`` gets each exchange that is over, with its capture: None if it never became a request.
    ``under_way`` has the captures of the others.
    """

    def __init__(self, keep: Keep, budget: CopyBudget | None = None) -> None:
        self._keep = keep
        self._budget = budget or CopyBudget()
        self.under_way: dict[Exchange, Capture] = {}

    def older_than(self, seconds: float) -> list[tuple[Exchange, Capture]]:
        """Return the exchanges that have been under way for longer, oldest first."""
        limit = time.perf_counter() - seconds
        return [item for item in self.under_way.items() if item[0].started < limit]

    def begin(self, exchange: Exchange, request: Request) -> None:
        """Begin to copy an exchange."""
        self.under_way[exchange] = capture = Capture(request, self._budget)
        exchange.join(capture)

    def end(self, exchange: Exchange) -> None:
        """Hand on an exchange that is over, and return its share to the budget."""
        capture = self.under_way.pop(exchange, None)
        if capture is not None:
            capture.cut(exchange.target)
            capture.request.release()
            capture.answer.release()
        self._keep(exchange, capture)
