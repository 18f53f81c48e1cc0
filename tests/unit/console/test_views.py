"""Entries as the console words them: the odd ones, which a running proxy seldom gives."""

from dataclasses import replace
from typing import Any

import pytest

from proxy.asgi import Message, Send
from proxy.console.caller_url import CallerUrl
from proxy.console.changes import changes
from proxy.console.har import har
from proxy.console.replay import Replay, ReplayRefused, Wish
from proxy.console.said import said
from proxy.console.sendable import sendable
from proxy.console.views import detail, mark
from proxy.exchange.own_request import OwnRequest
from proxy.exchange.record import Exchange
from proxy.exchange.shell import Shell
from proxy.http1.fields import REQUEST, Section
from proxy.http1.request import Request
from proxy.journal.body import Content
from proxy.journal.entry import Entry, Phase, Trouble
from proxy.journal.journal import Journal
from proxy.journal.recorder import Recorder
from proxy.settings.model import Settings
from proxy.words import phrase

DOOR = CallerUrl("http://127.0.0.1:8080", "", keyed=False, production=False)
NOTHING = Content(b"", 0)
ENTRY = Entry(
    number=1,
    id="a-1",
    at=0.0,
    method="POST",
    target="/v1/x",
    version="1.1",
    status=200,
    seconds=0.1,
    received=0,
    sent=0,
    left=False,
    note="",
    replay_of="",
    caller="payroll",
    uid=None,
    outcome="answered",
    request_lines=(),
    request=NOTHING,
    answer_lines=(),
    answer=NOTHING,
    attempts=(),
    phases=(),
    trouble=None,
)


def changed(**changes: Any) -> Entry:
    return replace(ENTRY, **changes)


def test_marks_tell_whose_doing_it_was() -> None:
    assert mark(changed(left=True)) == "left"
    for kind in ("no-token", "unreached", "proxy"):
        assert mark(changed(trouble=Trouble(kind, "", "", phrase("step.report")))) == kind
    assert mark(changed(trouble=Trouble("refused", "", "", phrase("step.report")))) == "refused"
    assert mark(changed(status=404)) == "upstream"
    assert mark(changed(status=204)) == "answered"


@pytest.mark.parametrize(
    ("content", "judged"),
    [
        pytest.param(Content("[" * 100_000, 1), {"json": False}, id="too deep to judge"),
        pytest.param(Content("{nonsense", 1), {"json": False}, id="does not claim to be JSON"),
        pytest.param(Content("words", 1, "text/plain"), {"json": False}, id="text"),
        pytest.param(Content("[1]", 1), {"json": True}, id="does not claim it either, but is"),
        pytest.param(
            Content('["abc', 9, "application/json", cut=True), {"json": True}, id="cut in a string"
        ),
        pytest.param(
            Content('{"a":fals', 9, "application/json", cut=True), {"json": True}, id="in a word"
        ),
    ],
)
def test_json_is_judged_with_care(content: Content, judged: dict[str, object]) -> None:
    shown = detail(changed(request=content), DOOR)["request"]
    assert {name: shown.get(name) for name in judged} == judged
    assert "error" not in shown


def test_what_is_broken_before_it_is_cut_is_shown_so() -> None:
    content = Content('{"a":,"b":1234567', 99, "application/json", cut=True)
    error = detail(changed(request=content), DOOR)["request"]["error"]
    assert (error["words"], error["at"]) == ("Expecting value", 5)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        pytest.param(changed(method="-"), "it was not a well-formed request", id="malformed"),
        pytest.param(
            changed(request=Content(b"", 5, words="not kept: the coding br is not supported")),
            "its body is not kept: the coding br is not supported",
            id="not read",
        ),
        pytest.param(
            changed(request=Content("abc", 9, cut=True)),
            "only the first 3 characters of its body are kept",
            id="cut",
        ),
        pytest.param(
            changed(request=Content(b"", 9)),
            "only the first 0 characters of its body are kept",
            id="no room",
        ),
        pytest.param(ENTRY, "", id="nothing wrong"),
    ],
)
def test_what_cannot_be_sent_again_says_why(entry: Entry, problem: str) -> None:
    assert str(sendable(entry).problem) == problem


def test_what_is_the_clients_own_or_a_pages_is_not_sent_again() -> None:
    lines = (
        ("Host", "x"),
        ("Sec-Fetch-Site", "none"),
        ("Origin", "http://x"),
        ("Authorization", "Basic ••••"),
        ("X-Email", "••••om"),
        ("Content-Encoding", "gzip"),
        ("X-A", "b"),
    )
    again = sendable(changed(request_lines=lines, request=Content("x", 1, coding="gzip")))
    assert (again.lines, again.left_out) == ((("X-A", "b"),), ("X-Email",))
    plain = sendable(changed(request_lines=lines, request=Content("x", 1)))
    assert ("Content-Encoding", "gzip") in plain.lines


@pytest.mark.parametrize(
    ("status", "text", "told"),
    [
        pytest.param(400, '{"message":"no","code":"X1"}', ("no", "X1"), id="at the root"),
        pytest.param(422, '{"title":"T","detail":"D","status":422}', ("D", ""), id="a problem"),
        pytest.param(400, '{"error":"invalid_client"}', ("invalid_client", ""), id="of OAuth"),
        pytest.param(
            200,
            '{"message":"fine","error":{"error_code":"U112","error_description":"too much"}}',
            ("too much", "U112"),
            id="a payment that was rejected",
        ),
        pytest.param(200, '{"message":"fine","error":null}', None, id="a success"),
        pytest.param(200, '{"a":1}', None, id="another success"),
        pytest.param(500, "<html>", None, id="no JSON"),
        pytest.param(500, "[1]", None, id="no object"),
        pytest.param(500, '{"a":{"message":"x"}}', None, id="nothing to tell"),
        pytest.param(500, "", None, id="nothing"),
    ],
)
def test_an_error_is_told_by_its_own_words(
    status: int, text: str, told: tuple[str, str] | None
) -> None:
    found = said(Content(text, len(text)), status)
    assert (found and (found["message"], found["code"])) == told


