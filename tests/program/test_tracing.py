"""Traces of the running program, as a collector gets them."""

import json
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.settings.tracing import VARIABLES
from tests.support import SECRET, Call, Program, RawUpstream, ask, token_reply
from tests.support.collector import TAKEN, FakeCollector, told
from tests.support.command import command
from tests.support.front import until
from tests.support.upstream import OK, answer

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED = f"00-{TRACE}-{CALLER}-01"
UNSAMPLED = f"00-{TRACE}-{CALLER}-00"
SERVER, CLIENT = 2, 3
ROUTE = "/v1/payments/{payment_id}"


def spans_of(metrics: str) -> dict[str, float]:
    found = re.findall(r'^breb_proxy_spans_total\{result="(.*)"\} (.*)$', metrics, re.MULTILINE)
    return {result: float(count) for result, count in found}


def test_a_sampled_request_is_a_trace_from_its_caller_to_the_upstream() -> None:
    with (
        FakeCollector() as collector,
        RawUpstream() as upstream,
        Program(upstream.url, beside=collector.variables(SERVICE_NAME="payments")) as proxy,
    ):
        state = ("tracestate", "a=1, b=2")
        fields = [("traceparent", SAMPLED), state]
        ask(proxy.port, "/v1/payments/7?key_value=3001234567", fields=fields)
        fetch, exchange, attempt = collector.until(3)
        sent = upstream.requests[0]
        resource = told(collector.requests[0].resource_spans[0].resource)
    assert (exchange.kind, attempt.kind, fetch.kind) == (SERVER, CLIENT, CLIENT)
    assert exchange.name == attempt.name == f"GET {ROUTE}"
    assert exchange.trace_id == attempt.trace_id == bytes.fromhex(TRACE)
    assert exchange.parent_span_id.hex() == CALLER
    assert attempt.parent_span_id == exchange.span_id
    assert sent.values("traceparent") == [f"00-{TRACE}-{attempt.span_id.hex()}-01".encode()]
    assert sent.values("tracestate") == [state[1].encode()]
    assert exchange.trace_state == attempt.trace_state == state[1]
    (link,) = attempt.links
    assert (link.trace_id, link.span_id) == (fetch.trace_id, fetch.span_id)
    assert fetch.trace_id != exchange.trace_id
    assert (
        told(exchange).items()
        >= {
            "http.request.method": "GET",
            "http.route": ROUTE,
            "url.path": "/v1/payments/7",
            "url.scheme": "http",
            "http.response.status_code": 200,
            "breb_proxy.outcome": "answered",
        }.items()
    )
    assert told(attempt)["url.full"] == f"{upstream.url}/v1/payments/7"
    assert resource["service.name"] == "payments"
    whole = b"".join(call.body for call in collector.calls)
    assert b"3001234567" not in whole
    assert SECRET.encode() not in whole
    assert b"Bearer" not in whole


def test_what_is_not_sampled_passes_as_it_came_and_is_not_sent() -> None:
    given = [("TraceParent", UNSAMPLED), ("tracestate", "x=1"), ("tracestate", "y=2")]
    with (
        FakeCollector() as collector,
        RawUpstream() as upstream,
        Program(upstream.url, beside=collector.variables()) as proxy,
    ):
        ask(proxy.port, "/v1/accounts", fields=given)
        ask(proxy.port, "/v1/keys", fields=[("traceparent", SAMPLED)])
        names = {span.name for span in collector.until(3)}
        sent = upstream.requests[0]
    assert [
        (name.decode(), value.decode())
        for name, value in sent.lines
        if name.lower().startswith(b"trace")
    ] == given
    assert "GET /v1/accounts" not in names


def test_each_attempt_is_a_span_that_the_upstream_was_told() -> None:
    statuses = iter((answer("401 Unauthorized"), OK))
    with (
        FakeCollector() as collector,
        RawUpstream(lambda _: next(statuses)) as upstream,
        Program(upstream.url, beside=collector.variables()) as proxy,
    ):
        until(lambda: proxy.status()["token"]["history"][-1]["ago"] > 1.1, "an older token")
        assert ask(proxy.port, "/v1/accounts").status == 200
        spans = collector.until(5)
        seen = [each.values("traceparent")[0].split(b"-")[2].decode() for each in upstream.requests]
        line = proxy.exchanges()[0]
    exchange = next(span for span in spans if span.kind == SERVER)
    attempts = [span for span in spans if span.parent_span_id == exchange.span_id]
    assert [span.span_id.hex() for span in attempts] == seen
    assert [told(span)["http.response.status_code"] for span in attempts] == [401, 200]
    assert "http.request.resend_count" not in told(attempts[0])
    assert told(attempts[1])["http.request.resend_count"] == 1
    assert len({span.links[0].span_id for span in attempts}) == 2  # two tokens, two requests
    assert line["traceparent"] == (f"00-{exchange.trace_id.hex()}-{exchange.span_id.hex()}-01")


