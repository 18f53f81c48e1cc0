"""The guided tour, pasted into a real shell."""

import json
import shutil
import subprocess
from typing import Any

import pytest

from proxy.sandbox.tour import tour
from tests.support.patience import PATIENCE

SHELLS = [shell for shell in ("sh", "dash", "bash", "zsh", "ksh") if shutil.which(shell)]


def test_the_tour_has_six_commands_and_no_credentials() -> None:
    commands = [command for _, command in tour("http://127.0.0.1:8080/")]
    assert len(commands) == 6
    assert all(command.count("curl ") == 1 and "\n" not in command for command in commands)
    assert all("http://127.0.0.1:8080/v1/" in command for command in commands)
    assert not any("authorization" in command.lower() for command in commands)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_tour_ends_in_a_settled_payment(start: Any, shell: str) -> None:
    sandbox = start(require_token=False, settle_delay=0.2)
    pasted = "".join(f"{command}\n" for _, command in tour(sandbox.url))
    ended = subprocess.run(
        [shell], input=pasted, capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert ended.stderr == ""
    customer, account, resolution, made, payment, left = map(json.loads, ended.stdout.splitlines())
    assert account["customer_id"] == customer["id"]
    assert (made["resolution_id"], made["status"]) == (resolution["id"], "PENDING")
    assert (payment["id"], payment["status"]) == (made["id"], "SETTLED")
    assert left["available_balance"]["value"] == "89999999999975000"


@pytest.mark.parametrize("shell", SHELLS)
def test_a_line_that_fails_leaves_nothing_odd_behind(start: Any, shell: str) -> None:
    """Pasted after a restart, say, when the customer is gone: each answer still is JSON."""
    sandbox = start(require_token=False)
    commands = [command for _, command in tour(sandbox.url)]
    pasted = f"customer=00000000-0000-4000-8000-000000000000\n{commands[1]}\n{commands[3]}\n"
    ended = subprocess.run([shell], input=pasted, capture_output=True, text=True, check=True)
    assert ended.stderr == ""
    gone, unknown = map(json.loads, ended.stdout.splitlines())
    assert gone["message"] == "no such customer"
    assert unknown["message"].startswith("Field 'account_id' is invalid")


def test_the_tour_can_be_taken_twice(start: Any) -> None:
    sandbox = start(require_token=False, settle_delay=0.0)
    pasted = "".join(f"{command}\n" for _, command in tour(sandbox.url))
    for _ in range(2):
        subprocess.run(["sh"], input=pasted, capture_output=True, text=True, check=True)
    payments = sandbox.get("/v1/payments")["payments"]
    assert [payment["status"] for payment in payments] == ["SETTLED", "SETTLED"]
