"""What people do through the admin listener stands in the log, whatever the log's level."""

import json
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from proxy.admin.audit import ACTIONS
from proxy.admin.operator import name
from proxy.console.routes import PAGE
from tests.support import Program, RawUpstream, ask
from tests.support.command import command
from tests.support.patience import PATIENCE


@pytest.fixture(scope="module")
def upstream() -> Iterator[RawUpstream]:
    with RawUpstream() as running:
        yield running


@pytest.fixture(scope="module")
def proxy(upstream: RawUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    ledger = tmp_path_factory.mktemp("books") / "ledger.db"
    settings = {"console": True, "ledger": ledger, "log_level": "error", "access_log": False}
    with Program(upstream.url, **settings) as running:
        yield running


def lines(proxy: Program) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in proxy.output.splitlines() if line.startswith("{")]
    return [each for each in found if each.get("event") == "audit"]


def acted(
    proxy: Program, path: str, document: object = None, method: str = "POST"
) -> dict[str, Any]:
    """Do something, and return its line without the time."""
    before = len(lines(proxy))
    proxy.admin(path, method, "" if document is None else json.dumps(document))
    (line,) = lines(proxy)[before:]
    assert line.pop("time")
    assert line["via"] == "command"
    return line


def closed_row(proxy: Program) -> int:
    """Return the number of the ledger's newest row, once its outcome is written."""
    deadline = time.monotonic() + PATIENCE
    while True:
        row = json.loads(proxy.admin("/ledger")[1])["rows"][0]
        if row["outcome"]:
            number: int = row["number"]
            return number
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_each_command_is_recorded_with_the_name_of_who_gave_it(proxy: Program) -> None:
    where = f"--admin-listen=127.0.0.1:{proxy.admin_port}"
    before = len(lines(proxy))
    who = {"USERNAME" if sys.platform == "win32" else "SUDO_USER": "ana"}
    assert command("refresh", where, cwd=proxy.cwd, **who).code == 0
    (line,) = lines(proxy)[before:]
    assert line.pop("time")
    assert line == {
        "level": "info",
        "event": "audit",
        "action": "refresh",
        "outcome": "done",
        "status": 200,
        "via": "command",
        "name": "ana",
        "renewed": True,
    }


def test_a_replay_names_both_exchanges_and_what_was_edited(proxy: Program) -> None:
    ask(proxy.port, "/v1/secret-path", "GET")
    entry = json.loads(proxy.admin("/console/api/har")[1])["log"]["entries"][-1]["_exchange"]
    again = acted(proxy, "/console/api/replay", {"of": entry})
    assert (again["action"], again["of"], again["answer"]) == ("replay", entry, 200)
    edited = acted(proxy, "/console/api/replay", {"of": entry, "target": "/v1/other"})
    assert (edited["action"], edited["edited"]) == ("edit", "target")
    assert edited["exchange"] not in (entry, again["exchange"])
    assert "secret-path" not in json.dumps(lines(proxy))


def test_a_replay_that_is_asked_about_is_recorded_when_it_is_confirmed(proxy: Program) -> None:
    ask(proxy.port, "/v1/payments/breb", "POST", body=b"{}")
    entry = json.loads(proxy.admin("/console/api/har")[1])["log"]["entries"][-1]["_exchange"]
    before = len(lines(proxy))
    proxy.admin("/console/api/replay", "POST", json.dumps({"of": entry}))
    assert len(lines(proxy)) == before
    confirmed = acted(proxy, "/console/api/replay", {"of": entry, "confirmed": True})
    assert (confirmed["action"], confirmed["outcome"]) == ("replay", "done")


def test_a_verdict_names_its_row_and_author_but_not_its_note(proxy: Program) -> None:
    ask(proxy.port, "/v1/payments/breb", "POST", body=b"{}")
    number = closed_row(proxy)
    wish = {"kind": "settled", "note": "seen in the bank's list", "author": "luis"}
    line = acted(proxy, f"/ledger/{number}/verdict", wish)
    assert (line["row"], line["verdict"], line["author"]) == (str(number), "settled", "luis")
    assert "bank's list" not in proxy.output
    looked = acted(proxy, f"/ledger/{number}/look-up")
    assert (looked["action"], looked["row"]) == ("look-up", str(number))


