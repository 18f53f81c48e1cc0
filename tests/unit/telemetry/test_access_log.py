"""Log lines: what is in them, and what never is."""

import contextlib
import io
import json
import logging
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from proxy.errors import PoolFull, ReadTimeout
from proxy.exchange.record import Exchange
from proxy.telemetry import log_format
from proxy.telemetry.access_log import AccessLog, _dated, _json_line
from proxy.telemetry.sink import KEPT
from proxy.terminal.screen import coloured
from tests.support import Program, RawUpstream, ask
from tests.support.exchanges import attempt


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    yield logger
    logger.handlers, logger.level = handlers, level


def finished(target: bytes = b"/v1/payments?key=300") -> Exchange:
    exchange = Exchange("ab-1", "GET", target)
    exchange.status, exchange.sent = 200, 12
    exchange.attempts = (attempt(200),)
    exchange.attempts[0].began = exchange.started
    exchange.attempts[0].answered = exchange.started + 0.004
    exchange.ended = exchange.started + 0.005
    exchange.passed_on = exchange.whole = True
    return exchange


def written(
    *exchanges: Exchange, as_json: bool = True, colour: bool = False, terminal: bool = False
) -> str:
    read, write = os.pipe()
    log = AccessLog(as_json=as_json, descriptor=write, colour=colour, terminal=terminal)
    log.write(exchanges)
    os.close(write)
    with os.fdopen(read) as pipe:
        return pipe.read()


def test_a_line_of_json_has_the_documented_fields() -> None:
    line = json.loads(written(finished()))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {
        "level": "info",
        "event": "exchange",
        "id": "ab-1",
        "method": "GET",
        "path": "/v1/payments",
        "status": 200,
        "received": 0,
        "sent": 12,
        "ms": 5.0,
        "upstream_ms": 4.0,
        "attempts": 1,
        "outcome": "answered",
    }


def test_failures_notes_and_traces_are_in_the_line() -> None:
    exchange = finished()
    exchange.failure = ReadTimeout("no byte of the response for 60 s")
    exchange.note = 'a "note"'
    exchange.traceparent = b"00-aa-bb-01"
    exchange.attempts[0].answered = None
    line = json.loads(written(exchange))
    assert line["reason"] == "connection_read_timeout"
    assert line["error"] == "no byte of the response for 60 s"
    assert line["note"] == 'a "note"'
    assert line["traceparent"] == "00-aa-bb-01"
    assert line["upstream_ms"] is None


@pytest.mark.parametrize(
    "target",
    [b'/a"b', b"/a\\b", b"/a\xffb", b'/"},{"x":"'],
    ids=["quote", "backslash", "byte", "json"],
)
def test_a_hostile_path_cannot_break_the_line(target: bytes) -> None:
    text = written(finished(target))
    assert text.count("\n") == 1
    assert json.loads(text)["path"] == target.decode("latin-1")


