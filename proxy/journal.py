"""The last exchanges, bounded and masked on the way in: the journal never holds a secret.

Invariants: at most `ENTRIES` entries that weigh at most `WEIGHT` bytes together; an entry never
changes; numbers grow by one, so that a reader who knows the last one he saw knows what he missed.
"""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from proxy.content import Content, content
from proxy.errors import RequestRefused, UpstreamError
from proxy.exchange import IDEMPOTENT, LOOK_UP, Exchange, problem
from proxy.fields import Lines
from proxy.recorder import Capture, Try
from proxy.redaction import Redaction

ENTRIES = 200
WEIGHT = 8 * 1024 * 1024  # with as much again for exchanges under way: 16 MiB in all
_LINE_WEIGHT = 128
_SHORTEST_SECRET = 8

Shown = tuple[tuple[str, str], ...]
"""Field lines as they are shown."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request as it went to the upstream, and the head of its answer."""

    line: str
    lines: Shown
    status: int | None
    answer_lines: Shown


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the time of an exchange, in seconds from its start."""

    name: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why it failed, in words, and what to do; ``kind`` tells refusals from failures."""

    kind: str
    reason: str
    words: str
    next_step: str
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One exchange that is over."""

    number: int
    id: str
    at: float
    method: str
    target: str
    version: str
    status: int | None
    seconds: float
    received: int
    sent: int
    left: bool
    note: str
    replay_of: str
    request_lines: Shown
    request: Content
    answer_lines: Shown
    answer: Content
    attempts: tuple[Attempt, ...]
    phases: tuple[Phase, ...]
    trouble: Trouble | None

    @property
    def replayed(self) -> bool:
        """Whether it was sent again because of a 401."""
        return len(self.attempts) > 1 and self.attempts[0].status == 401

    @property
    def upstream_seconds(self) -> float:
        """The upstream's and the network's share of the time."""
        ours = ("guard", "token", "renewal", "pool")
        return sum(phase.end - phase.start for phase in self.phases if phase.name not in ours)

    @property
    def weight(self) -> int:
        """Bytes of memory, roughly."""
        lines = [*self.request_lines, *self.answer_lines]
        for attempt in self.attempts:
            lines += (*attempt.lines, *attempt.answer_lines)
        text = sum(len(name) + len(value) for name, value in lines)
        return text + len(lines) * _LINE_WEIGHT + self.request.weight + self.answer.weight + 2048


class Journal:
    """Observes exchanges and keeps the last of them; wakes those who follow it."""

    def __init__(
        self,
        names: Iterable[str],
        *,
        tls: bool = False,
        entries: int = ENTRIES,
        weight: int = WEIGHT,
    ) -> None:
        self.redaction = Redaction(names)
        self.run = secrets.token_hex(4)
        self.limit = entries
        self._tls = tls
        self._most = weight
        self._entries: deque[Entry] = deque()
        self._weight = 0
        self._last = 0
        self._followers: set[asyncio.Event] = set()

    def observe(self, exchange: Exchange) -> None:
        """Take one exchange that is over."""
        self._last += 1
        entry = _Assembly(exchange, self.redaction, tls=self._tls).entry(self._last)
        self._entries.append(entry)
        self._weight += entry.weight
        while len(self._entries) > self.limit or (self._weight > self._most and self._entries):
            self._weight -= self._entries.popleft().weight
        for event in self._followers:
            event.set()

    def after(self, number: int) -> tuple[list[Entry], int]:
        """Return the entries younger than ``number``, and how many such are no longer kept."""
        found = []
        for entry in reversed(self._entries):
            if entry.number <= number:
                break
            found.append(entry)
        found.reverse()
        return found, max(0, self._last - number - len(found))

    def find(self, name: str) -> Entry | None:
        """Return the entry of an exchange, if it is still kept."""
        return next((entry for entry in self._entries if entry.id == name), None)

    def clear(self) -> None:
        """Forget all entries; numbers go on."""
        self._entries.clear()
        self._weight = 0

    @property
    def last(self) -> int:
        """The youngest entry's number."""
        return self._last

    def follow(self) -> asyncio.Event:
        """Return an event that is set whenever there is a new entry; `unfollow` it at the end."""
        event = asyncio.Event()
        self._followers.add(event)
        return event

    def unfollow(self, event: asyncio.Event) -> None:
        """End what `follow` began."""
        self._followers.discard(event)


