"""The shell around every exchange: ids, problem documents, observers, whatever the app does."""

import asyncio
import json
import re
from typing import Any

import pytest

from proxy import errors
from proxy.asgi import Message, Send
from proxy.errors import ProxyError, RequestRefused
from proxy.exchange.attempt import Attempt
from proxy.exchange.problem import problem
from proxy.exchange.record import CallerLeft, Exchange
from proxy.exchange.shell import Shell
from proxy.http1.request import Request
from proxy.words import phrase
from tests.support.exchanges import attempt

LOOK_UP = "look up in the API"
REFUSAL = RequestRefused(
    413, "body-too-large", phrase("body-too-large", bytes=5), phrase("step.smaller-body")
)


class Raising:
    """Forwards by raising, perhaps after the head of an answer, or in its second attempt."""

    def __init__(self, error: BaseException, *attempts: Attempt, answered: bool = False) -> None:
        self._error = error
        self._attempts = attempts
        self._answered = answered

    async def forward(self, exchange: Exchange, request: Request, send: Send) -> None:
        exchange.attempts = self._attempts
        if self._answered:
            exchange.status = 200
        raise self._error


def let_in(exchange: Exchange, request: Request) -> None:
    """Judge nothing."""


def run(app: Raising, method: str = "POST") -> tuple[Exchange, list[Message]]:
    """Run one exchange; return its facts, as they were told, and what was sent."""
    facts: list[Exchange] = []
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        messages.append(message)

    shell = Shell(let_in, app.forward, [facts.append])
    scope = {"type": "http", "method": method, "raw_path": b"/a", "query_string": b"b=c"}
    try:
        asyncio.run(shell(scope, receive, send))
    finally:
        assert shell.in_flight == 0
        assert len(facts) == 1
    return facts[0], messages


def document_of(messages: list[Message]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(messages[1]["body"])
    return document


@pytest.mark.parametrize(
    ("error", "attempts", "outcome"),
    [
        pytest.param(errors.ConnectionRefused("no"), (), "not-sent", id="not reached"),
        pytest.param(errors.ConnectionBroken("cut"), (attempt(),), "unknown", id="cut"),
        pytest.param(errors.ReadTimeout("slow"), (attempt(),), "unknown", id="slow"),
        pytest.param(errors.PoolFull("full"), (), "not-sent", id="pool full"),
        pytest.param(errors.TokenError("none"), (attempt(401),), "not-sent", id="no token then"),
        pytest.param(REFUSAL, (), "not-sent", id="refused at once"),
        pytest.param(REFUSAL, (attempt(),), "unknown", id="refused half-way"),
        pytest.param(ProxyError("odd"), (attempt(),), "unknown", id="internal"),
        pytest.param(ValueError("s3cret"), (attempt(),), "unknown", id="surprise"),
    ],
)
def test_a_payment_is_told_whether_it_may_have_been_made(
    error: Exception, attempts: tuple[Attempt, ...], outcome: str
) -> None:
    document = document_of(run(Raising(error, *attempts))[1])
    assert document["outcome"] == outcome
    assert (LOOK_UP in document["next_step"]) == (outcome == "unknown")
    if error is REFUSAL:
        assert "send a smaller body" in document["next_step"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_what_only_reads_has_no_outcome_to_tell(method: str) -> None:
    error = errors.ConnectionBroken("cut")
    document = document_of(run(Raising(error, attempt()), method)[1])
    assert "outcome" not in document
    assert document["next_step"] == str(error.next_step)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_what_can_be_repeated_tells_its_outcome_and_may_be_repeated(method: str) -> None:
    error = errors.ConnectionBroken("cut")
    document = document_of(run(Raising(error, attempt()), method)[1])
    assert document["outcome"] == "unknown"
    assert document["next_step"] == str(error.next_step)


def test_a_problem_names_its_exchange_and_what_to_do() -> None:
    exchange, (start, body) = run(Raising(errors.PoolFull('"all" busy')))
    lines = dict(start["headers"])
    document = json.loads(body["body"])
    assert start["status"] == document["status"] == exchange.status == 503
    assert document["exchange"] == exchange.id
    assert document["type"] == "urn:breb-proxy:error:connection_limit_reached"
    assert lines[b"Content-Type"] == b"application/problem+json"
    assert lines[b"Cache-Control"] == b"no-store"
    assert lines[b"Retry-After"] == b"1"
    assert lines[b"Content-Length"] == b"%d" % len(body["body"])
    assert lines[b"Proxy-Status"] == (
        b'breb-proxy; error=connection_limit_reached; details="\\"all\\" busy"'
    )


@pytest.mark.parametrize("text", ["caf\xe9", "tab\there", "two\nlines", 'quo"te', "back\\slash"])
def test_details_are_a_structured_string_whatever_they_say(text: str) -> None:
    """RFC 8941 section 3.3.3: visible ASCII and blanks, nothing but quotes escaped."""
    lines = dict(problem(ProxyError(text), "1", "GET")[1])
    details = re.fullmatch(rb'breb-proxy; error=\S+; details="(.*)"', lines[b"Proxy-Status"])
    assert details is not None
    assert re.fullmatch(rb'(?:[ !#-\[\]-~]|\\["\\])*', details[1])


@pytest.mark.parametrize("status", [400, 505])
def test_nothing_more_is_read_when_the_framing_is_in_doubt(status: int) -> None:
    lines = problem(
        RequestRefused(status, "x", phrase("tls-came"), phrase("step.well-formed")), "1", "GET"
    )[1]
    assert (b"Connection", b"close") in lines


def test_an_error_after_the_head_ends_the_connection() -> None:
    app = Raising(errors.ConnectionBroken("cut"), answered=True)
    with pytest.raises(ConnectionAbortedError):
        run(app)


def test_a_surprise_is_not_quoted(caplog: pytest.LogCaptureFixture) -> None:
    exchange, messages = run(Raising(ValueError("s3cret")))
    assert exchange.status == 500
    assert b"s3cret" not in messages[1]["body"]
    assert "ValueError" in caplog.text
    assert not [line for line in caplog.messages if "s3cret" in line]


def test_a_caller_who_left_gets_nothing_and_is_recorded() -> None:
    exchange, messages = run(Raising(CallerLeft()))
    assert messages == []
    assert exchange.left
    assert exchange.reason == "caller-left"
    assert exchange.status is None


def test_a_target_is_put_together_where_the_server_has_split_it() -> None:
    exchange, _ = run(Raising(CallerLeft()))
    assert exchange.target == b"/a?b=c"
    assert exchange.path == b"/a"


def test_bytes_that_were_sent_are_those_of_the_body_that_was() -> None:
    told, messages = run(Raising(REFUSAL), "GET")
    assert told.sent == len(messages[1]["body"]) > 0
    assert run(Raising(REFUSAL), "HEAD")[0].sent == 0


def test_what_never_was_a_request_is_counted_with_its_answer() -> None:
    facts: list[Exchange] = []
    shell = Shell(let_in, Raising(REFUSAL).forward, [facts.append])
    status, _, body = shell.refused(REFUSAL)
    assert [(each.status, each.sent) for each in facts] == [(status, len(body))]


def test_nobody_looks_for_a_language_while_nothing_goes_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def looked(_: object) -> str:
        raise AssertionError

    monkeypatch.setattr("proxy.exchange.shell.preferred", looked)
    exchange, _ = run(Raising(CallerLeft()))
    assert exchange.failure is None
    with pytest.raises(AssertionError):
        run(Raising(REFUSAL))
