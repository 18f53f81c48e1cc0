"""No command prints a control or bidirectional character that somebody else chose."""

import io
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proxy.addresses import ListenAddress
from proxy.admin import client
from proxy.admin.client import AdminReply
from proxy.admin.probes import Probes
from proxy.admin.readiness import Readiness, Reason
from proxy.cli import operate, tokens
from proxy.cli.ledger import commands
from proxy.errors import ProxyError
from proxy.exchange.record import Exchange
from proxy.ledger.row import Body
from proxy.ledger.sqlite.store import FileStore
from proxy.ledger.verdict import settle
from proxy.telemetry.access_log import _coloured, _dated, _json_line, _plain
from proxy.telemetry.log_format import JsonFormatter, TextFormatter
from proxy.terminal.arguments import say
from proxy.terminal.screen import Screen
from proxy.words import phrase
from tests.support.ledgers import closed, row
from tests.support.terminal import Terminal

# The clipboard, the screen, the title, a colour, C1, DEL, text turned around, line ends.
HOSTILE = (
    "\x1b]52;c;cHduZWQ=\x07\x1b[2J\x1b[31m\x9b31m\x7f\x00\u202e\u2066\u200f\u061c\r\b\x85x;=1+1"
)


def harmless(text: str) -> None:
    """Look at each character that was printed."""
    odd = {char for char in text if not (char.isprintable() or char == "\n")}
    assert not odd, sorted(map(hex, map(ord, odd)))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    store = FileStore.open(path)
    told = json.dumps({"id": HOSTILE, "resolution_id": "r-1", HOSTILE: HOSTILE}, ensure_ascii=False)
    made = [
        row(f"run-{number}{HOSTILE}", path=f"/v1/payments/breb/{HOSTILE}", caller=HOSTILE,
            method=f"POST{HOSTILE}", traceparent=HOSTILE, body=Body(1, "a", told))
        for number in (1, 2)
    ]  # fmt: skip
    store.write(made, [])
    answer = json.dumps({"id": HOSTILE, "status": HOSTILE, "trace_id": HOSTILE})
    store.write([], [closed(made[0], "answered", answer=answer), closed(made[1], "unknown")])
    store.close()
    settle(path, 2, kind="made", note=HOSTILE, author=HOSTILE)
    return path


@pytest.mark.parametrize(
    "words",
    [
        pytest.param([], id="list"),
        pytest.param(["--json"], id="list for a program"),
        pytest.param(["--csv"], id="list for a spreadsheet"),
        pytest.param(["show", "#1"], id="show"),
        pytest.param(["show", "#2", "--json"], id="show for a program"),
        pytest.param(["show", HOSTILE], id="show what is not there"),
        pytest.param(["settle", "1", "--made", "--note", HOSTILE, "--by", HOSTILE], id="settle"),
    ],
)
def test_the_ledgers_commands(
    words: list[str], file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    commands.main([*words, "--ledger", str(file)])
    out, err = capfd.readouterr()
    harmless(out.replace("\r\n", "\n") + err)
    assert out + err


FOUND = {
    "asked": [
        {"target": f"/v1/x?{HOSTILE}", "status": 200, "found": 1, "pages": 2, "back_to": HOSTILE}
    ],
    "candidates": [
        {
            "known": {"id": HOSTILE, HOSTILE: HOSTILE},
            "agrees": [],
            "differs": ["id"],
            "alike": [],
            "row": HOSTILE,
        },
    ],
    "kind": "found",
    "suggests": HOSTILE,
    "words": HOSTILE,
    "detail": HOSTILE,
}
STATE = {
    "ready": True, "version": HOSTILE, "pid": HOSTILE, "listen": HOSTILE, "upstream": HOSTILE,
    "environment": HOSTILE, "pool": {HOSTILE: 1}, "outcome_unknown": {HOSTILE: 1},
    "ledger": {"problem": HOSTILE, "file": HOSTILE, "in_doubt": 1}, "clock_skew": None,
    "token": {
        "state": HOSTILE, "words": HOSTILE, "renewals": {HOSTILE: 1}, "last_error": HOSTILE,
        "rivals": {"words": HOSTILE}, "lifetime": 1.0, "token_id": HOSTILE, "scopes": [HOSTILE],
    },
}  # fmt: skip
TOKEN = {
    "id": HOSTILE, "created": HOSTILE, "ends_in": 5.0, "scopes": 1, "grant": HOSTILE,
    "whose": HOSTILE,
}  # fmt: skip
WHAT_CAME = {"words": HOSTILE, "ended": False}
TOKENS = {"tokens": [TOKEN], "whole": False, "own": None, "revoked": {HOSTILE: WHAT_CAME}}


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, object], None]:
    """Have whoever listens at the admin address answer with what is given."""

    def answer(status: int, document: object) -> None:
        body = document.encode() if isinstance(document, str) else json.dumps(document).encode()

        def ask(*_: object, **__: object) -> AdminReply:
            return AdminReply(status, body, ListenAddress("127.0.0.1", 1))

        for module in (client, operate):
            monkeypatch.setattr(module, "ask", ask)

    return answer