def test_an_archive_holds_the_odd_ones_too() -> None:
    odd = changed(
        status=799,
        target="/v1/x?a",
        request=Content("abc", 9, "text/plain", cut=True),
        answer=Content(b"\x00", 1),
        answer_lines=(("Location", "/v1/y"),),
    )
    silent = changed(status=None, trouble=Trouble("failed", "r", "no way", phrase("step.report")))
    malformed = changed(method="-")
    left = changed(status=None, left=True, method="OPTIONS", target="*")
    first, second, third = har([odd, silent, malformed, left], DOOR)["log"]["entries"]
    assert third["request"]["url"] == DOOR.url
    assert first["response"]["content"] == {
        "size": 1,
        "mimeType": "",
        "comment": "",
        "text": "AA==",
        "encoding": "base64",
    }
    assert (first["response"]["statusText"], first["response"]["redirectURL"]) == ("", "/v1/y")
    assert first["request"]["postData"]["comment"] == "only the first part is kept"
    assert first["timings"]["connect"] == -1
    assert (second["response"]["status"], second["comment"]) == (0, "no way")
    assert third["comment"] == "the caller left before the end"


def test_a_handshake_is_part_of_connecting_in_an_archive() -> None:
    phases = (Phase("connect", 0.0, 0.25), Phase("tls", 0.25, 0.5), Phase("wait", 0.5, 1.0))
    (entry,) = har([changed(phases=phases)], DOOR)["log"]["entries"]
    assert (entry["timings"]["connect"], entry["timings"]["ssl"]) == (500.0, 250.0)


def test_changes_are_aligned_in_order() -> None:
    before = (("A", "1"), ("Connection", "x-b"), ("X-B", "2"), ("Location", "up"), ("C", "3"))
    after = (("A", "1"), ("Location", "ours"), ("C", "3"), ("Access-Control-Allow-Origin", "*"))
    rows = [(row["change"], row["name"], bool(row["why"])) for row in changes(before, after)]
    assert rows == [
        ("kept", "A", False),
        ("removed", "Connection", True),
        ("removed", "X-B", True),
        ("removed", "Location", False),
        ("added", "Location", True),
        ("kept", "C", False),
        ("added", "Access-Control-Allow-Origin", True),
    ]


def settings(**values: Any) -> Settings:
    return Settings(client_id="x", client_secret="y", **values)


@pytest.mark.parametrize(
    ("values", "url", "socket", "words"),
    [
        ({"listen": "127.0.0.1:1"}, "http://127.0.0.1:1", "", ""),
        ({"listen": "[::1]:1"}, "http://[::1]:1", "", ""),
        (
            {
                "listen": "0.0.0.0:1",
                "caller_key": "the-first-of-the-keys,shop:the-second-of-the-keys",
            },
            "http://127.0.0.1:1",
            "",
            '--header "X-Proxy-Key: $BREB_CALLER_KEY" ',
        ),
        pytest.param(
            {"listen": "unix:/run/p.sock"},
            "http://localhost",
            "/run/p.sock",
            "--unix-socket /run/p.sock ",
            marks=pytest.mark.needs("posix"),
        ),
    ],
)
def test_the_door_is_where_callers_of_this_machine_knock(
    values: dict[str, str], url: str, socket: str, words: str
) -> None:
    door = CallerUrl.of(settings(**values))
    assert (door.url, door.socket, door.production) == (url, socket, False)
    assert door.example == f"curl {words}{url}/v1/customers"
    assert door.keyed == ("caller_key" in values)


@pytest.mark.anyio
async def test_nothing_is_sent_again_once_the_drain_has_begun(anyio_backend: str) -> None:
    assert anyio_backend == "asyncio"

    shell = Shell(let_in, nowhere, [])
    shell.draining = True
    with pytest.raises(ReplayRefused, match="shutting down"):
        await Replay(shell, Journal([]), DOOR).run(Wish(of="a-1"))


@pytest.mark.anyio
async def test_a_replay_brings_its_body_whole_and_says_what_it_repeats(anyio_backend: str) -> None:
    """Whole at once, or an upstream that answers slowly would meet a caller who seems to leave."""

    async def forward(exchange: Exchange, request: Request, send: Send) -> None:
        assert request.body.now() == (b"", True)
        assert exchange.own == OwnRequest(entry.caller, replay_of=entry.id)
        start: Message = {"type": "http.response.start", "status": 204, "headers": []}
        await send(start)
        await send({"type": "http.response.body", "body": b""})

    journal = Journal([])
    recorder = Recorder(journal.keep)
    first = Shell(let_in, nowhere, [recorder.end], recorder.begin)
    request = Request("GET", b"/v1/x", "1.1", Section([], REQUEST), 0)
    await first.serve(request, nowhere)  # type: ignore[arg-type]
    await journal.settled()
    ((entry,), _) = journal.after(0)
    shell = Shell(let_in, forward, [recorder.end], recorder.begin)
    told = await Replay(shell, journal, DOOR).run(Wish(of=entry.id))
    await journal.settled()
    (replayed, *_), _ = journal.after(entry.number)
    assert told == {"id": replayed.id, "status": 204, "whole": True}
    assert replayed.replay_of == entry.id


def let_in(exchange: Exchange, request: Request) -> None:
    """Judge nothing."""


async def nowhere(*_: object) -> None:
    """Send nothing anywhere."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
