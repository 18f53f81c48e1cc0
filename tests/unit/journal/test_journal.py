"""The journal: what it keeps, how much of it, and what it never holds."""

import asyncio
import json
import sys
import time
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from proxy.errors import (
    ConnectionBroken,
    ConnectTimeout,
    ProxyError,
    RepeatUnderWay,
    RequestRefused,
)
from proxy.exchange.record import Exchange
from proxy.exchange.shell import Shell
from proxy.http1.answer_fields import AnswerFields
from proxy.http1.fields import REQUEST, Lines, Section, serialised
from proxy.http1.request import Request
from proxy.journal.entry import Entry
from proxy.journal.journal import Journal
from proxy.journal.recorder import Capture, CopyBudget, Recorder
from proxy.mask import MASK
from proxy.words import phrase
from tests.support.exchanges import attempt

TOKEN = "0123456789abcdef" * 4
OK: Lines = [(b"Content-Type", b"text/plain")]


def an_exchange(method: str = "GET", target: bytes = b"/v1/x") -> tuple[Exchange, Capture]:
    exchange = Exchange("a-1", method, target)
    lines: Lines = [(b"Host", b"localhost"), (b"X-Proxy-Key", b"key-of-the-caller")]
    capture = Capture(Request(method, target, "1.1", Section(lines, REQUEST), 0), CopyBudget())
    return exchange, capture


def let_in(capture: Capture) -> None:
    if not capture.parts:
        capture.enters("token")


def a_moment() -> None:
    """Pass: some clocks stand still for a while, and a phase of no length is not told."""
    began = time.perf_counter()
    while time.perf_counter() <= began:
        pass


def send(capture: Capture, reached: float | None = None) -> None:
    head = b"GET /v1/x HTTP/1.1\r\nHost: up\r\nAuthorization: Bearer %b\r\n\r\n" % TOKEN.encode()
    capture.sending(attempt(reached=reached), head)


def answer(exchange: Exchange, capture: Capture, body: bytes, status: int = 200) -> None:
    let_in(capture)
    exchange.token_ready = time.perf_counter()
    send(capture)
    answered(capture, status)
    capture.answering(OK)
    capture.passing(body)
    exchange.attempts += (capture.attempts[-1].attempt,)
    exchange.status = status
    exchange.passed_on = exchange.whole = True


def answered(capture: Capture, status: int) -> None:
    last = capture.attempts[-1].attempt
    last.answered, last.status = time.perf_counter(), status
    capture.answered(last, AnswerFields(b"HTTP/1.1 200 OK\r\n" + serialised(OK) + b"\r\n"))


def over(exchange: Exchange, capture: Capture | None, **options: Any) -> Entry:
    journal = Journal(["email"], **options)
    exchange.ended = time.perf_counter()
    recorder = Recorder(journal.keep)
    if capture is not None:
        recorder.under_way[exchange] = capture
    recorder.end(exchange)
    journal.settle()
    ((entry,), _) = journal.after(0)
    return entry


def names(entry: Entry) -> list[str]:
    return [phase.name for phase in entry.phases]


def test_an_entry_holds_neither_token_nor_caller_key() -> None:
    exchange, capture = an_exchange()
    answer(exchange, capture, f"echo {TOKEN} key-of-the-caller".encode())
    entry = over(exchange, capture)
    assert TOKEN not in repr(entry)
    assert "key-of-the-caller" not in repr(entry)
    assert entry.answer.data == "echo •••• ••••"
    assert ("Authorization", "Bearer ••••") in entry.attempts[0].lines


def test_the_last_ones_are_kept_and_what_was_missed_is_counted() -> None:
    journal = Journal([], entries=3)
    for number in range(5):
        exchange, capture = an_exchange(target=b"/%d" % number)
        exchange.id = f"a-{number}"
        journal.keep(exchange, capture)
    journal.settle()
    entries, missed = journal.after(0)
    assert [entry.target for entry in entries] == ["/2", "/3", "/4"]
    assert (missed, journal.last) == (2, 5)
    assert journal.after(4) == ([entries[-1]], 0)
    assert journal.after(5) == ([], 0)
    assert journal.find("a-4") is entries[-1]
    assert journal.find("a-0") is None


