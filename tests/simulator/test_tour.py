"""The guided tour, pasted into a real shell."""

import json
import re
import subprocess
from typing import Any

import pytest

from simulator import powershell
from simulator.steps import DOUBT, FIRST
from simulator.tour import first, tour
from tests.support import RawUpstream, ask, free_port
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


def by_powershell(line: str, known: dict[str, str]) -> tuple[str, str, bytes, dict[str, str]]:
    """Read a step for PowerShell, as it reads it; give what it keeps, path, body and fields.

    Debian has none. In apostrophes nothing has a meaning but two of them; in quotes a variable has.
    """
    name, path, body, fields = PowerShell.fullmatch(line).groups()  # type: ignore[union-attr]

    def filled(text: str) -> str:
        return re.sub(r"\$(\w+)", lambda variable: known[variable[1]], text)

    text = "".join(
        literal.replace("''", "'") if not variable else known[variable]
        for literal, variable in re.findall(r"'((?:[^']|'')*)'|\$(\w+)", body or "")
    )
    pairs = re.findall(r"'([^']+)' = \"([^\"]+)\"", fields or "")
    return name, filled(path), text.encode(), {key: filled(value) for key, value in pairs}


PowerShell = re.compile(
    r"(?:if \(\$demo\) \{ Start-Sleep \d \}; )?"
    r"\$(\w+) = ask \"([^\"]+)\"(?: \((.+?')\))?(?: @\{(.+)\})?"
)


def test_the_tour_for_powershell_takes_the_same_steps(start: Any) -> None:
    sandbox = start(require_token=False, settle_delay=0.0)
    known: dict[str, str] = {}
    answers = []
    for _, line in powershell.tour([*FIRST, DOUBT[0], DOUBT[2], DOUBT[3]]):
        name, path, body, fields = by_powershell(line, known)
        lines = [*fields.items(), *([("Content-Type", "application/json")] if body else [])]
        port = int(sandbox.url.rpartition(":")[2])
        answer = ask(port, path, "POST" if body else "GET", lines, body or None)
        assert answer.status in (200, 201), answer
        answers.append(json.loads(answer.body))
        known[name] = answers[-1].get("id", "")
    assert answers[4]["status"] == "SETTLED"
    assert answers[7]["resolution_id"] == answers[6]["id"] == known["resolution"]
    assert answers[8]["available_balance"]["value"] == "89999999999950000"


def test_the_tour_for_powershell_is_ascii_and_sends_only_what_a_simulator_gets() -> None:
    lines = [powershell.first("http://127.0.0.1:1/", OTHERWISE), powershell.announced("it's")]
    lines += [line for _, line in powershell.tour([*FIRST, *DOUBT])]
    assert "".join(lines).isascii()
    assert not any("\n" in line for line in lines)  # `powershell -Command -` reads line by line
    assert (
        "(Invoke-RestMethod 'http://127.0.0.1:1').simulator -like 'of the Bre-B API*'" in lines[0]
    )
    assert "function ask($path, $body, $fields = @{}) { if (-not $demo) { return };" in lines[0]
    assert "'it''s not there'" in lines[0]
    assert lines[1] == "if ($demo) { Write-Host 'it''s' }"