def test_revoked_tokens_are_counted(proxy: Program) -> None:
    line = acted(proxy, "/tokens/revoke", {"ids": ["not-a-token"]})
    assert (line["action"], line["tokens"], line["token_id"]) == ("revoke", 1, "not-a-token")


def test_a_browser_session_has_a_number_and_the_name_of_who_asked_for_it(proxy: Program) -> None:
    where = f"--admin-listen=127.0.0.1:{proxy.admin_port}"
    address = command("console", where, cwd=proxy.cwd).out.strip()
    link = address.partition("#secret=")[2]
    status, body = proxy.admin("/console/api/session", "POST", secret=link)
    assert status == 200
    proxy.admin("/console/api/clear", "POST", secret=json.loads(body)["secret"])
    made, opened, cleared = lines(proxy)[-3:]
    assert (made["action"], made["via"]) == ("link", "command")
    assert (opened["action"], opened["via"], opened["session"]) == ("session", "console", 1)
    assert (cleared["action"], cleared["session"], cleared["name"]) == ("clear", 1, name())


def test_what_is_refused_is_recorded_too(proxy: Program) -> None:
    assert proxy.admin("/quit", "POST", secret="wrong")[0] == 401
    line = lines(proxy)[-1]
    assert (line["action"], line["outcome"], line["via"]) == ("quit", "refused", "nobody")


def test_who_only_looks_is_not_recorded(proxy: Program) -> None:
    before = len(lines(proxy))
    for path in ("/status", "/ledger", "/metrics", "/audit"):
        assert proxy.admin(path)[0] == 200
    assert len(lines(proxy)) == before
    assert (
        json.loads(proxy.admin("/audit")[1])["actions"][0]["action"] == lines(proxy)[-1]["action"]
    )


def test_the_end_is_recorded_before_it_comes(upstream: RawUpstream) -> None:
    with Program(upstream.url) as proxy:
        assert acted(proxy, "/quit")["action"] == "quit"


def test_every_command_of_the_listener_is_an_action() -> None:
    """A POST that is added later is recorded, or this fails."""
    from proxy.admin.ledger import LedgerApi
    from proxy.admin.tokens import TokenRoutes
    from proxy.console import Console, Entrance

    nothing: Any = None
    shown = [TokenRoutes(nothing, nothing).routes(), [Entrance(nothing).link()]]
    shown += [[Entrance(nothing).session()], Console.routes(Console.__new__(Console))]
    ledger = LedgerApi.__new__(LedgerApi)
    shown += [ledger.routes(prefix) for prefix in ("/ledger", "/console/api/ledger")]
    routes = [route for each in shown for route in each]
    posts = {route.path for route in routes if "POST" in (route.methods or ())}
    assert posts | {"/refresh", "/quit"} <= ACTIONS.keys()
    assert ACTIONS.keys() <= {route.path for route in routes} | {"/refresh", "/quit"}


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_console_has_words_for_each_action_and_each_fact(language: str) -> None:
    known = (PAGE / f"{language}.js").read_text()
    operations = Path(__file__).parents[2].joinpath("docs", "operations.md").read_text()
    table = operations.partition("### The audit trail")[2].partition("| field |")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \|[^|]*\|(.*)\|$", table, re.MULTILINE)
    facts = {name for _, own in rows for name in re.findall(r"`([a-z_]+)`", own)} - {"replay"}
    assert {action for action, _ in rows} == {*ACTIONS.values(), "edit"}
    assert [action for action, _ in rows if f'"audit.action.{action}"' not in known] == []
    assert [name for name in sorted(facts) if f'"audit.fact.{name}"' not in known] == []
    assert len(facts) > 10
