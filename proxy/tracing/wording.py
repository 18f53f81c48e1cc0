"""The spans of a traced exchange, by OpenTelemetry's conventions for HTTP.

Never a query, a header, a body, a token or a credential. What has no name there begins with
``breb_proxy.``. https://opentelemetry.io/docs/specs/semconv/http/http-spans/
"""

import time
from collections.abc import Iterator
from typing import NamedTuple

from proxy.addresses import Url
from proxy.errors import TokenError
from proxy.exchange.record import doubtful
from proxy.passport.paths import known
from proxy.tracing.fetches import Fetches, TracedFetch
from proxy.tracing.span import (
    CLIENT,
    REMOTE,
    REMOTE_KNOWN,
    SERVER,
    SpanEvent,
    SpanLink,
    TraceSpan,
    Value,
)
from proxy.tracing.trace import Trace

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_LONGEST = 4096  # bytes of a path, as in the log
_LONGEST_METHOD = 64  # characters
_LONGEST_KNOWN = 512  # characters of an operation's path: to look for it takes time
_NANO = 1_000_000_000  # nanoseconds in a second

_Told = list[tuple[str, Value]]


class Wording:
    """Words traces; ``base`` is the upstream, ``endpoint`` that of tokens."""

    def __init__(self, base: Url, endpoint: Url, fetches: Fetches) -> None:
        self._base = base
        self._endpoint = endpoint
        self._fetches = fetches

    def spans(self, trace: Trace) -> Iterator[TraceSpan]:
        """Yield the exchange's span, one for each attempt, and those of new token requests."""
        since = time.time() - time.perf_counter()
        fetches = self._used(trace)
        for fetch in fetches.values():
            if not fetch.told:
                fetch.told = True
                yield self._of_fetch(fetch, since)
        asked = _asked(trace)
        yield self._of_exchange(trace, asked, since, fetches.get(None))
        for number in range(1, len(trace.exchange.attempts) + 1):
            yield self._of_attempt(trace, asked, number, since, fetches)

    def _used(self, trace: Trace) -> dict[str | None, TracedFetch]:
        """Return the token requests that the exchange lived on, by the token; None: it failed."""
        exchange = trace.exchange
        ids = {attempt.token_id for attempt in exchange.attempts}
        found = {each: fetch for each in ids if (fetch := self._fetches.of_token(each))}
        used: dict[str | None, TracedFetch] = {**found}
        failed = self._fetches.failed
        if failed is not None and isinstance(exchange.failure, TokenError):
            used[None] = failed
        return used

    # -- the exchange ----------------------------------------------------------------------

    def _of_exchange(
        self, trace: Trace, asked: "_RequestWords", since: float, failed: TracedFetch | None
    ) -> TraceSpan:
        exchange, parent = trace.exchange, trace.parent
        told = [*asked.told("http.route"), ("url.path", asked.path), *_served(trace)]
        outcome = exchange.outcome
        bad = _result(told, exchange.status, exchange.reason) or outcome in ("cut", "unknown")
        told += _own(trace, outcome)
        events = [SpanEvent(f"breb_proxy.{part}", _nano(at, since)) for part, at in trace.parts]
        if exchange.token_ready is not None:
            events.append(SpanEvent("breb_proxy.token_ready", _nano(exchange.token_ready, since)))
        return TraceSpan(
            trace_id=bytes.fromhex(trace.trace_id.decode()),
            span_id=_raw(trace.span_id),
            parent_id=b"" if parent is None else bytes.fromhex(parent.span_id.decode()),
            state=trace.state,
            flags=trace.flags | REMOTE_KNOWN | (0 if parent is None else REMOTE),
            name=asked.name,
            kind=SERVER,
            begin=_nano(exchange.started, since),
            end=_nano(exchange.ended, since),
            attributes=told,
            events=events,
            links=[] if failed is None else [_link(failed)],
            failed=bad,
        )

    # -- what goes out for it --------------------------------------------------------------

    def _of_attempt(
        self,
        trace: Trace,
        asked: "_RequestWords",
        number: int,
        since: float,
        fetches: dict[str | None, TracedFetch],
    ) -> TraceSpan:
        exchange = trace.exchange
        attempt = exchange.attempts[number - 1]
        told = [*asked.told("url.template"), *_target(self._base, asked.path)]
        fetch = None if attempt.token_id is None else fetches.get(attempt.token_id)
        last = number == len(exchange.attempts)
        if number > 1:
            told.append(("http.request.resend_count", number - 1))
        reason = exchange.reason if last else ""
        lost = "" if attempt.status else "lost"
        failed = _result(told, attempt.status, reason or lost, least=400) or bool(reason)
        after = exchange.ended if last else exchange.attempts[number].began
        answered = attempt.answered
        return TraceSpan(
            trace_id=bytes.fromhex(trace.trace_id.decode()),
            span_id=_raw(trace.id_of(number)),
            parent_id=_raw(trace.span_id),
            state=trace.state,
            flags=trace.flags | REMOTE_KNOWN,
            name=asked.name,
            kind=CLIENT,
            begin=_nano(attempt.began, since),
            end=_nano(after if last or answered is None else answered, since),
            attributes=told,
            events=[]
            if answered is None
            else [SpanEvent("breb_proxy.answered", _nano(answered, since))],
            links=[] if fetch is None else [_link(fetch)],
            failed=failed,
        )

    def _of_fetch(self, fetch: TracedFetch, since: float) -> TraceSpan:
        endpoint = self._endpoint
        told: _Told = [("http.request.method", "POST"), ("url.template", endpoint.path or "/")]
        told += _target(endpoint.origin, endpoint.path)
        if fetch.failure:
            told.append(("error.type", fetch.failure))
        return TraceSpan(
            trace_id=bytes.fromhex(fetch.trace_id.decode()),
            span_id=_raw(fetch.span_id),
            parent_id=b"",
            state=b"",
            flags=1 | REMOTE_KNOWN,
            name=f"POST {endpoint.path or '/'}",
            kind=CLIENT,
            begin=_nano(fetch.began, since),
            end=_nano(fetch.ended, since),
            attributes=told,
            failed=bool(fetch.failure),
        )