def test_what_fell_out_is_counted_and_what_was_cleared_away_is_not() -> None:
    journal = Journal([], entries=3)

    def keep(count: int) -> tuple[int, int]:
        for _ in range(count):
            journal.keep(*an_exchange())
        journal.settle()
        return journal.oldest, journal.gone

    assert journal.gone == 0
    assert keep(3) == (1, 0)
    assert keep(2) == (3, 2)
    journal.clear()
    assert journal.gone == 0
    assert keep(2) == (6, 0)
    assert keep(5) == (10, 4)


def test_an_answer_is_cut_until_the_caller_has_all_of_it() -> None:
    exchange, capture = an_exchange("POST")
    answer(exchange, capture, b"half")
    exchange.whole, exchange.left = False, True
    assert over(exchange, capture).outcome == "cut"
    exchange.whole = True
    assert over(exchange, capture).outcome == "answered"


def test_the_ledgers_time_is_told_from_the_checks_and_from_the_body_it_waits_for() -> None:
    exchange, capture = an_exchange("POST")
    for part in ("intake", "ledger", "token"):
        a_moment()
        capture.enters(part)
    a_moment()
    answer(exchange, capture, b"x")
    assert names(over(exchange, capture))[:4] == ["guard", "intake", "ledger", "token"]


def test_a_request_that_the_ledger_stopped_spent_its_time_there() -> None:
    exchange, capture = an_exchange("POST")
    a_moment()
    capture.enters("ledger")
    a_moment()
    exchange.failure = RequestRefused(503, "ledger", phrase("internal"), phrase("step.ledger"))
    exchange.status = 503
    assert names(over(exchange, capture)) == ["guard", "ledger"]


def test_entries_never_weigh_more_than_allowed() -> None:
    journal = Journal([], weight=30_000)
    for _ in range(10):
        exchange, capture = an_exchange()
        answer(exchange, capture, b"x" * 9_000)
        journal.keep(exchange, capture)
    journal.settle()
    assert len(journal.after(0)[0]) == 2
    exchange, capture = an_exchange()
    answer(exchange, capture, b"x" * 60_000)
    journal.keep(exchange, capture)
    journal.settle()
    assert journal.after(0) == ([], 11)


@pytest.mark.parametrize(
    ("target", "body"),
    [
        pytest.param(b"/v1/x", b"", id="small"),
        pytest.param(b"/v1/x", b'{"email":"ana@x.co","n":"' + b"x" * 60_000, id="masked"),
        pytest.param(b"/v1/x", b'{"email":[' + b"1," * 30_000, id="many masks"),
        pytest.param(b"/v1/x", "\N{BANK}".encode() + b"x" * 60_000, id="beyond the BMP"),
        pytest.param(b"/v1/x?" + b"x" * 60_000 + b"&email=ana@x.co", b"", id="long target"),
    ],
)
def test_an_entry_says_what_it_weighs(target: bytes, body: bytes) -> None:
    exchange, capture = an_exchange("POST", target)
    capture.lines += [(b"X-%d" % number, b"%d" % number) for number in range(90)]
    capture.request.take(body)
    exchange.failure = ConnectionBroken("the upstream closed")
    answer(exchange, capture, body)
    capture.attempts[0].head = capture.attempts[0].head.replace(b"/v1/x", target)
    entry = over(exchange, capture)
    # Roughly: what an object costs beside its bytes is the interpreter's to decide.
    assert memory(entry) * 0.9 <= entry.weight <= memory(entry) * 1.5 + 4096


def memory(value: object) -> int:
    """Return the bytes of an entry and of all that it holds."""
    size = sys.getsizeof(value)
    if isinstance(value, tuple):
        return size + sum(map(memory, value))
    if is_dataclass(value):
        return size + sum(memory(getattr(value, field.name)) for field in fields(value))
    return size


def test_clear_forgets_but_numbers_go_on() -> None:
    journal = Journal([])
    assert journal.oldest == 1
    journal.keep(*an_exchange())
    journal.clear()
    assert journal.oldest == 2
    journal.keep(*an_exchange())
    journal.settle()
    entries, missed = journal.after(0)
    assert [entry.number for entry in entries] == [journal.oldest] == [2]
    assert missed == 0


def test_followers_are_woken_until_they_leave() -> None:
    journal = Journal([])
    bell = journal.follow()
    journal.keep(*an_exchange())
    journal.settle()
    assert bell.is_set()
    bell.clear()
    journal.unfollow(bell)
    journal.keep(*an_exchange())
    journal.settle()
    assert not bell.is_set()


