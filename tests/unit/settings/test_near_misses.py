"""What was perhaps meant for a credential that is missing; names alone, never a value."""

import os
from pathlib import Path

import pytest

from proxy.settings import near_misses
from proxy.settings.sources import Sources

WANTED = "BREB_CLIENT_ID"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if "CLIENT" in name.upper() or name.upper().startswith("BREB_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "name", ["BREB_CLIENTID", "BRE_B_CLIENT_ID", "CLIENT_ID", "PASSPORT_CLIENT_ID", "client_id"]
)
def test_a_near_name_is_told_wherever_it_stands(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(f"OTHER=1\n{name}=hush\n")
    in_file = f"is not set, but .env has {name}: rename it to BREB_CLIENT_ID"
    assert str(near_misses.missing(WANTED, Sources())) == in_file
    (tmp_path / ".env").unlink()
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / name).write_text("hush")
    assert f"{folder} has {name}: " in str(near_misses.missing(WANTED, Sources(folder=folder)))
    monkeypatch.setenv(name, "hush")
    found = str(near_misses.missing(WANTED, Sources(folder=folder)))
    assert found.lower().startswith(f"is not set, but the environment has {name.lower()}: ")


@pytest.mark.parametrize("name", ["GOOGLE_CLIENT_ID", "CLIENT_IDS", "BREB_LISTEN", "ID"])
def test_other_names_are_other_things(name: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"{name}=x\n")
    assert near_misses.missing(WANTED, Sources()) is None


@pytest.mark.parametrize("name", [".env.txt", "env"])
def test_a_file_with_another_name_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("BREB_CLIENT_ID=hush\n")
    said = f"is not set, but {name} has it: rename that file to .env"
    assert str(near_misses.missing(WANTED, Sources())) == said
    assert str(near_misses.meant(Sources())) == name
    (tmp_path / ".env").write_text("OTHER=1\n")
    assert near_misses.missing(WANTED, Sources()) is None


def test_a_file_that_is_no_text_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "env").write_bytes(b"\xff\x00\xfe")
    assert near_misses.missing(WANTED, Sources()) is None


def test_a_line_left_empty_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("BREB_CLIENT_ID=\n")
    assert str(near_misses.missing(WANTED, Sources())) == "is empty in .env"


@pytest.mark.parametrize(
    ("line", "is_meant"),
    [
        ("BREB_CLIENT_ID=", True),
        ("BREB_LISTEN=127.0.0.1:1", True),
        ("CLIENT_SECRET=x", True),
        ("DATABASE_URL=x", False),
        ("", False),
    ],
)
def test_a_file_with_settings_is_meant(line: str, is_meant: bool, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"{line}\n")
    assert str(near_misses.meant(Sources())) == (".env" if is_meant else "")


@pytest.mark.parametrize(
    ("name", "is_meant"),
    [("BREB_CLIENTID", True), ("BREB_BASE_URL", True), ("BREB_LISTEN", False)],
)
def test_an_environment_that_names_credentials_or_an_upstream_is_meant(
    name: str, is_meant: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "x")
    assert str(near_misses.meant(Sources())) == ("the environment" if is_meant else "")


def test_a_secrets_directory_is_meant(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    assert str(near_misses.meant(Sources(folder=folder))) == str(folder)
