"""The program as a process of Windows: how it starts, what it says, how it ends."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import Program, RawUpstream, ask
from tests.support.command import command, environment
from tests.support.patience import PATIENCE

NOTHING = subprocess.DEVNULL


def proxy(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "proxy", *arguments]


def test_it_serves_without_console_and_handles_as_a_service_does() -> None:
    with RawUpstream() as upstream:
        program = Program(upstream.url)
        windowless = str(Path(sys.executable).with_name("pythonw.exe"))
        program.process = subprocess.Popen(
            [windowless, *proxy("serve")[1:]],
            env=program.env,
            creationflags=subprocess.DETACHED_PROCESS,
        )
        try:
            program.until("/readyz")
            assert ask(program.port, "/x").status == 200
            assert program.stop() == 0
        finally:
            program.__exit__()


def test_a_unix_socket_is_an_error_of_the_settings(tmp_path: Path) -> None:
    ended = command("serve", "--listen", "unix:/run/x", cwd=tmp_path)
    assert ended.code == 2
    assert "cannot be a Unix socket on Windows: use host:port" in ended.err


def test_a_reader_who_leaves_is_no_failure_to_tell(tmp_path: Path) -> None:
    process = subprocess.Popen(
        proxy("help", "troubleshooting"),
        cwd=tmp_path,
        env=environment({}),
        stdin=NOTHING,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.stdout, process.stderr.read() if process.stderr else b""
    assert process.wait(PATIENCE) == 1
    assert err == b""
    assert process.stderr is not None
    process.stderr.close()


def test_what_is_piped_is_utf_8(tmp_path: Path) -> None:
    words = environment({"LANG": "es_CO.UTF-8"})
    said = subprocess.run(
        proxy("help", "ledger"), cwd=tmp_path, env=words, stdin=NOTHING, capture_output=True
    )
    assert said.returncode == 0
    assert "ó" in said.stdout.decode("utf-8")


def test_nul_is_nobody_who_types(tmp_path: Path) -> None:
    """isatty says that it is a terminal; the program would wait for a console that is not there."""
    ended = subprocess.run(
        proxy("login"),
        cwd=tmp_path,
        env=environment({"BREB_BASE_URL": "http://127.0.0.1:1"}),
        stdin=NOTHING,
        capture_output=True,
        timeout=PATIENCE,
    )
    assert ended.returncode == 2
    assert b"client id on the first line" in ended.stderr


def test_a_port_that_another_program_has_is_told_as_such(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = command(
            "serve",
            cwd=tmp_path,
            BREB_BASE_URL="http://127.0.0.1:1",
            BREB_CLIENT_ID="a-client",
            BREB_CLIENT_SECRET="a-secret",
            BREB_LISTEN=f"127.0.0.1:{taken.getsockname()[1]}",
        )
    assert ended.code == 3
    assert "the port is in use" in ended.err or "it is reserved" in ended.err


@pytest.mark.parametrize("line", ['BREB_LEDGER="C:\\new\\ledger.db"', '"C:\\temp"'])
def test_a_backslash_that_would_be_an_escape_is_explained(tmp_path: Path, line: str) -> None:
    text = f"# settings\n{line}\n" if "=" in line else f"BREB_LEDGER={line}\n"
    Path(tmp_path, ".env").write_text(text, encoding="utf-8")
    ended = command("check", cwd=tmp_path)
    assert "in double quotes is an escape: write / or single quotes" in ended.both
    assert os.sep in str(tmp_path)
