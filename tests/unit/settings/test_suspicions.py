"""What is usable and yet perhaps not meant: names, files, an upstream that nobody named."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from proxy.credentials import Credentials
from proxy.settings import model, suspicions
from proxy.settings.sources import EnvFile, Sources

GIVEN = {"client_id": "id-1", "client_secret": "hush-hush"}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.upper().startswith("BREB_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_unknown_names_get_a_hint_and_those_of_kubernetes_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of_kubernetes = {
        "BREB_PROXY_PORT": "tcp://10.0.0.1:80",
        "BREB_PROXY_SERVICE_HOST": "10.0.0.1",
        "BREB_PORT": "tcp://10.0.0.1:80",
        "BREB_PROXY_PORT_8080_TCP": "tcp://10.0.0.1:80",
        "BREB_PROXY_PORT_8080_TCP_ADDR": "10.0.0.1",
        "BREB_PROXY_PORT_8080_TCP_PORT": "8080",
        "BREB_PROXY_PORT_8080_TCP_PROTO": "tcp",
        "BREB_PROXY_SERVICE_PORT": "80",
        "BREB_PROXY_SERVICE_PORT_HTTP": "80",
    }
    others = {
        "BREB_CLIENT_SECERT": "x",
        "BREB_LISTEN": "127.0.0.1:1",
        "BREB_QQQQQQ": "1",
        "BREB_X": "1",
    }
    for name, value in {**of_kubernetes, **others}.items():
        monkeypatch.setenv(name, value)
    assert list(map(str, suspicions.unknown_names(Sources()))) == [
        "BREB_CLIENT_SECERT: no such setting; did you mean BREB_CLIENT_SECRET? (environment)",
        "BREB_QQQQQQ: no such setting (environment)",
        "BREB_X: no such setting (environment)",
    ]
    assert suspicions.passed_over() == sorted(of_kubernetes)


def test_a_port_that_a_person_sets_is_no_setting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Kubernetes writes neither a plain number there nor files."""
    monkeypatch.setenv("BREB_PORT", "9000")
    (tmp_path / ".env").write_text("BREB_PORT=tcp://10.0.0.1:80\nBREB_SERVICE_HOST=10.0.0.1\n")
    found = list(map(str, suspicions.unknown_names(Sources())))
    assert found[0] == "BREB_PORT: no such setting; did you mean BREB_LISTEN? (environment)"
    assert [line.partition(":")[0] for line in found] == [
        "BREB_PORT",
        "BREB_PORT",
        "BREB_SERVICE_HOST",
    ]
    assert suspicions.passed_over() == []


def test_no_setting_has_a_name_that_kubernetes_injects() -> None:
    for name in model.Settings.model_fields:
        assert not suspicions.injected(f"BREB_{name.upper()}", "tcp://10.0.0.1:80")


def test_a_line_that_is_no_setting_is_told_with_its_number(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told by us, once, and not by python-dotenv at every reading."""
    file = tmp_path / ".env"
    file.write_text("A=1\n\n\nthis is not a setting\n# a comment\nB='open\n")
    assert list(map(str, suspicions.unread(EnvFile(file)))) == [
        f"{file}: line {number} cannot be read; write NAME=value, and close all quotes"
        for number in (4, 6)
    ]
    model.load(model.find(GIVEN, Sources()))
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("value", "suspect"),
    [
        pytest.param("a-${NOPE}b", True, id="plain"),
        pytest.param("'a-${NOPE}b'", True, id="in-single-quotes"),
        pytest.param('"a-${}b"', True, id="without-a-name"),
        pytest.param("a-$NOPE{b}$", False, id="no-reference"),
        pytest.param("a-${NOPE:-x}b", False, id="with-a-default"),
        pytest.param("a-${OUTSIDE}${ABOVE}", False, id="meant"),
        pytest.param("a-${BELOW}", True, id="of-a-later-line"),
    ],
)
def test_what_dotenv_cuts_out_of_a_value_is_told_without_the_value(
    value: str, suspect: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTSIDE", "1")
    file = tmp_path / ".env"
    file.write_text(f"# ${{X}}\nABOVE=1\nBREB_CLIENT_ID=x\nBREB_CLIENT_SECRET={value}\nBELOW=1\n")
    found = list(map(str, suspicions.shortened(EnvFile(file))))
    assert bool(found) == suspect
    secret = model.load(model.find({}, Sources())).client_secret.get_secret_value()
    assert (secret in ("a-b", "a-")) == suspect
    if suspect:
        assert found[0].startswith(f"BREB_CLIENT_SECRET: its value in {file} contains ${{...}},")
        assert "NOPE" not in found[0]


def test_all_that_is_odd_about_refused_credentials_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "BREB_CLIENT_SECRET=a\nBREB_CLIENT_SECRET=b${NOPE}\nBREB_LISTEN=:1\nBREB_LISTEN=:2\n"
    )
    pair = Credentials(SecretStr("“id”"), SecretStr("hush'"))
    odd, quoted, cut, twice = map(str, suspicions.of_refused(pair, Sources()))
    assert odd.startswith("BREB_CLIENT_ID contains characters that are not ASCII")
    assert quoted == "BREB_CLIENT_SECRET contains spaces or quotes"
    assert cut.startswith("BREB_CLIENT_SECRET: its value in .env contains ${...}")
    assert twice == "BREB_CLIENT_SECRET: set 2 times in .env; the last one is used"
    sound = Credentials(SecretStr("id"), SecretStr("hush"))
    assert suspicions.of_refused(sound, Sources(tmp_path / "none")) == []


@pytest.mark.parametrize("place", ["environment", ".env", "secrets", ""])
def test_an_upstream_that_is_named_but_empty_is_suspect(
    place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    if place == "environment":
        monkeypatch.setenv("BREB_BASE_URL", "")
    elif place == ".env":
        (tmp_path / ".env").write_text("BREB_BASE_URL=\n")
    elif place:
        (folder / "breb_base_url").write_text("\n")
    sources = Sources(folder=folder)
    settings = model.load(model.find(GIVEN, Sources()))
    found = str(suspicions.empty_upstream(settings, sources))
    assert found == (str(folder) if place == "secrets" else place)


def test_an_upstream_that_is_named_elsewhere_is_not_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BREB_BASE_URL", "")
    (tmp_path / ".env").write_text("BREB_BASE_URL=http://127.0.0.1:9090\n")
    sources = Sources()
    assert suspicions.empty_upstream(model.load(model.find(GIVEN, sources)), sources) == ""


def test_a_setting_that_stands_twice_is_told(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("BREB_LISTEN=a\nOTHER=1\nOTHER=2\nexport breb_listen=b\nBREB_DENY=x\n")
    assert list(map(str, suspicions.repeated(EnvFile(file)))) == [
        f"BREB_LISTEN: set 2 times in {file}; the last one is used"
    ]
    assert suspicions.repeated(EnvFile(tmp_path / "none")) == []


@pytest.mark.needs("posix")
@pytest.mark.parametrize(
    ("line", "mode", "told"),
    [
        ("BREB_CLIENT_SECRET=x", 0o644, True),
        ("BREB_EGRESS_CREDENTIALS=u:p", 0o640, True),
        ("BREB_CLIENT_SECRET=x", 0o600, False),
        ("BREB_CLIENT_SECRET=", 0o644, False),
        ("BREB_LISTEN=127.0.0.1:1", 0o644, False),
    ],
)
def test_a_secret_that_others_can_read_is_told(
    line: str, mode: int, told: bool, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text(f"{line}\n")
    file.chmod(mode)
    assert suspicions.readable_by_others(EnvFile(file)) is told