@pytest.mark.parametrize(
    "refusal",
    [
        RequestRefused(421, "host", phrase("host-malformed"), phrase("step.one-host")),
        RepeatUnderWay(phrase("host-malformed"), 7),
    ],
    ids=["by a rule", "of a repeat"],
)
def test_a_refusal_is_shown_with_the_answer_that_the_caller_got(refusal: ProxyError) -> None:
    """It goes through the recorder as every answer does."""
    journal = Journal([])

    def refuse(exchange: Exchange, request: Request) -> None:
        raise refusal

    async def nothing(*_: object) -> None:
        """Send nothing anywhere."""

    recorder = Recorder(journal.keep)
    shell = Shell(refuse, nothing, [recorder.end], recorder.begin)
    request = Request("POST", b"/v1/x", "1.1", Section([], REQUEST), 0)
    asyncio.run(shell.serve(request, nothing))  # type: ignore[arg-type]
    journal.settle()
    ((entry,), _) = journal.after(0)
    assert entry.trouble is not None
    assert (entry.trouble.kind, entry.trouble.outcome) == ("refused", "not-sent")
    assert json.loads(str(entry.answer.data))["detail"] == str(phrase("host-malformed"))
    assert names(entry) == ["guard"]
    assert entry.upstream_seconds == 0


def test_what_never_was_a_request_is_an_entry_too() -> None:
    exchange = Exchange("a-1", "-", b"-")
    exchange.failure = RequestRefused(
        400, "malformed", phrase("tls-came"), phrase("step.well-formed")
    )
    exchange.status = 400
    entry = over(exchange, None)
    assert json.loads(str(entry.answer.data))["detail"] == str(phrase("tls-came"))
    assert (entry.method, entry.request_lines, entry.phases) == ("-", (), ())
    assert entry.at > 0


def test_an_unknown_outcome_says_what_to_do() -> None:
    exchange, capture = an_exchange("POST")
    let_in(capture)
    send(capture)
    exchange.attempts = (capture.attempts[-1].attempt,)
    exchange.failure = ConnectionBroken("gone")
    exchange.status = 502
    entry = over(exchange, capture)
    assert entry.trouble is not None
    assert (entry.trouble.kind, entry.trouble.outcome) == ("unreached", "unknown")
    assert "look up in the API" in str(entry.trouble.next_step)
    assert names(entry)[-1] == "wait"


def test_a_caller_who_got_no_head_has_no_answer() -> None:
    exchange, capture = an_exchange()
    let_in(capture)
    exchange.left = True
    entry = over(exchange, capture)
    assert (entry.status, entry.answer.data, entry.answer_lines) == (None, b"", ())
    assert names(entry) == ["guard", "token"]


def test_a_connection_that_never_stood_is_time_for_connecting() -> None:
    exchange, capture = an_exchange()
    let_in(capture)
    exchange.token_ready = time.perf_counter()
    exchange.failure = ConnectTimeout("too late")
    exchange.status = 504
    assert names(over(exchange, capture))[-1] == "connect"


def test_a_replay_after_a_401_is_told_from_a_second_connection() -> None:
    exchange, capture = an_exchange()
    answer(exchange, capture, b"", 401)
    answer(exchange, capture, b"x")
    capture.request_whole = time.perf_counter()
    entry = over(exchange, capture)
    assert entry.replayed
    assert "renewal" in names(entry)
    exchange, capture = an_exchange()
    let_in(capture)
    send(capture)
    answer(exchange, capture, b"x")
    entry = over(exchange, capture)
    assert not entry.replayed
    assert "reconnect" in names(entry)
    assert "renewal" not in names(entry)


@pytest.mark.parametrize(("tls", "found"), [(True, ["connect", "tls"]), (False, ["connect"])])
def test_the_handshake_is_told_from_the_connection(tls: bool, found: list[str]) -> None:
    exchange, capture = an_exchange()
    let_in(capture)
    exchange.token_ready = time.perf_counter()
    reached = time.perf_counter()
    a_moment()
    send(capture, reached)
    answered(capture, 200)
    exchange.status = 200
    entry = over(exchange, capture, tls=tls)
    assert [name for name in names(entry) if name in ("connect", "tls")] == found


