"""Which exchanges are sampled, and what goes on then."""

import pytest

from proxy.exchange.record import Exchange
from proxy.http1.fields import REQUEST, Lines, Section
from proxy.http1.request import Request
from proxy.settings.tracing import Sampler
from proxy.tracing.trace import Trace, Tracer
from tests.support.exchanges import attempt

TRACE, SPAN = b"4bf92f3577b34da6a3ce929d0e0e4736", b"00f067aa0ba902b7"
ALWAYS, NEVER = Sampler(), Sampler("parentbased_always_off", 0.0)
HALF = Sampler("traceidratio", 0.5, asks_parent=False)


def parent(flags: bytes = b"01", trace: bytes = TRACE) -> tuple[bytes, bytes]:
    return b"traceparent", b"00-%b-%b-%b" % (trace, SPAN, flags)


def begun(sampler: Sampler, lines: Lines) -> tuple[Trace | None, Request]:
    kept: list[Trace] = []
    exchange = Exchange("ab-1", "GET", b"/v1/accounts")
    request = Request("GET", b"/v1/accounts", "1.1", Section(lines, REQUEST), 0)
    Tracer(sampler, kept.append).begin(exchange, request)
    observer = exchange.observer
    assert observer is None or isinstance(observer, Trace)
    return observer, request


@pytest.mark.parametrize(
    ("sampler", "lines", "sampled"),
    [
        pytest.param(ALWAYS, [], True, id="root"),
        pytest.param(ALWAYS, [parent()], True, id="sampled-parent"),
        pytest.param(ALWAYS, [parent(b"00")], False, id="unsampled-parent"),
        pytest.param(NEVER, [], False, id="no-root"),
        pytest.param(NEVER, [parent()], True, id="parent-decides"),
        pytest.param(HALF, [parent(b"00", b"f" * 16 + b"0" * 16)], True, id="low-id"),
        pytest.param(HALF, [parent(b"01", b"0" * 15 + b"1" + b"f" * 16)], False, id="high-id"),
    ],
)
def test_the_sampler_decides(sampler: Sampler, lines: Lines, sampled: bool) -> None:
    before = list(lines)
    trace, request = begun(sampler, lines)
    assert (trace is not None) is sampled
    assert request.section.lines == before
    if not sampled:
        assert request.section.onward == before


def test_a_ratio_takes_its_share_of_those_without_a_parent() -> None:
    sampled = sum(begun(HALF, [])[0] is not None for _ in range(2000))
    assert 800 < sampled < 1200


def test_requests_with_the_same_section_are_traced_apart() -> None:
    section = Section([(b"Host", b"x"), (b"Accept", b"a")], REQUEST)
    before, wire = list(section.onward), section.wire
    sent = []
    for _ in range(2):
        request = Request("GET", b"/v1/accounts", "1.1", section, 0)
        exchange = Exchange("ab-1", "GET", b"/v1/accounts")
        Tracer(ALWAYS, lambda _: None).begin(exchange, request)
        assert exchange.observer is not None
        exchange.observer.sending(attempt(401), b"")
        sent += [request.section.wire, request.section.known[b"traceparent"][0]]
    assert len(set(sent)) == 4
    assert (section.onward, section.wire, section.known) == (before, wire, {b"host": [b"x"]})


def test_each_attempt_has_an_id_of_its_own() -> None:
    trace, request = begun(ALWAYS, [(b"Host", b"x"), parent(), (b"Tracestate", b"a=1")])
    assert trace is not None
    trace.exchange.attempts = (attempt(401),)
    trace.sending(trace.exchange.attempts[0], b"")
    assert request.section.onward == [
        (b"Tracestate", b"a=1"),
        (b"traceparent", trace.traceparent(2)),
    ]
    assert len({trace.id_of(number) for number in range(4)}) == 4
    assert trace.traceparent(3)[36:52] == b"%016x" % trace.id_of(3)


def test_what_another_part_counts_down_moves_no_line() -> None:
    trace, request = begun(ALWAYS, [(b"Max-Forwards", b"3"), parent()])
    assert trace is not None
    request.section = request.section.replaced(b"max-forwards", b"2")
    trace.sending(attempt(200), b"")
    names = [name for name, _ in request.section.onward]
    assert names == [b"Max-Forwards", b"traceparent"]


def test_who_begins_a_trace_tells_the_log_and_who_continues_one_does_not() -> None:
    trace, request = begun(ALWAYS, [parent(trace=b"0" * 32), (b"tracestate", b"a=1")])
    assert trace is not None
    assert request.section.known[b"traceparent"] == [trace.traceparent(0)]
    assert request.section.onward == [(b"traceparent", trace.traceparent(1))]
    assert trace.state == b""
    _, request = begun(ALWAYS, [parent()])
    assert request.section.known[b"traceparent"] == [parent()[1]]


def test_what_is_over_is_handed_on_without_the_request() -> None:
    kept: list[Trace] = []
    exchange = Exchange("ab-1", "GET", b"/")
    request = Request("GET", b"/", "1.1", Section([], REQUEST), 0)
    trace = Trace(exchange, request, None, TRACE, kept.append)
    trace.enters("token")
    trace.over()
    trace.sending(attempt(200), b"")
    assert kept == [trace]
    assert trace._request is None
    assert [part for part, _ in trace.parts] == ["token"]


@pytest.mark.parametrize("sampler", [NEVER, Sampler("traceidratio", 0.0, asks_parent=False)])
@pytest.mark.parametrize("value", [b"", b"junk", b"x" * 60, b"00-%b-%b-01" % (b"0" * 32, SPAN)])
def test_a_wrong_parent_is_none_whatever_it_looks_like(sampler: Sampler, value: bytes) -> None:
    trace, request = begun(sampler, [(b"traceparent", value)])
    assert trace is None
    assert request.section.onward == [(b"traceparent", value)]


@pytest.mark.parametrize(
    ("states", "told"),
    [
        pytest.param([b"a=1", b"b=2"], b"a=1,b=2", id="two-lines"),
        pytest.param([b"a=\xff"], b"", id="no-text"),
        pytest.param([b"a=1," * 10_000], b"", id="ten-thousand"),
        pytest.param([b"a=1"] * 1_000, b"", id="a-thousand-lines"),
    ],
)
def test_a_state_goes_on_as_it_came_and_is_told_if_it_is_one(
    states: list[bytes], told: bytes
) -> None:
    lines = [(b"tracestate", each) for each in states]
    trace, request = begun(ALWAYS, [parent(), *lines])
    assert trace is not None
    assert request.section.onward[:-1] == lines
    assert trace.state == told
