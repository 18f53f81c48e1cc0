"""docs/windows.md: its C#, as it stands there; tests/windows/test_callers.py has its VBScript."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import free_port
from tests.support.front import Front
from tests.support.front import front as a_front
from tests.support.mono import at_once
from tests.support.pages import block
from tests.support.patience import PATIENCE

MAIN = """
class App
{
    static void Main()
    {
        System.Console.WriteLine(Payments.Pay("invoice-17", "{\\"concept\\":\\"caf\\u00e9\\"}"));
    }
}
"""


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    with a_front() as front:
        yield front


def told(tmp_path: Path, port: int) -> str:
    """Pay with the page's class, which old compilers take; return what it says."""
    payments = block("windows.md", "csharp").replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    (tmp_path / "App.cs").write_text(at_once(payments + MAIN, "App"))
    compiled = ["mcs", "-langversion:ISO-2", "-main:AtOnce", "App.cs"]
    for command in (compiled, ["mono", "App.exe"]):
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.mark.needs("mono")
def test_a_payment_goes_out_with_its_key_and_its_answer_is_read(
    front: Front, tmp_path: Path
) -> None:
    front.reset()
    assert told(tmp_path, front.port) == "200 ok"
    (call,) = front.arrived
    assert b"\r\nidempotency-key: invoice-17\r\n" in call.head.lower() + b"\r\n"
    assert call.body.decode() == '{"concept":"café"}'


@pytest.mark.needs("mono")
def test_no_answer_is_told_as_such(tmp_path: Path) -> None:
    assert told(tmp_path, free_port()) == "no answer: the same again, with the same key"