def test_phases_have_neither_gaps_nor_overlaps() -> None:
    exchange, capture = an_exchange("POST")
    answer(exchange, capture, b"", 401)
    capture.request_whole = time.perf_counter() + 5  # a clock that jumped
    answer(exchange, capture, b"x")
    entry = over(exchange, capture)
    assert entry.phases[0].start == 0
    for before, after in zip(entry.phases, entry.phases[1:], strict=False):
        assert before.end == after.start
    assert entry.phases[-1].end <= entry.seconds


def test_what_waits_is_cleared_too() -> None:
    journal = Journal([])
    journal.keep(*an_exchange())
    journal.clear()
    journal.settle()
    assert journal.after(0) == ([], 0)


@pytest.mark.anyio
async def test_an_exchange_that_is_not_yet_masked_is_found_all_the_same(
    anyio_backend: str,
) -> None:
    assert anyio_backend == "asyncio"
    journal = Journal([])
    journal.keep(*an_exchange())
    assert journal.find("a-1") is None
    entry = await journal.found("a-1")
    assert entry is not None
    assert await journal.found("a-1") is entry
    assert await journal.found("a-2") is None


def test_of_a_refused_request_little_is_kept_and_nothing_of_what_is_long() -> None:
    """Nothing of it costs anything: who has no key chose all of it."""
    exchange, capture = an_exchange(target=b"/v1/x?a=" + b"b" * 60_000)
    secret = b"abcdefgh" * 100
    capture.lines += [(b"Cookie", b"a=" + secret), (b"X-Long", b"v" * 513), (b"n" * 300, b"v")]
    capture.lines += [(b"X", b"y" * 400)] * 100
    exchange.failure = RequestRefused(403, "caller-key", phrase("key-missing"), phrase("step.key"))
    exchange.target += secret
    entry = over(exchange, capture)
    assert sum(len(name) + len(value) for name, value in entry.request_lines) < 20_000
    assert len(entry.target) < 1100
    assert entry.target.endswith(f"{MASK} (59784 bytes, not kept)")
    assert dict(entry.request_lines)["X-Long"] == f"{MASK} (513 bytes, not kept)"
    assert dict(entry.request_lines)["n" * 128] == f"{MASK} (1 bytes, not kept)"
    assert entry.request_lines[-1] == ("...", f"{MASK} (41 headers, not kept)")
    assert len(exchange.target) > 60_000  # others are told it after the journal


def test_a_long_secret_is_masked_wherever_it_stands_though_its_line_is_cut() -> None:
    exchange, capture = an_exchange("POST", b"/v1/x")
    secret = b"abcdefgh" * 1000
    capture.lines += [(b"Cookie", b"a=" + secret), (b"X-Long", b"v" * 20_000)]
    capture.request.take(b"echo " + secret)
    answer(exchange, capture, f"echo {TOKEN}".encode())
    capture.attempts[0].head = b"POST /v1/x HTTP/1.1\r\nX-Long: %b\r\nAuthorization: Bearer %b" % (
        b"v" * 20_000,
        TOKEN.encode(),
    )
    entry = over(exchange, capture)
    assert (entry.request.data, entry.answer.data) == (f"echo {MASK}", f"echo {MASK}")
    assert entry.attempts[0].lines == (
        ("X-Long", f"{MASK} (20000 bytes, not kept)"),
        ("Authorization", f"Bearer {MASK}"),
    )


@pytest.mark.parametrize(
    "cookies",
    [
        pytest.param([b"a%d=secret-%08d" % (n, n) for n in range(60)], id="many"),
        pytest.param([b"a=" + b"secret-1" * 2000], id="long"),
    ],
)
def test_with_more_secrets_than_can_be_looked_for_no_text_is_kept(cookies: list[bytes]) -> None:
    exchange, capture = an_exchange("POST", b"/v1/x")
    capture.lines += [(b"Cookie", cookie) for cookie in cookies] + [(b"X-Echo", cookies[0])]
    capture.request.take(cookies[0])
    answer(exchange, capture, cookies[-1])
    entry = over(exchange, capture)
    assert "secret-" not in repr(entry)
    assert entry.request.words == entry.answer.words
    assert str(entry.request.words).startswith("not kept: the request has more cookies")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
