"""Which exchanges are traced, and what is noted of them while they run: only what is at hand."""

import time
from collections.abc import Callable
from random import getrandbits

from proxy.exchange.attempt import Attempt
from proxy.exchange.observer import Observer, Part
from proxy.exchange.record import Exchange
from proxy.http1.fields import JudgedSection, Lines, Section
from proxy.http1.request import Request
from proxy.settings.tracing import Sampler
from proxy.tracing.context import SAMPLED, ParentSpan, parent_span, traceparent

_NAME = b"traceparent"
_STATE = b"tracestate"
_SAMPLED_DIGITS = b"13579bdf"  # where the flags of a traceparent end in one, it is sampled
_LONGEST_STATE = 512  # bytes; W3C Trace Context section 3.3.1.5: what a vendor should pass on


class Trace(Observer):
    """One sampled exchange. Its attempts have the ids that follow ``span_id``."""

    __slots__ = (
        "_keep",
        "_request",
        "exchange",
        "flags",
        "parent",
        "parts",
        "scheme",
        "server",
        "span_id",
        "state",
        "trace_id",
        "version",
    )

    def __init__(
        self,
        exchange: Exchange,
        request: Request,
        parent: ParentSpan | None,
        trace_id: bytes,
        keep: "Callable[[Trace], None]",
    ) -> None:
        self.exchange = exchange
        self.parent = parent
        self.trace_id = trace_id
        self.span_id = getrandbits(63) + 1  # never 0, and of 64 bits with some added
        self.flags = SAMPLED if parent is None else parent.flags | SAMPLED
        self.scheme = request.scheme
        self.server = request.server
        self.version = request.version
        self.parts: list[tuple[Part, float]] = []
        self._keep = keep
        self._request: Request | None = request
        known = request.section.known
        if parent is None:  # what the log and the ledger show of it
            known = {**known, _NAME: [self.traceparent(0)]}
        onward, self.state = _with(request.section, self.traceparent(1), began=parent is None)
        request.section = JudgedSection(request.section.lines, known, onward)

    def traceparent(self, attempt: int) -> bytes:
        """Return the value that names the span of an attempt; 0: the one of the exchange."""
        return traceparent(self.trace_id, self.id_of(attempt), self.flags)

    def id_of(self, attempt: int) -> int:
        """Return the id of the span of an attempt, counted from 1; 0: that of the exchange."""
        return self.span_id + attempt

    def enters(self, part: Part) -> None:
        """Note the part of its way that the request enters."""
        self.parts.append((part, time.perf_counter()))

    def sending(self, attempt: Attempt, head: bytes) -> None:
        """Have the next attempt, if there is one, name a span of its own."""
        del attempt, head
        if self._request is not None:
            section = self._request.section
            line = _NAME, self.traceparent(len(self.exchange.attempts) + 1)
            onward = [*section.onward[:-1], line]
            self._request.section = JudgedSection(section.lines, section.known, onward)

    def over(self) -> None:
        """Hand on what was noted."""
        self._request = None  # it holds the caller's key
        self._keep(self)


def _with(section: Section, value: bytes, *, began: bool) -> tuple[Lines, bytes]:
    """Return what goes on, with ``value`` in the last line, and the tracestate.

    A new trace drops the state of another (W3C Trace Context section 4.3).
    """
    lines, states = [], []
    for line in section.onward:
        name = line[0].lower()
        if name == _STATE:
            states.append(line[1])
        if name != _NAME and not (began and name == _STATE):
            lines.append(line)
    lines.append((_NAME, value))
    state = b"" if began else b",".join(states)
    return lines, state if len(state) <= _LONGEST_STATE and state.isascii() else b""


class Tracer:
    """Decides with each exchange that begins whether it is traced; is the shell's ``begun``."""

    def __init__(self, sampler: Sampler, keep: Callable[[Trace], None]) -> None:
        self._keep = keep
        self._asks_parent = sampler.asks_parent
        self._bound = round(sampler.ratio * (1 << 64))
        self._digits = b"%016x" % self._bound

    def begin(self, exchange: Exchange, request: Request) -> None:
        """Join an exchange, if it is sampled."""
        values, low = request.section.known.get(_NAME), getrandbits(64)
        if low >= self._bound and (values is None or self._leaves(values[0])):
            return
        parent = None if values is None else parent_span(values)
        if parent is None:
            if low >= self._bound:
                return
            trace_id = b"%016x%016x" % (getrandbits(63) + 1, low)
        elif self._takes(parent):
            trace_id = parent.trace_id
        else:
            return
        exchange.join(Trace(exchange, request, parent, trace_id, self._keep))

    def _leaves(self, value: bytes) -> bool:
        """Report whether a parent that may be wrong would not be taken: most are not read then."""
        if self._asks_parent:
            return value[54:55] not in _SAMPLED_DIGITS
        return value[19:35] >= self._digits  # as long as it has its form

    def _takes(self, parent: ParentSpan) -> bool:
        if self._asks_parent:
            return bool(parent.flags & SAMPLED)
        return int(parent.trace_id[16:], 16) < self._bound
