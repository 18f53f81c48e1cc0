"""Makes an entry of an exchange and of what was copied of it."""

import json
import time
from collections.abc import Iterable

from proxy.errors import ProxyError, RequestRefused, TokenError, UpstreamError
from proxy.exchange.problem import problem
from proxy.exchange.record import Exchange
from proxy.http1.fields import Lines
from proxy.journal.body import Content, content
from proxy.journal.entry import Attempt, Entry, Phase, Shown, Trouble
from proxy.journal.recorder import Capture, Try
from proxy.journal.redaction import Redaction

_SHORTEST_SECRET = 8
Tick = tuple[str, float]


class Assembly:
    """One exchange on its way to an entry."""

    def __init__(self, exchange: Exchange, redaction: Redaction, *, tls: bool = False) -> None:
        self._exchange = exchange
        self._redaction = redaction
        self._tls = tls
        self._capture = exchange.tap if isinstance(exchange.tap, Capture) else None
        self._heads = [_head(each.head) for each in self._tries]
        self._secrets = self._known_secrets()

    @property
    def _tries(self) -> list[Try]:
        return self._capture.tries if self._capture else []

    def _known_secrets(self) -> tuple[str, ...]:
        """Return what must not stand anywhere, in case an answer echoes its request."""
        lines = [line for _, sent in self._heads for line in sent]
        if self._capture is not None:
            lines += self._capture.lines
        values: set[str] = set()
        for name, value in lines:
            text = value.decode("latin-1")
            key = name.lower()
            if key in (b"authorization", b"x-proxy-key"):
                values.add(text.rpartition(" ")[2])
            elif key == b"cookie":
                values.update(pair.partition("=")[2].strip() for pair in text.split(";"))
        return tuple(value for value in values if len(value) >= _SHORTEST_SECRET)

    def entry(self, number: int) -> Entry:
        """Return the entry."""
        exchange, capture = self._exchange, self._capture
        answer_lines, answer = self._answer()
        empty = Content(b"", 0)
        return Entry(
            number=number,
            id=exchange.id,
            at=capture.wall if capture else time.time(),
            method=exchange.method,
            target=self.target,
            version=capture.version if capture else "",
            status=exchange.status,
            seconds=exchange.ended - exchange.started,
            received=exchange.received,
            sent=exchange.sent,
            left=exchange.left,
            note=exchange.note,
            replay_of=capture.replay_of if capture else "",
            caller=exchange.caller,
            uid=exchange.uid,
            outcome=exchange.outcome,
            request_lines=self._shown(capture.lines) if capture else (),
            request=self._body(capture.request.data, capture.request.size, capture.lines)
            if capture
            else empty,
            answer_lines=self._shown(answer_lines),
            answer=answer,
            attempts=self._attempts(),
            phases=tuple(_phases(exchange, capture, tls=self._tls)) if capture else (),
            trouble=_trouble(exchange),
        )

    @property
    def target(self) -> str:
        """The target, masked as the entry's is, also while the exchange is under way."""
        return self._redaction.target(self._exchange.target, self._secrets)

    def _answer(self) -> tuple[Lines, Content]:
        exchange, capture = self._exchange, self._capture
        if capture is not None and capture.answer_lines is not None:
            lines, copy = capture.answer_lines, capture.answer
            return lines, self._body(copy.data, copy.size, lines)
        if exchange.failure is None or exchange.status is None:
            return [], Content(b"", 0)
        lines, body = _problem(exchange, exchange.failure)
        return lines, self._body(body, len(body), lines)

    def _body(self, data: bytes | bytearray, size: int, lines: Lines) -> Content:
        return content(bytes(data), size, lines, self._redaction, self._secrets)

    def _shown(self, lines: Lines) -> Shown:
        return tuple(self._redaction.lines(lines, self._secrets))

    def _attempts(self) -> tuple[Attempt, ...]:
        return tuple(
            Attempt(
                line=self._line(line),
                lines=self._shown(lines),
                status=each.status,
                answer_lines=self._shown(each.lines),
            )
            for each, (line, lines) in zip(self._tries, self._heads, strict=True)
        )

    def _line(self, line: bytes) -> str:
        method, _, rest = line.partition(b" ")
        target, _, version = rest.rpartition(b" ")
        return (
            f"{method.decode()} {self._redaction.target(target, self._secrets)} {version.decode()}"
        )


def _head(data: bytes) -> tuple[bytes, Lines]:
    first_line, *rest = data.rstrip(b"\r\n").split(b"\r\n")
    lines = []
    for line in rest:
        name, _, value = line.partition(b": ")
        lines.append((name, value))
    return first_line, lines


def _trouble(exchange: Exchange) -> Trouble | None:
    error = exchange.failure
    if error is None:
        return None
    document = json.loads(_problem(exchange, error)[1])
    return Trouble(
        kind=_whose(error),
        reason=exchange.reason,
        words=str(error),
        next_step=document["next_step"],
        outcome=document.get("outcome", ""),
    )


def _whose(error: ProxyError) -> str:
    """Return one word for where to look for the fault."""
    houses = ((RequestRefused, "refused"), (TokenError, "no-token"), (UpstreamError, "unreached"))
    return next((word for kind, word in houses if isinstance(error, kind)), "proxy")


def _problem(exchange: Exchange, error: ProxyError) -> tuple[Lines, bytes]:
    """Word what the shell answered outside of the recorder's sight."""
    outcome = "unknown" if exchange.outcome == "cut" else exchange.outcome
    _, lines, body = problem(error, exchange.id, exchange.method, outcome)
    return [*lines, *exchange.cors], body


def _phases(exchange: Exchange, capture: Capture, *, tls: bool) -> Iterable[Phase]:
    """Cut the time of an exchange into phases without gaps or overlaps."""
    last = exchange.started
    for name, moment in _ticks(exchange, capture, tls=tls):
        end = min(max(moment, last), exchange.ended)
        if end > last or name == "guard":
            yield Phase(name, last - exchange.started, end - exchange.started)
        last = end


def _ticks(exchange: Exchange, capture: Capture, *, tls: bool) -> Iterable[Tick]:
    """Name the moments at which each phase ended."""
    if capture.guarded_at is None:
        yield ("guard", exchange.ended)
        return
    yield ("guard", capture.guarded_at)
    ready = exchange.token_ready
    if ready is not None:
        yield ("token", ready)
    tries = capture.tries
    if not tries:
        yield ("token" if ready is None else "connect", exchange.ended)
    for index, each in enumerate(tries):
        if index:
            yield ("renewal" if tries[index - 1].status == 401 else "reconnect", each.sent)
        else:
            yield from _connected(each, tls=tls)
        yield from _answered(each, exchange, capture, final=each is tries[-1])


def _connected(each: Try, *, tls: bool) -> Iterable[Tick]:
    if each.reached is None:
        yield ("pool", each.sent)
    elif tls:
        yield ("connect", each.reached)
        yield ("tls", each.sent)
    else:
        yield ("connect", each.sent)


def _answered(each: Try, exchange: Exchange, capture: Capture, *, final: bool) -> Iterable[Tick]:
    end = exchange.ended if each.answered is None else each.answered
    if capture.request_whole is not None:
        yield ("send", min(capture.request_whole, end))
    if each.answered is not None or final:
        yield ("wait", end)
    if each.answered is not None and final:
        yield ("body", exchange.ended)
