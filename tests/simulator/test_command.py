"""The simulator as a command of its own."""

import shlex
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from proxy import sandbox
from simulator import SandboxConfig, create_app, tls
from simulator.__main__ import announce, main
from simulator.flags import Start, read
from tests.support.patience import PATIENCE


@pytest.mark.needs("posix")
def test_it_serves_says_where_and_ends_cleanly() -> None:
    command = [sys.executable, "-m", "simulator", "--port", "0", "--token-lifetime", "30"]
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
        assert process.wait(PATIENCE) == 0
    assert "not the real thing" in said[0]
    assert told["expires_in"] == 30


def test_its_former_name_works() -> None:
    command = [sys.executable, "-m", "proxy.sandbox", "--nonsense"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: python -m proxy.sandbox ")
    assert sandbox.create_app is create_app


def _happened(url: str) -> bool:
    (fault,) = httpx.get(f"{url}/_sandbox", trust_env=False).json()["faults"]
    return bool(fault["happened"])


@pytest.mark.needs("posix")
def test_who_hangs_when_it_ends_is_cut_off_without_a_traceback() -> None:
    command = [sys.executable, "-m", "simulator", "--port", "0", "--fault", "hang"]
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
            _, complaints = process.communicate(timeout=PATIENCE)
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
    assert read(flags, "x") == Start("127.0.0.1", 9090, SandboxConfig(**settings))


@pytest.mark.parametrize(
    ("flags", "address"),
    [
        (["--listen", "0.0.0.0:80"], ("0.0.0.0", 80)),
        (["--listen", "[::1]:0"], ("::1", 0)),
        (["--host", "localhost", "--port", "1"], ("localhost", 1)),
    ],
)
def test_the_address_can_be_said_in_one_or_in_two(flags: list[str], address: Any) -> None:
    start = read(flags, "x")
    assert (start.host, start.port) == address


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        (["--token-lifetime", "-1"], "--token-lifetime"),
        (["--latency", "fast"], "--latency"),
        (["--repeated-revoke", "500"], "--repeated-revoke"),
        (["--port", "70000"], "--port: '70000' is not a port"),
        (["--port", "x"], "--port: 'x' is not a port"),
        (["--token-lifetime", "inf"], "--token-lifetime"),
        (["--resolution-lifetime", "1e13"], "--resolution-lifetime"),
        (["--webhook-url", "ftp://x"], "--webhook-url"),
        (["--webhook-signature-field", "ñ"], "--webhook-signature-field"),
        (["--error-content-type", "a/b\r\nX: y"], "--error-content-type"),
        (["--fault", "nope"], "--fault: unknown directive"),
        (["--nonsense"], "usage: the command"),
        (["--nonsense"], "no such option: --nonsense"),
        (["--prot", "1"], "no such option: --prot; did you mean --port?"),
        (["--settle-dealy=3"], "did you mean --settle-delay?"),
        (["--base-url", "x"], "no such option: --base-url (hinted)"),
        (["serve"], "only options are allowed, and 'serve' is not an option"),
        (["--listen", "9090"], "'9090' is not an address: write HOST:PORT, as 127.0.0.1:9090"),
        (["--listen", "::1:9090"], "not an address"),
        (["--listen", "a:b"], "'b' is not a port"),
        (["--listen", "a:1", "--port", "2"], "remove --host and --port"),
        (["--tls-cert", "x"], "set both --tls-cert and --tls-key, or neither"),
        (["--maximum-amount", "much"], "--maximum-amount: must be law, none, or an amount"),
    ],
)
def test_a_flag_that_does_not_fit_is_named(
    flags: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        read(flags, "the command", lambda flag: " (hinted)" if flag == "--base-url" else "")
    assert ended.value.code == 2
    assert word in capsys.readouterr().err


def test_help_names_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"], "the command")
    said = capsys.readouterr().out
    for name in SandboxConfig.model_fields:
        assert f"--{name.replace('_', '-')}" in said
    assert "Guess:" not in said
    assert "X-Sandbox-Fault" in said


@pytest.mark.parametrize(
    ("host", "family"),
    [
        ("127.0.0.1", "AF_INET"),
        pytest.param("::1", "AF_INET6", marks=pytest.mark.needs("ipv6")),
    ],
)
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


@pytest.mark.needs("posix")
def test_it_makes_a_certificate_of_its_own(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    command = [sys.executable, "-m", "simulator", "--listen", "127.0.0.1:0", "--tls"]
    command += ["--tls-ca", str(authority), "--tls-names", "simulator"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(7)]
        url = said[1].split()[1].removesuffix("/v1/")
        known = ssl.create_default_context(cafile=authority)
        told = httpx.get(url, verify=known, trust_env=False)
        process.terminate()
        assert process.wait(PATIENCE) == 0
    assert url.startswith("https://127.0.0.1:")
    assert str(authority) in said[6]
    assert told.json()["page"] == "/_sandbox"
    assert "PRIVATE" not in authority.read_text()


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        (["--data", "nowhere.json"], "nowhere.json: "),
        (["--tls-cert", "none.pem", "--tls-key", "none.pem"], "TLS: "),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    flags: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(flags, "x") == 2
    assert word in capsys.readouterr().err


def test_who_lacks_the_extra_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    assert main(["--tls"], "x") == 2
    assert f"{shlex.quote(sys.executable)} -m pip install trustme\n" in capsys.readouterr().err


def test_a_certificate_can_be_given(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    assert tls.given(tmp_path / "cert.pem", tmp_path / "key.pem").get_ca_certs() == []


def test_data_that_does_not_fit_is_told_of_at_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data.json").write_text('{"costumers": []}')
    assert main(["--port", "0", "--data", str(tmp_path / "data.json")], "x") == 2
    assert "costumers is not known here" in capsys.readouterr().err