@pytest.mark.parametrize("as_json", [[], ["--json"]], ids=["people", "programs"])
def test_look_up(
    as_json: list[str], file: Path, answering: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    answering(200, FOUND | {"row": {"exchange": f"run-1{HOSTILE}"}})
    commands.main(["look-up", "#1", "--ledger", str(file), *as_json])
    answering(500, FOUND | {"row": {"exchange": "another"}})
    commands.main(["look-up", "#1", "--ledger", str(file)])
    out, err = capfd.readouterr()
    assert "cHduZWQ=" in out
    harmless(out + err)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("status", []),
        ("status", ["--json"]),
        ("refresh", []),
        ("wait", ["--timeout", "0"]),
        ("console", []),
        ("quit", []),
    ],
)
@pytest.mark.parametrize(
    ("status", "document"),
    [
        pytest.param(200, STATE, id="a state"),
        pytest.param(200, STATE | {"renewed": True, "words": HOSTILE, "link": HOSTILE}, id="done"),
        pytest.param(503, STATE | {"last_error": HOSTILE, "words": HOSTILE}, id="not done"),
        pytest.param(202, STATE | {"in_flight": HOSTILE}, id="ending"),
        pytest.param(403, HOSTILE, id="refused"),
        pytest.param(503, f"{HOSTILE}\nnot ready", id="not ready"),
    ],
)
def test_the_operators_commands(
    command: str,
    words: list[str],
    status: int,
    document: object,
    answering: Any,
    capfd: pytest.CaptureFixture[str],
) -> None:
    answering(status, document)
    operate.main(command, [*words, "--admin-listen", "127.0.0.1:1"])
    out, err = capfd.readouterr()
    harmless(out + err)
    assert out + err


@pytest.mark.parametrize("words", [[], ["--json"], ["revoke", "t-1"], ["revoke", "--others"]])
@pytest.mark.parametrize("status", [200, 403, 502])
def test_the_list_of_tokens(
    words: list[str], status: int, answering: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    answering(status, TOKENS | {"detail": HOSTILE})
    tokens.main([*words, *["--yes"][: len(words) // 2], "--admin-listen", "127.0.0.1:1"])
    out, err = capfd.readouterr()
    harmless(out + err)
    assert out + err


class Unshared:
    """A proxy that its database has told something."""

    def readiness(self) -> Readiness:
        return Readiness(True, [Reason("!", phrase("ready.not-shared", why=HOSTILE))])


@pytest.mark.anyio
async def test_the_reasons_of_readyz() -> None:
    made: Any = Probes
    probes = made(Unshared(), metrics=None, secret="", pages=None, module="")
    scope = {"path": "/readyz", "method": "GET", "query_string": b"verbose", "headers": []}
    told: list[Any] = []

    async def send(message: Any) -> None:
        told.append(message)

    await probes({**scope, "http_version": "1.0"}, None, send)
    text = told[-1]["body"].decode()
    assert "cHduZWQ=" in text
    harmless(text)


def test_a_screen_and_what_is_said_beside_it(capfd: pytest.CaptureFixture[str]) -> None:
    screen = Screen(io.StringIO())
    screen.line(HOSTILE)
    harmless(screen._stream.getvalue())  # type: ignore[attr-defined]
    say(f"{HOSTILE}\n{HOSTILE}")
    harmless(capfd.readouterr().err)


@pytest.mark.needs("posix")
def test_a_terminal_gets_our_colours_and_nothing_else() -> None:
    stream = Terminal()
    screen = Screen(stream, {"TERM": "xterm"})
    screen.line(screen.shade(HOSTILE.replace("\x1b[31m", ""), "bold", "red"))
    screen.passing(HOSTILE.replace("\x1b[31m", ""))
    text = stream.getvalue()
    for ours in ("\x1b[1;31m", "\x1b[0m", "\x1b[K"):
        text = text.replace(ours, "")
    harmless(text.replace("\r", ""))


@pytest.mark.parametrize(
    "formatter",
    [
        TextFormatter(colour=False, terminal=False),
        TextFormatter(colour=False, terminal=True),
        JsonFormatter(),
    ],
    ids=["text", "text on a terminal", "JSON"],
)
def test_the_log(formatter: logging.Formatter) -> None:
    record = logging.LogRecord("proxy", logging.ERROR, "", 0, "a %s", (HOSTILE,), None)
    harmless(formatter.format(record))
    try:
        raise ValueError(HOSTILE)
    except ValueError as error:
        record.exc_info = (ValueError, error, error.__traceback__)
    harmless(formatter.format(record))


@pytest.mark.parametrize("word", [_dated, _plain, _json_line, _coloured])
def test_the_line_of_an_exchange(word: Callable[[Exchange, float], str]) -> None:
    exchange = Exchange("a-1", "GET", b"/" + HOSTILE.encode())
    exchange.failure = ProxyError(HOSTILE)
    exchange.failure.reason = "refused"
    exchange.note, exchange.traceparent = HOSTILE, HOSTILE.encode()
    text = word(exchange, 0.0)
    for ours in ("\x1b[31m", "\x1b[0m") if word is _coloured else ():
        text = text.replace(ours, "")
    harmless(text)
