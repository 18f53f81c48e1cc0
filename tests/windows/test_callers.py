"""The function of docs/windows.md for VB6, VBA and classic ASP, run as VBScript."""

import subprocess
from pathlib import Path

import pytest

from tests.support import Program, RawUpstream, free_port
from tests.support.pages import block
from tests.support.patience import PATIENCE

BODY = '{"concept":"café"}'


def told(tmp_path: Path, port: int, *, times: int) -> list[str]:
    """Pay with the page's function, by a script of the system's code page; return its answers."""
    function = block("windows.md", "vb").replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    body = BODY.replace('"', '""').replace("é", '" & Chr(233) & "')
    pay = f'WScript.Echo Pay("invoice-17", "{body}")\n'
    script = tmp_path / "pay.vbs"
    script.write_text(function + pay * times, encoding="ascii")
    done = subprocess.run(
        ["cscript", "//nologo", str(script)], capture_output=True, timeout=PATIENCE, check=True
    )
    return done.stdout.decode("cp1252").splitlines()


@pytest.mark.parametrize("status", ["201 Created", "422 Unprocessable Content"])
def test_a_payment_with_a_key_is_made_once_and_its_answer_read(status: str, tmp_path: Path) -> None:
    answer = f'HTTP/1.1 {status}\r\nContent-Length: 10\r\n\r\n{{"id":"a"}}'.encode()
    with (
        RawUpstream(lambda _: answer) as upstream,
        Program(upstream.url, ledger=tmp_path / "ledger.db") as proxy,
    ):
        said = told(tmp_path, proxy.port, times=2)
    assert said[0] == f'{status[:3]} {{"id":"a"}}'
    paid = [call for call in upstream.requests if call.method == "POST"]
    assert {call.body.decode() for call in paid} == {BODY}
    if status.startswith("2"):
        assert (len(paid), said[1]) == (1, said[0])


def test_no_answer_is_told_as_such(tmp_path: Path) -> None:
    assert told(tmp_path, free_port(), times=1) == ["no answer: the same again, with the same key"]
