"""The guided tour, pasted into a real shell."""

import json
import subprocess
from typing import Any

import pytest

from simulator.tour import first, tour
from tests.support import RawUpstream, free_port
from tests.support.patience import PATIENCE

SHELLS = [
    pytest.param(shell, marks=pytest.mark.needs(shell, "curl"))
    for shell in ("sh", "dash", "bash", "zsh", "ksh")
]


OTHERWISE = "it's not there"


def commands(url: str) -> list[str]:
    return [first(url, OTHERWISE), *(command for _, command in tour())]


def pasted(*lines: str, shell: str = "sh") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [shell],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_the_tour_has_six_commands_and_no_credentials() -> None:
    steps = [command for _, command in tour()]
    assert len(steps) == 6
    assert all(command.count("curl ") == 1 and "\n" not in command for command in steps)
    assert all('"$demo/v1/' in command for command in steps)
    assert not any("authorization" in command.lower() for command in steps)


@pytest.mark.parametrize("shell", SHELLS)
def test_nobody_but_a_simulator_is_sent_anything(shell: str) -> None:
    """It may be a proxy that pays: it sees one request, which only reads."""
    with RawUpstream() as bank:
        ended = pasted(*commands(bank.url), shell=shell)
        assert [(call.method, call.target) for call in bank.requests] == [("GET", b"/")]
    assert (ended.stdout, ended.stderr) == ("", f"{OTHERWISE}\n")
    assert ended.returncode != 0


@pytest.mark.parametrize("shell", SHELLS)
def test_where_nobody_answers_one_line_says_so(shell: str) -> None:
    ended = pasted(*commands(f"http://127.0.0.1:{free_port()}"), shell=shell)
    assert (ended.stdout, ended.stderr) == ("", f"{OTHERWISE}\n")
    assert ended.returncode != 0


@pytest.mark.needs("curl")
def test_a_simulator_that_has_gone_is_forgotten(start: Any) -> None:
    """Pasted again when something else has its address."""
    sandbox = start(require_token=False)
    with RawUpstream() as bank:
        before, lines = first(sandbox.url, OTHERWISE), commands(bank.url)
        assert pasted(before, *lines).stderr == f"{OTHERWISE}\n"
        assert len(bank.requests) == 1


@pytest.mark.parametrize("shell", SHELLS)
def test_the_tour_ends_in_a_settled_payment(start: Any, shell: str) -> None:
    sandbox = start(require_token=False, settle_delay=0.2)
    ended = pasted(*commands(sandbox.url), shell=shell)
    assert (ended.returncode, ended.stderr) == (0, "")
    customer, account, resolution, made, payment, left = map(json.loads, ended.stdout.splitlines())
    assert account["customer_id"] == customer["id"]
    assert (made["resolution_id"], made["status"]) == (resolution["id"], "PENDING")
    assert (payment["id"], payment["status"]) == (made["id"], "SETTLED")
    assert left["available_balance"]["value"] == "89999999999975000"


@pytest.mark.parametrize("shell", SHELLS)
def test_a_line_that_fails_leaves_nothing_odd_behind(start: Any, shell: str) -> None:
    """Pasted after a restart, say, when the customer is gone: each answer still is JSON."""
    sandbox = start(require_token=False)
    ask, _, link, _, pay, *_ = commands(sandbox.url)
    ended = pasted(ask, "customer=00000000-0000-4000-8000-000000000000", link, pay, shell=shell)
    assert ended.stderr == ""
    gone, unknown = map(json.loads, ended.stdout.splitlines())
    assert gone["message"] == "no such customer"
    assert unknown["message"].startswith("Field 'account_id' is invalid")


@pytest.mark.needs("curl")
def test_the_tour_can_be_taken_twice(start: Any) -> None:
    sandbox = start(require_token=False, settle_delay=0.0)
    for _ in range(2):
        assert pasted(*commands(sandbox.url)).returncode == 0
    payments = sandbox.get("/v1/payments")["payments"]
    assert [payment["status"] for payment in payments] == ["SETTLED", "SETTLED"]
