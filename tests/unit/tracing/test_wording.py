"""What spans say, in the cases that the running program seldom shows."""

from typing import Any

import pytest

from proxy.addresses import Url
from proxy.errors import ReadTimeout
from proxy.exchange.record import Exchange
from proxy.http1.fields import REQUEST, Section
from proxy.http1.request import Request
from proxy.tracing.fetches import Fetches
from proxy.tracing.span import TraceSpan
from proxy.tracing.trace import Trace
from proxy.tracing.wording import Wording
from tests.support.exchanges import attempt

BASE = Url.parse("https://api.example/base")
ENDPOINT = Url.parse_with_query("https://auth.example/token?key=hush")


def spans(exchange: Exchange, **request: Any) -> list[TraceSpan]:
    asked = Request(exchange.method, exchange.target, "1.1", Section([], REQUEST), 0)
    for name, value in request.items():
        setattr(asked, name, value)
    trace = Trace(exchange, asked, None, b"1" * 32, lambda _: None)
    exchange.ended = exchange.ended or exchange.started
    return list(Wording(BASE, ENDPOINT, Fetches()).spans(trace))


def exchange(method: str = "GET", target: bytes = b"/v1/accounts?key=hush") -> Exchange:
    return Exchange("ab-1", method, target)


def told(span: TraceSpan) -> dict[str, object]:
    return dict(span.attributes)


def test_a_lost_payment_is_in_doubt_and_an_error() -> None:
    lost = exchange("POST", b"/v1/payments/breb")
    lost.attempts = (attempt(),)
    lost.failure = ReadTimeout("no byte for 60 s")
    lost.status = 504
    lost.caller, lost.repeat_of, lost.row = "erp", 3, 4
    whole, try_ = spans(lost)
    assert whole.failed
    assert try_.failed
    assert told(whole)["error.type"] == told(try_)["error.type"] == lost.reason
    assert told(whole)["breb_proxy.in_doubt"] is True
    assert told(whole)["breb_proxy.outcome"] == "unknown"
    assert (told(whole)["breb_proxy.caller"], told(whole)["breb_proxy.repeat_of"]) == ("erp", 3)
    assert told(whole)["breb_proxy.ledger.row"] == 4


def test_an_attempt_that_was_lost_before_another_says_so() -> None:
    twice = exchange()
    twice.attempts = (attempt(), attempt(200))
    twice.status = 200
    twice.passed_on = twice.whole = True
    _, first, second = spans(twice)
    assert told(first)["error.type"] == "lost"
    assert first.end == second.begin
    assert not second.failed


@pytest.mark.parametrize(
    ("status", "failed", "error"),
    [(200, False, None), (404, False, None), (500, True, "500"), (None, True, "caller-left")],
)
def test_what_counts_as_an_error_of_the_exchange(
    status: int | None, failed: bool, error: str | None
) -> None:
    one = exchange()
    one.status, one.left = status, status is None
    (span,) = spans(one)
    assert span.failed is failed
    assert told(span).get("error.type") == error


def test_a_strange_method_and_path_are_cut_and_named_by_neither() -> None:
    (span,) = spans(exchange("BREW" * 1000, b"/" + b"\xff" * 60_000))
    assert span.name == "HTTP"
    assert told(span)["http.request.method"] == "_OTHER"
    assert len(str(told(span)["http.request.method_original"])) == 64
    assert len(str(told(span)["url.path"])) == 4096
    assert "http.route" not in told(span)


@pytest.mark.parametrize(
    ("server", "address"),
    [
        (None, (None, None)),
        (("/run/x", None), ("/run/x", None)),
        (("::1", 8), ("::1", 8)),
    ],
)
def test_where_the_caller_reached_us(server: Any, address: tuple[object, object]) -> None:
    (span,) = spans(exchange(), server=server)
    assert (told(span).get("server.address"), told(span).get("server.port")) == address


def test_no_query_is_told() -> None:
    one = exchange()
    one.attempts = (attempt(200),)
    assert "hush" not in repr(spans(one))
    assert told(spans(one)[1])["url.full"] == "https://api.example/base/v1/accounts"
