"""docs/sandbox.md, held against the simulator."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest

from simulator import SandboxConfig
from simulator.controls import CONTROLS
from simulator.faults import _DIRECTIVES
from simulator.latency import PROFILES

TEXT = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text("utf-8")
GUESSES = TEXT.partition("## Guesses")[2].partition("## Behaviour")[0]
SETTINGS = TEXT.partition("## Settings")[2].partition("## Guesses")[0]


@pytest.mark.parametrize("name", SandboxConfig.model_fields)
def test_every_setting_stands_in_its_table(name: str) -> None:
    field = SandboxConfig.model_fields[name]
    described = field.description or ""
    table = GUESSES if described.startswith("Guess: ") else SETTINGS
    (row,) = [line for line in table.splitlines() if line.startswith(f"| `{name}` |")]
    _, _, values, default, meaning, _ = (cell.strip() for cell in row.split("|"))
    assert meaning.lower() == described.removeprefix("Guess: ").lower()
    shown = str(field.default).lower() if isinstance(field.default, bool) else field.default
    assert default == ("–" if field.default in {None, ()} else f"`{shown}`")
    if get_origin(field.annotation) is Literal:
        assert values == ", ".join(f"`{value}`" for value in get_args(field.annotation))


def test_no_row_tells_of_a_setting_that_is_none() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", SETTINGS + GUESSES, re.MULTILINE)
    assert sorted(rows) == sorted(SandboxConfig.model_fields)


def test_every_directive_profile_and_control_is_told_of() -> None:
    for directive in _DIRECTIVES:
        assert re.search(rf"^\| `{directive}[=`]", TEXT, re.MULTILINE)
    for profile in PROFILES:
        assert f"`{profile}`" in TEXT
    for control in CONTROLS:
        assert f"/_sandbox/{control} " in TEXT or f"`{control}`" in TEXT


def test_every_guess_and_its_switch_stands_in_the_table_of_sources() -> None:
    table = TEXT.partition("## What is real")[2].partition("## Settings")[0]
    named = set(re.findall(r"`(\w+)`", table))
    guesses = {
        name
        for name, field in SandboxConfig.model_fields.items()
        if (field.description or "").startswith("Guess: ")
    }
    assert guesses <= named
    kinds = ("real", "documented", "observed", "guessed", "ours")
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert all(row.split("|")[2].strip().startswith(kinds) for row in rows)


CURLS = [line for line in TEXT.splitlines() if line.startswith("curl ")]


@pytest.mark.needs("curl")
@pytest.mark.parametrize("line", CURLS)
def test_every_curl_line_works(sandbox: Any, line: str) -> None:
    here = line.replace("http://127.0.0.1:9090", sandbox.url)
    ended = subprocess.run(
        ["sh", "-c", f"{here} -sS --max-time 10"], capture_output=True, text=True, check=False
    )
    if "/_sandbox/" in line:
        assert ended.stdout.startswith(('{"done":', '{"customers":')), ended.stdout
        return
    (fault,) = [word for word in shlex.split(line) if word.startswith("X-Sandbox-Fault")]
    expected = {"status": 0, "delay": 0, "cut-body": 18, "reset": 56, "hang": 56}
    assert ended.returncode == expected[re.split("[=;]", fault.partition(": ")[2])[0]]


def test_it_says_plainly_what_it_is() -> None:
    assert "It is not the\nreal thing" in TEXT
    assert "made from the public documentation alone" in TEXT
