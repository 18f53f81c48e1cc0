"""The simulator as a command of its own."""

import signal
import socket
import subprocess
import sys
from typing import Any

import httpx
import pytest

from proxy.sandbox import SandboxConfig
from proxy.sandbox.__main__ import announce, main, read


def test_it_serves_says_where_and_ends_cleanly() -> None:
    command = [sys.executable, "-m", "proxy.sandbox", "--port", "0", "--token-lifetime", "30"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(6)]
        url = said[1].split()[1].removesuffix("/v1/")
        body = {
            "client_id": said[4].split()[2],
            "client_secret": said[5].split()[2],
            "grant_type": "client_credentials",
        }
        told = httpx.post(f"{url}/v1/iam/oauth/tokens", json=body, trust_env=False).json()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert "not the real thing" in said[0]
    assert told["expires_in"] == 30


def _happened(url: str) -> bool:
    (fault,) = httpx.get(f"{url}/_sandbox", trust_env=False).json()["faults"]
    return bool(fault["happened"])


def test_who_hangs_when_it_ends_is_cut_off_without_a_traceback() -> None:
    command = [sys.executable, "-m", "proxy.sandbox", "--port", "0", "--fault", "hang"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(6)]
        url = said[1].split()[1].removesuffix("/v1/")
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as sock:
            sock.sendall(b"GET /v1/keys HTTP/1.1\r\nHost: x\r\n\r\n")
            assert any(_happened(url) for _ in range(1000))
            process.send_signal(signal.SIGTERM)
            _, complaints = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "Traceback" not in complaints


@pytest.mark.parametrize(
    ("flags", "settings"),
    [
        ([], {}),
        (["--seed", "1", "--latency", "20ms..80ms"], {"seed": 1, "latency": "20ms..80ms"}),
        (["--repeated-revoke", "409"], {"repeated_revoke": 409}),
        (["--empty-list", "documented"], {"empty_list": "documented"}),
        (["--opening-balance", "200"], {"opening_balance": "200"}),
        (["--no-require-token"], {"require_token": False}),
        (["--scopes", "a", "b", "--control-hosts", "x"],
         {"scopes": ("a", "b"), "control_hosts": ("x",)}),
        (["--fault", "status=503;times=2"], {"fault": "status=503;times=2"}),
        (["--lever-hosts", "x"], {"control_hosts": ("x",)}),
    ],
)  # fmt: skip
def test_every_setting_is_a_flag(flags: list[str], settings: dict[str, Any]) -> None:
    assert read(flags) == ("127.0.0.1", 9090, SandboxConfig(**settings))


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        (["--token-lifetime", "-1"], "--token-lifetime"),
        (["--latency", "fast"], "--latency"),
        (["--repeated-revoke", "500"], "--repeated-revoke"),
        (["--port", "70000"], "--port: '70000' is no port"),
        (["--port", "x"], "--port: 'x' is no port"),
        (["--token-lifetime", "inf"], "--token-lifetime"),
        (["--resolution-lifetime", "1e13"], "--resolution-lifetime"),
        (["--webhook-url", "ftp://x"], "--webhook-url"),
        (["--webhook-signature-field", "ñ"], "--webhook-signature-field"),
        (["--error-content-type", "a/b\r\nX: y"], "--error-content-type"),
        (["--fault", "nope"], "--fault: unknown directive"),
        (["--nonsense"], "usage: python -m proxy.sandbox"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_a_flag_that_does_not_fit_is_named(
    flags: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        read(flags)
    assert ended.value.code == 2
    assert word in capsys.readouterr().err


def test_help_names_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    for name in SandboxConfig.model_fields:
        assert f"--{name.replace('_', '-')}" in said
    assert "Guess:" not in said
    assert "X-Sandbox-Fault" in said


@pytest.mark.parametrize(("host", "family"), [("127.0.0.1", "AF_INET"), ("::1", "AF_INET6")])
def test_a_taken_port_is_said_to_be(
    host: str, family: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket(getattr(socket, family)) as taken:
        taken.bind((host, 0))
        taken.listen()
        assert main(["--host", host, "--port", str(taken.getsockname()[1])]) == 3
    said = capsys.readouterr().err
    assert f"cannot listen on {host}" in said
    assert "--port" in said


def test_what_is_announced_can_be_used() -> None:
    said = announce("http://[::1]:9090", SandboxConfig(client_id="me"))
    assert "http://[::1]:9090/_sandbox" in said
    assert "client id      me" in said