@pytest.mark.parametrize(
    "given",
    [
        pytest.param([], id="none"),
        pytest.param(["00-00000000000000000000000000000000-00f067aa0ba902b7-01"], id="zero"),
        pytest.param(["junk"], id="junk"),
        pytest.param([SAMPLED, SAMPLED], id="two"),
        pytest.param([f"{SAMPLED}, {SAMPLED}"], id="joined"),
        pytest.param(["00-" + "a" * 60_000], id="long"),
    ],
)
def test_without_one_right_traceparent_a_new_trace_begins(given: list[str]) -> None:
    fields = [("traceparent", value) for value in given]
    states = [("tracestate", ",".join(f"k{n}=1" for n in range(5_000)))] if len(given) < 2 else []
    if given and len(given[0]) > 100:
        states = []
    with (
        FakeCollector() as collector,
        RawUpstream() as upstream,
        Program(upstream.url, beside=collector.variables()) as proxy,
    ):
        assert ask(proxy.port, "/v1/accounts", fields=fields + states).status == 200
        _, exchange, attempt = collector.until(3)
        sent = upstream.requests[0]
    expected = f"00-{exchange.trace_id.hex()}-{attempt.span_id.hex()}-01"
    assert sent.values("traceparent") == [expected.encode()]
    assert sent.values("tracestate") == []
    assert exchange.parent_span_id == b""
    assert exchange.trace_id.hex() != TRACE


def test_a_long_tracestate_passes_and_stays_out_of_the_span() -> None:
    state = ",".join(f"k{number}=1" for number in range(6_000))
    fields = [("traceparent", SAMPLED), ("tracestate", state), ("Connection", "traceparent")]
    with (
        FakeCollector() as collector,
        RawUpstream() as upstream,
        Program(upstream.url, beside=collector.variables()) as proxy,
    ):
        assert ask(proxy.port, "/v1/accounts", fields=fields).status == 200
        spans = collector.until(3)
        sent = upstream.requests[0]
    assert sent.values("tracestate") == [state.encode()]
    assert len(sent.values("traceparent")) == 1
    assert {span.trace_state for span in spans} == {""}


def test_a_payment_names_its_row_and_its_request(tmp_path: object) -> None:
    with (
        FakeCollector() as collector,
        RawUpstream() as upstream,
        Program(
            upstream.url, beside=collector.variables(), ledger=f"{tmp_path}/ledger.db"
        ) as proxy,
    ):
        ask(proxy.port, "/v1/payments/breb", "POST", body=b'{"resolution_id":"r-1"}')
        _, exchange, _ = collector.until(3)
        line = proxy.exchanges()[0]
    assert told(exchange)["breb_proxy.ledger.row"] == 1
    assert told(exchange)["breb_proxy.request.id"] == line["id"]
    assert [event.name for event in exchange.events] == [
        "breb_proxy.intake",
        "breb_proxy.ledger",
        "breb_proxy.token",
        "breb_proxy.token_ready",
    ]


def test_who_fails_for_want_of_a_token_names_the_request_for_it() -> None:
    with (
        FakeCollector() as collector,
        RawUpstream(token=lambda _: answer("401 Unauthorized")) as upstream,
        Program(upstream.url, beside=collector.variables(), ready=False, token_wait="1") as proxy,
    ):
        assert ask(proxy.port, "/v1/accounts").status == 503
        fetch, exchange = collector.until(2)
    assert [link.span_id for link in exchange.links] == [fetch.span_id]
    assert "error.type" in told(fetch)
    assert "error.type" in told(exchange)
    assert exchange.status.code == fetch.status.code == 2


def test_what_waits_is_sent_at_the_end() -> None:
    with (
        FakeCollector() as collector,
        RawUpstream() as upstream,
        Program(upstream.url, beside=collector.variables(BSP_SCHEDULE_DELAY="600000")) as proxy,
    ):
        ask(proxy.port, "/v1/accounts")
        assert proxy.stop() == 0
        assert len(collector.spans) == 3


def test_a_batch_is_sent_again_when_the_collector_says_so() -> None:
    later = answer("503 Service Unavailable", b"", "Retry-After: 0")
    answers = iter((later, None, TAKEN))
    with (
        FakeCollector(lambda _: next(answers)) as collector,
        RawUpstream() as upstream,
        Program(upstream.url, beside=collector.variables()) as proxy,
    ):
        ask(proxy.port, "/v1/accounts")
        collector.until(9)
        first, second, third = (call.body for call in collector.calls)
        assert proxy.stop() == 0
        text = proxy.output
    assert first == second == third
    assert "traces are not delivered to" in text
    assert "again" in text.partition("traces are delivered to")[2]