def _nano(moment: float, since: float) -> int:
    return int((moment + since) * _NANO)


def _raw(span_id: int) -> bytes:
    return span_id.to_bytes(8, "big")


def _link(fetch: TracedFetch) -> SpanLink:
    return SpanLink(bytes.fromhex(fetch.trace_id.decode()), _raw(fetch.span_id))


class _RequestWords(NamedTuple):
    """What was asked for: the path without its query, the name and template of the operation."""

    method: str
    path: str
    name: str
    template: str

    def told(self, template: str) -> _Told:
        """Return what both sides tell of it; ``template`` is their name for the template."""
        told: _Told = [("http.request.method", self.method if self.known else "_OTHER")]
        if not self.known:
            told.append(("http.request.method_original", self.method[:_LONGEST_METHOD]))
        if self.template:
            told.append((template, self.template))
        return told

    @property
    def known(self) -> bool:
        """Whether the method is one of HTTP's own: others would be names without end."""
        return self.method in _METHODS


def _asked(trace: Trace) -> _RequestWords:
    method, path = trace.exchange.method, trace.exchange.path[:_LONGEST].decode("latin-1")
    operation = known(method, path) if len(path) <= _LONGEST_KNOWN else None
    name = method if method in _METHODS else "HTTP"
    if operation is None:
        return _RequestWords(method, path, name, "")
    template = operation.operation.path
    return _RequestWords(method, path, f"{name} {template}", template)


def _served(trace: Trace) -> _Told:
    told: _Told = [
        ("url.scheme", trace.scheme),
        ("network.protocol.version", trace.version),
        ("http.request.body.size", trace.exchange.received),
        ("http.response.body.size", trace.exchange.sent),
    ]
    if trace.server is not None:
        host, port = trace.server
        told.append(("server.address", host))
        if port is not None:
            told.append(("server.port", port))
    return told


def _target(base: Url, path: str) -> _Told:
    return [
        ("server.address", base.host),
        ("server.port", base.port),
        ("url.full", f"{base}{path}"),
        ("network.protocol.version", "1.1"),
    ]


def _result(told: _Told, status: int | None, reason: str, least: int = 500) -> bool:
    """Tell the status, and the error if it is one; return whether it is one."""
    if status is not None:
        told.append(("http.response.status_code", status))
    bad = status is None or status >= least
    if bad or reason:
        told.append(("error.type", reason or str(status)))
    return bad


def _own(trace: Trace, outcome: str) -> _Told:
    """Return what only this program has to tell."""
    exchange = trace.exchange
    told: _Told = [
        ("breb_proxy.request.id", exchange.id),
        ("breb_proxy.outcome", outcome),
        ("breb_proxy.attempts", len(exchange.attempts)),
    ]
    if exchange.row is not None:
        told.append(("breb_proxy.ledger.row", exchange.row))
    if exchange.repeat_of is not None:
        told.append(("breb_proxy.repeat_of", exchange.repeat_of))
    if exchange.caller:
        told.append(("breb_proxy.caller", exchange.caller))
    if doubtful(outcome, exchange.status) and exchange.in_doubt:
        told.append(("breb_proxy.in_doubt", True))
    return told
