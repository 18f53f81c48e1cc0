"""Makes an entry of an exchange that is over and of its copied parts."""

import time
from collections.abc import Iterable

from proxy.errors import ProxyError, Repeated, RequestRefused, TokenError, UpstreamError
from proxy.exchange.problem import next_step, problem
from proxy.exchange.record import Exchange
from proxy.http1.fields import SAFE, Line, Lines
from proxy.journal.body import Content, content
from proxy.journal.entry import Entry, Shown, ShownAttempt, Trouble
from proxy.journal.known import Known
from proxy.journal.phases import phases
from proxy.journal.recorder import BoundedCopy, Capture
from proxy.journal.redaction import Redaction
from proxy.mask import MASK
from proxy.words import phrase

_HOUSES = (
    (RequestRefused, "refused"),
    (Repeated, "refused"),
    (TokenError, "no-token"),
    (UpstreamError, "unreached"),
)
_NOTHING = Content(b"", 0)
_COUNTLESS = phrase("body.countless")


def entry_of(
    exchange: Exchange, capture: Capture | None, number: int, redaction: Redaction, *, tls: bool
) -> Entry:
    """Return the entry, masked; ``capture`` is None if the parser refused the request."""
    heads = [] if capture is None else [each.parts() for each in capture.attempts]
    mask = Mask(redaction, capture)
    answer_lines, answer = _answer(exchange, capture, mask)
    return Entry(
        number=number,
        id=exchange.id,
        at=capture.wall if capture else time.time(),
        method=exchange.method,
        target=mask.target(exchange.target, capture.target_size if capture else 0),
        version=capture.version if capture else "",
        status=exchange.status,
        seconds=exchange.ended - exchange.started,
        received=exchange.received,
        sent=exchange.sent,
        left=exchange.left,
        note=exchange.note,
        replay_of=exchange.own.replay_of if exchange.own else "",
        caller=exchange.caller,
        uid=exchange.uid,
        outcome=exchange.outcome,
        request_lines=mask.lines(capture.lines) if capture else (),
        request=mask.copy(capture.request, capture.lines) if capture else _NOTHING,
        answer_lines=mask.lines(answer_lines),
        answer=answer,
        attempts=_attempts(heads, capture, mask),
        phases=tuple(phases(exchange, capture, tls=tls)) if capture else (),
        trouble=_trouble(exchange),
        repeat_of=exchange.repeat_of,
    )


class Mask:
    """The redaction, with the secrets that one exchange is known to carry."""

    def __init__(self, redaction: Redaction, capture: Capture | None) -> None:
        self._redaction = redaction
        self._known = Known() if capture is None else capture.secrets()
        self._shown: dict[Line, tuple[str, str]] = {}  # a line stands in several heads

    def target(self, target: bytes, size: int = 0) -> str:
        """Mask a target, or the first part of one of ``size`` bytes."""
        if self._known.beyond:
            return MASK
        cut = size > len(target)
        text = self._redaction.target(target, self._known.values, cut=cut)
        return f"{text}{MASK} ({size - len(target)} bytes, not kept)" if cut else text

    def lines(self, lines: Lines) -> Shown:
        """Mask field lines."""
        return tuple([self._line(line) for line in lines])

    def _line(self, line: Line) -> tuple[str, str]:
        shown = self._shown.get(line)
        if shown is None:
            (shown,) = self._redaction.lines([line], self._known.values)
            if self._known.beyond:
                shown = shown[0], MASK
            self._shown[line] = shown
        return shown

    def copy(self, copy: BoundedCopy, lines: Lines) -> Content:
        """Mask the copied part of a body that ``lines`` describe."""
        words = copy.words or (_COUNTLESS if self._known.beyond and copy.size else "")
        if words:
            return Content(b"", copy.size, words=words)
        return self.body(bytes(copy.data), copy.size, lines)

    def body(self, data: bytes, size: int, lines: Lines) -> Content:
        """Mask the first part of a body of ``size`` bytes."""
        return content(data, size, lines, self._redaction, self._known.values)


def _answer(exchange: Exchange, capture: Capture | None, mask: Mask) -> tuple[Lines, Content]:
    if capture is not None:
        lines = capture.answer_lines
        return ([], _NOTHING) if lines is None else (lines, mask.copy(capture.answer, lines))
    error = exchange.failure
    if not isinstance(error, RequestRefused):
        return [], _NOTHING
    # A request that the parser refuses is answered without the shell.
    _, lines, body = problem(error, exchange.id, "GET", language=error.language)
    return lines, mask.body(body, len(body), lines)


def _attempts(
    heads: Iterable[tuple[bytes, Lines]], capture: Capture | None, mask: Mask
) -> tuple[ShownAttempt, ...]:
    return tuple(
        ShownAttempt(
            line=_line(line, mask),
            lines=mask.lines(lines),
            status=each.attempt.status,
            answer_lines=mask.lines(each.lines),
        )
        for each, (line, lines) in zip(capture.attempts if capture else (), heads, strict=True)
    )


def _line(line: bytes, mask: Mask) -> str:
    method, _, rest = line.partition(b" ")
    target, _, version = rest.rpartition(b" ")
    return f"{method.decode()} {mask.target(target)} {version.decode()}"


def _trouble(exchange: Exchange) -> Trouble | None:
    error = exchange.failure
    if error is None:
        return None
    outcome = "unknown" if exchange.outcome == "cut" else exchange.outcome
    return Trouble(
        kind=_whose(error),
        reason=exchange.reason,
        detail=error.detail,
        next_step=next_step(error, exchange.method, outcome),
        outcome="" if exchange.method in SAFE else outcome,
    )


def _whose(error: ProxyError) -> str:
    """Return one word for the party that is at fault."""
    return next((word for kind, word in _HOUSES if isinstance(error, kind)), "proxy")
