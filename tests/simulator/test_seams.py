"""What the simulator's parts promise each other, and what it costs to import."""

import subprocess
import sys
from typing import Any

import anyio
import pytest

from simulator import SandboxConfig, create_app
from simulator.models.lists import PageQuery
from simulator.models.recipients import Recipient
from simulator.models.tokens import CreateToken, TokenQuery
from simulator.openapi import document
from simulator.operations import Call, Operation, Reply
from simulator.parties import bank_party
from simulator.world import Clock, World

STRANGERS = """
import sys
import simulator, simulator.tour, simulator.powershell, simulator.__main__
print(*sorted(
    name for name in sys.modules
    if name.split(".")[0] in {"httpx", "proxy", "segno", "uvicorn", "uvloop"}
))
"""


def test_it_stands_alone_and_imports_nothing_heavy() -> None:
    told = subprocess.run(
        [sys.executable, "-c", STRANGERS], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == ""


def test_an_operation_gets_only_what_it_declares() -> None:
    call = Call(World(SandboxConfig(), Clock()), {})
    with pytest.raises(TypeError, match="no body CreateToken"):
        call.body(CreateToken)
    with pytest.raises(TypeError, match="no query TokenQuery"):
        call.asked(TokenQuery)


def test_a_query_has_no_required_members() -> None:
    class Demanding(PageQuery):
        wanted: str = ""

    operation = Operation(
        name="x", method="GET", path="/v1/x", summary="x", answer=lambda _: Reply(),
        query=Demanding,
    )  # fmt: skip
    with pytest.raises(TypeError, match="default of None"):
        document([operation], SandboxConfig())


def test_only_ach_recipients_are_parties() -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    recipient = Recipient(id=nobody, customer_id=nobody, type="BREB", created_at="", updated_at="")
    with pytest.raises(ValueError, match="only ACH"):
        bank_party(recipient)


def test_other_protocols_get_no_answer() -> None:
    sent: list[Any] = []

    async def nothing(*_: Any) -> None:
        sent.append(_)

    app: Any = create_app()
    anyio.run(app, {"type": "websocket"}, nothing, nothing)
    assert sent == []


def test_the_wall_clock_can_be_chosen() -> None:
    assert World(SandboxConfig(), Clock(lambda: 0.0)).stamp() == "1970-01-01T00:00:00Z"
    assert World(SandboxConfig(), Clock(lambda: 0.5)).stamp() == "1970-01-01T00:00:00.5Z"