def test_text_lines_are_for_people() -> None:
    words = r"200 GET    /v1/payments  5\.0 ms, upstream 4\.0, 12 B\n"
    on_terminal = written(finished(), as_json=False, terminal=True)
    assert re.fullmatch(rf"\d\d:\d\d:\d\d {words}", on_terminal)
    elsewhere = written(finished(), as_json=False)
    assert re.fullmatch(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z {words}", elsewhere)
    failed = finished()
    failed.failure = PoolFull("all are busy")
    end = f" connection_limit_reached: all are busy [{failed.id}]\n"
    assert written(failed, as_json=False).endswith(end)
    gone = finished()
    gone.left, gone.status = True, None
    assert "--- GET" in written(gone, as_json=False)
    assert "the caller left" in written(gone, as_json=False)
    assert "\x1b[32m200\x1b[0m" in written(finished(), as_json=False, colour=True)


def test_a_reader_that_is_gone_does_not_end_the_proxy() -> None:
    read, write = os.pipe()
    os.close(read)
    log = AccessLog(as_json=True, descriptor=write)
    log.write([finished()])
    os.close(write)
    assert log._left == b""


@pytest.mark.needs("posix")
def test_lines_wait_for_a_reader_who_stalls_and_none_is_torn() -> None:
    read, write = os.pipe()
    log = AccessLog(as_json=True, descriptor=write)
    line = "x" * 99 + "\n"
    log._word = lambda *_: line
    for _ in range(2):
        log.write([finished()] * 10_000)
    assert 0 < len(log._left) <= KEPT
    assert len(log._left) % len(line) == 0
    came = b""
    while log._left:
        came += os.read(read, 1 << 16)
        log.write([])
    os.close(write)
    with os.fdopen(read, "rb") as rest:
        came += rest.read()
    assert set(came.splitlines(keepends=True)) == {line.encode()}
    assert len(came) > KEPT


@pytest.mark.needs("posix")
def test_a_reader_who_stalls_does_not_stop_the_proxy(tmp_path: Path) -> None:
    """Neither exchanges nor renewals, whose records go the same way, nor the end."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        while os.write(writer, b" " * 4096):
            pass
    with RawUpstream() as upstream, Program(upstream.url, redirect=f"2>'{pipe}'") as proxy:
        assert ask(proxy.port, "/x").status == 200
        assert proxy.admin("/refresh", "POST")[0] == 200
        assert proxy.stop() == 0
    os.close(writer)
    os.close(reader)


@pytest.mark.parametrize(("style", "is_json"), [("auto", True), ("json", True), ("text", False)])
def test_records_are_worded(style: str, is_json: bool, root: logging.Logger) -> None:
    stream = io.StringIO()
    assert log_format.configure("info", style, stream) is is_json
    try:
        raise ValueError("inside")
    except ValueError:
        root.exception("it %s", "broke")
    root.debug("not shown")
    text = stream.getvalue()
    assert "not shown" not in text
    if is_json:
        line = json.loads(text)
        assert (line["level"], line["message"]) == ("error", "it broke")
        assert "ValueError: inside" in line["traceback"]
    else:
        assert "error   it broke" in text
        assert "ValueError: inside" in text
    assert logging.getLogger("httpx").level == logging.WARNING


@pytest.mark.needs("posix")
@pytest.mark.parametrize(
    ("environment", "wanted"),
    [({}, True), ({"TERM": "dumb"}, False), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)],
)
def test_colour_is_for_terminals_that_show_it(environment: dict[str, str], wanted: bool) -> None:
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as terminal:
        assert coloured(terminal, environment) is wanted
    os.close(ours)


def test_colour_is_for_terminals_alone() -> None:
    formatter = log_format.TextFormatter(colour=True, terminal=True)
    record = logging.LogRecord("x", logging.WARNING, "", 0, "careful", None, None)
    assert "\x1b[33mwarning\x1b[0m careful" in formatter.format(record)
    elsewhere = log_format.TextFormatter(colour=False, terminal=False)
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert re.fullmatch(rf"{moment} warning careful", elsewhere.format(record))


def test_one_line_each_and_no_query_values() -> None:
    with RawUpstream() as upstream, Program(upstream.url) as proxy:
        trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        ask(proxy.port, "/v1/keys?key_value=3001234567", fields=[("traceparent", trace)])
        (line,) = proxy.exchanges()
        assert (line["path"], line["traceparent"]) == ("/v1/keys", trace)
        assert "3001234567" not in proxy.output
        assert upstream.requests[0].values("traceparent") == [trace.encode()]


def test_the_access_log_can_be_off() -> None:
    with RawUpstream() as upstream, Program(upstream.url, access_log="false") as proxy:
        assert ask(proxy.port, "/x").status == 200
        proxy.stop()
        assert '"event":"exchange"' not in proxy.output


@pytest.mark.needs("posix")
@pytest.mark.needs(files=5000)  # fewer are warned of
def test_the_access_log_is_of_level_info() -> None:
    with RawUpstream() as upstream, Program(upstream.url, log_level="warning") as proxy:
        assert ask(proxy.port, "/x").status == 200
        proxy.stop()
        assert proxy.output == ""


@pytest.mark.parametrize("word", [_json_line, _dated])
def test_a_long_path_is_cut(word: Callable[[Exchange, float], str]) -> None:
    """Whoever is refused may have sent sixty-four kilobytes."""
    line = word(Exchange("a-1", "GET", b"/" + b"x" * 60_000), 0.0)
    assert f"{'x' * 4095}... (55905 more bytes)" in line
    assert "(0 more" not in word(Exchange("a-1", "GET", b"/" + b"x" * 4095), 0.0)
    assert len(line) < 5000