def never(call: Call) -> None:
    """Close without an answer."""


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(never, id="silent"),
        pytest.param(answer("200 OK", b"\x0a" * 3_000_000), id="huge"),
        pytest.param(answer("200 OK", b"\xff" * 3_000), id="nonsense"),
        pytest.param(b"HTTP/9 what\r\n\r\n", id="no-http"),
        pytest.param(answer("400 Bad Request"), id="refuses"),
    ],
)
def test_a_bad_collector_costs_callers_nothing(told: Callable[[Call], None] | bytes) -> None:
    with (
        FakeCollector(told) as collector,
        RawUpstream() as upstream,
        Program(upstream.url, beside=collector.variables()) as proxy,
    ):
        for _ in range(5):
            assert ask(proxy.port, "/v1/accounts").status == 200
        collector.until(3)
        assert ask(proxy.port, "/v1/accounts").status == 200
        assert proxy.stop() == 0


def test_a_collector_that_redirects_is_not_followed_and_one_that_is_not_there_is_counted() -> None:
    with (
        FakeCollector() as other,
        FakeCollector(
            answer("307 Temporary", b"", f"Location: {other.url}/v1/traces")
        ) as collector,
        RawUpstream() as upstream,
        Program(upstream.url, beside=collector.variables()) as proxy,
    ):
        ask(proxy.port, "/v1/accounts")
        collector.until(3)
        ask(proxy.port, "/v1/accounts")
        collector.until(5)
        counts = spans_of(proxy.admin("/metrics")[1])
        assert proxy.stop() == 0
        assert other.calls == []
    assert counts["not-delivered"] >= 3
    assert counts["sent"] == 0


def test_wrong_values_are_named_and_requests_served_all_the_same() -> None:
    wrong = {
        "OTEL_TRACES_SAMPLER": "sometimes",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "soon",
        "OTEL_EXPORTER_OTLP_HEADERS": "hush-hush-no-pair",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
    }
    with (
        FakeCollector() as collector,
        RawUpstream() as upstream,
        Program(upstream.url, beside={**collector.variables(), **wrong}) as proxy,
    ):
        assert ask(proxy.port, "/v1/accounts").status == 200
        collector.until(3)
        text = proxy.output
    for name in wrong:
        assert f"{name} is ignored: " in text
    assert "hush-hush-no-pair" not in text


def test_a_second_signal_does_not_wait_for_the_collector() -> None:
    with (
        FakeCollector(never) as collector,
        RawUpstream(token=lambda _: token_reply()) as upstream,
        Program(upstream.url, beside=collector.variables()) as proxy,
    ):
        ask(proxy.port, "/v1/accounts")
        collector.until(3)
        proxy.process.send_signal(signal.SIGTERM)
        assert proxy.stop() in (0, 128 + signal.SIGTERM, -signal.SIGTERM)


@pytest.mark.parametrize(
    ("told", "outcome", "says"),
    [
        pytest.param(TAKEN, "ok", "takes traces; sampled: parentbased_always_on", id="takes"),
        pytest.param(answer("401 Unauthorized"), "warning", "answers 401", id="refuses"),
    ],
)
def test_check_tries_the_collector_and_names_what_is_ignored(
    tmp_path: Path, told: bytes, outcome: str, says: str
) -> None:
    with FakeCollector(told) as collector, RawUpstream() as upstream:
        variables = {
            "BREB_BASE_URL": upstream.url,
            "BREB_CLIENT_ID": "id-1",
            "BREB_CLIENT_SECRET": SECRET,
            **collector.variables(TRACES_SAMPLER_ARG="7", EXPORTER_OTLP_TIMEOUT="soon"),
        }
        ended = command("check", "--json", cwd=tmp_path, **variables)
        steps = {each["name"]: each for each in json.loads(ended.out)["steps"]}
        (call,) = collector.calls
    assert steps["traces.collector"]["outcome"] == outcome
    assert says in steps["traces.collector"]["says"]
    assert steps["traces.values"]["outcome"] == "warning"
    assert "OTEL_EXPORTER_OTLP_TIMEOUT is ignored" in str(steps["traces.values"])
    assert call.body == b""


def test_help_names_the_variables_where_all_is_asked_for(tmp_path: Path) -> None:
    assert "OTEL_" not in command("serve", "--help", cwd=tmp_path).out
    text = command("serve", "--help", "all", cwd=tmp_path).out
    for each in VARIABLES:
        assert f"{each.name}: " in text


def test_check_knows_the_port_of_the_other_protocol(tmp_path: Path) -> None:
    with RawUpstream() as upstream:
        ended = command(
            "check",
            "--json",
            cwd=tmp_path,
            BREB_BASE_URL=upstream.url,
            BREB_CLIENT_ID="id-1",
            BREB_CLIENT_SECRET=SECRET,
            OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:4317",
        )
    steps = {each["name"]: each for each in json.loads(ended.out)["steps"]}
    assert "OTLP over HTTP is on 4318" in str(steps["traces.collector"])
