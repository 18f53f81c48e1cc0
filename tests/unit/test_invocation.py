"""What our messages tell people to type can be typed where they are."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from proxy.invocation import command, curl
from tests.support.stubs import stub


def executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return stub(path, "echo it")


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    monkeypatch.chdir(tmp_path)
    return executable(tmp_path / "a clone" / ".venv" / "bin" / "breb-proxy")


@pytest.mark.needs("posix")
def test_it_is_the_name_alone_where_the_shell_finds_this_one(
    script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "breb-proxy").symlink_to(script)
    assert command(str(script.with_name("python"))) == "breb-proxy"
    monkeypatch.setenv("PATH", str(script.parent))
    assert command(str(script.with_name("python"))) == "breb-proxy"


@pytest.mark.needs("posix")
def test_it_is_the_shortest_path_where_the_shell_finds_none_or_another(
    script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable(tmp_path / "bin" / "breb-proxy")
    python = str(script.with_name("python"))
    assert command(python) == "'a clone/.venv/bin/breb-proxy'"
    monkeypatch.chdir(tmp_path / "a clone")
    assert command(python) == ".venv/bin/breb-proxy"
    monkeypatch.chdir("/")
    (line,) = subprocess.check_output(["sh", "-c", command(python)], text=True).splitlines()
    assert line == "it"


@pytest.mark.needs("posix")
def test_it_is_the_module_where_there_is_no_script(tmp_path: Path) -> None:
    assert command(str(tmp_path / "python")) == f"{tmp_path}/python -m proxy"


def test_it_is_the_name_where_python_is_part_of_another_program() -> None:
    assert command("") == "breb-proxy"


@pytest.mark.needs("posix")
def test_a_folder_that_has_gone_is_no_error(script: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    code = (
        "import os, sys; os.mkdir(sys.argv[1]); os.chdir(sys.argv[1]); os.rmdir(sys.argv[1]);"
        "from proxy.invocation import command; print(command(sys.argv[2]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, gone, script.with_name("python")],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.stdout == f"'{script}'\n", done.stderr


@pytest.mark.parametrize(
    ("environment", "typed"),
    [
        ({}, "curl"),
        ({"http_proxy": "http://proxy.corp:3128"}, "curl --noproxy '*'"),
        ({"ALL_PROXY": "socks5://proxy.corp", "NO_PROXY": "a.corp, b"}, "curl --noproxy '*'"),
        ({"http_proxy": "http://proxy.corp:3128", "no_proxy": "a.corp, 127.0.0.1"}, "curl"),
        ({"http_proxy": "http://proxy.corp:3128", "NO_PROXY": "*"}, "curl"),
        ({"HTTP_PROXY": "http://proxy.corp:3128"}, "curl"),  # not curl's: a CGI's caller sets it
    ],
)
def test_curl_is_not_led_to_a_proxy_for_all_programs(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], typed: str
) -> None:
    monkeypatch.setattr(os, "environ", environment)
    assert curl("127.0.0.1") == typed