class _Assembly:
    """Makes an entry of an exchange and what was copied of it."""

    def __init__(self, exchange: Exchange, redaction: Redaction, *, tls: bool) -> None:
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
        """Return the values that must not stand anywhere: tokens that were sent, caller keys."""
        lines = [line for _, sent in self._heads for line in sent]
        if self._capture is not None:
            lines += [line for line in self._capture.lines if line[0].lower() == b"x-proxy-key"]
        values = {
            value.rpartition(b" ")[2].decode("latin-1")
            for name, value in lines
            if name.lower() in (b"authorization", b"x-proxy-key")
        }
        return tuple(value for value in values if len(value) >= _SHORTEST_SECRET)

    def entry(self, number: int) -> Entry:
        exchange, capture = self._exchange, self._capture
        answer_lines, answer = self._answer()
        empty = Content(b"", 0)
        return Entry(
            number=number,
            id=exchange.id,
            at=capture.wall if capture else time.time(),
            method=exchange.method,
            target=self._redaction.target(exchange.target, self._secrets),
            version=capture.version if capture else "",
            status=exchange.status,
            seconds=exchange.ended - exchange.started,
            received=exchange.received,
            sent=exchange.sent,
            left=exchange.left,
            note=exchange.note,
            replay_of=capture.replay_of if capture else "",
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

    def _answer(self) -> tuple[Lines, Content]:
        exchange, capture = self._exchange, self._capture
        if capture is not None and capture.answer_lines is not None:
            lines, copy = capture.answer_lines, capture.answer
            return lines, self._body(copy.data, copy.size, lines)
        if exchange.failure is None or exchange.status is None:
            return [], Content(b"", 0)
        # The shell words its answer outside of the recorder's sight.
        _, lines, body = problem(exchange.failure, exchange.id, exchange.method)
        return lines + exchange.cors, self._body(body, len(body), lines)

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
    outcome = ""
    if exchange.method not in IDEMPOTENT:
        unknown = isinstance(error, UpstreamError) and error.sent
        outcome = "unknown" if unknown else "not-sent"
    kind = "refused" if isinstance(error, RequestRefused) else "failed"
    next_step = LOOK_UP if outcome == "unknown" else error.next_step
    return Trouble(kind, exchange.reason, str(error), next_step, outcome)


def _phases(exchange: Exchange, capture: Capture, *, tls: bool) -> Iterable[Phase]:
    """Cut the time of an exchange into phases without gaps or overlaps."""
    ticks: list[tuple[str, float]] = []
    if capture.guarded is None:
        ticks.append(("guard", exchange.ended))
    else:
        ticks.append(("guard", capture.guarded))
        if exchange.token_ready is not None:
            ticks.append(("token", exchange.token_ready))
        ticks += _ticks(exchange, capture, tls=tls)
    last = exchange.started
    for name, moment in ticks:
        end = min(max(moment, last), exchange.ended)
        if end > last or name == "guard":
            yield Phase(name, last - exchange.started, end - exchange.started)
        last = end


def _ticks(exchange: Exchange, capture: Capture, *, tls: bool) -> Iterable[tuple[str, float]]:
    """Name the moments at which each phase behind the guard ended."""
    tries = capture.tries
    for index, each in enumerate(tries):
        if index:
            yield ("renewal" if tries[index - 1].status == 401 else "reconnect", each.sent)
        elif each.reached is None:
            yield ("pool", each.sent)
        else:
            if tls:
                yield ("connect", each.reached)
            yield ("tls" if tls else "connect", each.sent)
        if capture.request_whole is not None:
            limit = exchange.ended if each.answered is None else each.answered
            yield ("send", min(capture.request_whole, limit))
        if each.answered is not None:
            yield ("wait", each.answered)
        elif each is tries[-1]:
            yield ("wait", exchange.ended)
    if not tries:
        waited = "connect" if exchange.token_ready is not None else "token"
        yield (waited, exchange.ended)
    elif tries[-1].answered is not None:
        yield ("body", exchange.ended)
