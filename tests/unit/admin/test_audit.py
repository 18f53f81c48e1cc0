"""What is recorded of an action, and that nobody can fill the log with refusals."""

import json
import logging
from typing import Any

import anyio
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from proxy.addresses import ListenAddress
from proxy.admin import operator
from proxy.admin.access import Access
from proxy.admin.audit import KEPT, Audit, deed
from proxy.admin.local_only import LocalOnly
from proxy.telemetry.log_format import EVENT, JsonFormatter


async def works(request: Request) -> Response:
    deed(request).facts.update(row="7" * 1000, note="two\nlines", ended=2)
    return PlainTextResponse("done")


async def fails(request: Request) -> Response:
    del request
    return PlainTextResponse("no", 503)


async def asks(request: Request) -> Response:
    deed(request).done = False
    return PlainTextResponse("really?")


async def breaks(request: Request) -> Response:
    raise RuntimeError


class World:
    """An app with one action, and what was logged of it."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self.access = Access()
        self.now = 1000.0
        self.audit = Audit(lambda: self.now)
        self._log = caplog
        assert logging.getLogger().level > logging.INFO  # the program's level hides no action

    def act(self, endpoint: Any, secret: str | None = None, **scope: Any) -> None:
        local = LocalOnly(ListenAddress.parse("127.0.0.1:8081"), self.access)
        guarded = self.audit("/quit", local(endpoint))
        given = self.access.secret if secret is None else secret
        lines = [(b"host", b"localhost:1"), (b"authorization", f"Bearer {given}".encode())]
        lines += [(b"x-operator", value.encode()) for value in [scope.pop("name", "")] if value]
        request = {
            "type": "http",
            "method": "POST",
            "path": "/quit",
            "raw_path": b"/quit",
            "query_string": b"",
            "scheme": "http",
            "client": ("127.0.0.1", 1),
            "headers": lines,
            **scope,
        }

        async def receive() -> dict[str, str]:
            return {"type": "http.disconnect"}

        async def send(message: object) -> None:
            del message

        app = Starlette(routes=[Route("/quit", guarded, methods=["POST"])])
        anyio.run(app, request, receive, send)  # type: ignore[arg-type]

    @property
    def lines(self) -> list[dict[str, Any]]:
        records = [each for each in self._log.records if hasattr(each, EVENT)]
        return [json.loads(JsonFormatter().format(each)) for each in records]


@pytest.fixture
def world(caplog: pytest.LogCaptureFixture) -> World:
    return World(caplog)


def test_a_line_says_what_was_done_and_by_whom(world: World) -> None:
    world.act(works, name="Ana%20Ruiz%0Aforged")
    (line,) = world.lines
    assert line.pop("time")
    assert line.pop("row") == "7" * 100
    assert line == {
        "level": "info",
        "event": "audit",
        "action": "quit",
        "outcome": "done",
        "status": 200,
        "via": "command",
        "name": "Ana Ruiz\N{REPLACEMENT CHARACTER}forged",
        "note": "two\N{REPLACEMENT CHARACTER}lines",
        "ended": 2,
    }


def test_a_session_has_the_name_of_who_asked_for_its_link(world: World) -> None:
    session = world.access.use(world.access.link("ana"))
    assert session is not None
    world.act(works, session.secret, name="mallory")
    (line,) = world.lines
    assert (line["via"], line["session"], line["name"]) == ("console", 1, "ana")


@pytest.mark.needs("posix")
def test_over_a_unix_socket_the_uid_is_the_kernels(world: World) -> None:
    world.act(works, "", uid=0, client=None)
    world.act(works, "", uid=65534, client=None)
    ours, other = world.lines
    assert (ours["via"], ours["uid"], ours["outcome"]) == ("socket", 0, "done")
    assert (other["via"], other["uid"], other["outcome"]) == ("nobody", 65534, "refused")


def test_what_failed_or_broke_off_is_no_success(world: World) -> None:
    world.act(fails)
    with pytest.raises(RuntimeError):
        world.act(breaks)
    assert [(line["outcome"], line.get("status")) for line in world.lines] == [
        ("failed", 503),
        ("cut", None),
    ]


def test_a_question_is_no_action(world: World) -> None:
    world.act(asks)
    assert world.lines == []


def test_refusals_do_not_fill_the_log_and_are_counted(world: World) -> None:
    for _ in range(50):
        world.act(works, "wrong")
    assert len(world.lines) == 20
    world.act(works)
    assert world.lines[-1]["refusals_left_out"] == 30
    world.now += 60
    world.act(works, "wrong")
    assert world.lines[-1]["outcome"] == "refused"


def test_the_last_ones_are_kept(world: World) -> None:
    for number in range(KEPT + 5):
        world.now = number
        world.act(works)
    response = anyio.run(world.audit.route().endpoint, Request({"type": "http"}))
    document = json.loads(response.body)
    assert document["gone"] == 5
    assert [each["at"] for each in document["actions"]] == [*range(KEPT + 4, 4, -1)]


def test_a_route_that_is_no_action_is_not_wrapped(world: World) -> None:
    assert world.audit("/status", works) is works


def test_an_endpoint_may_add_facts_where_nothing_is_recorded() -> None:
    deed(Request({"type": "http"})).facts["row"] = 1


@pytest.mark.needs("posix")
def test_who_called_sudo_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "ana gómez")
    assert operator.given(operator.field()[operator.FIELD]) == "ana gómez"
    monkeypatch.delenv("SUDO_USER")
    assert operator.name()


def test_a_refusal_of_the_guards_is_raised_on(world: World) -> None:
    async def refuses(request: Request) -> Response:
        raise HTTPException(421)

    with pytest.raises(HTTPException):
        anyio.run(world.audit("/quit", refuses), Request({"type": "http", "headers": []}))
    assert world.lines[0]["status"] == 421
