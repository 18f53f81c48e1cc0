"""Each place is read once, and every command reads it in one way."""

import os
from pathlib import Path

import pytest

from proxy.errors import SettingsError
from proxy.settings.model import find
from proxy.settings.sources import PREFIX, EnvFile, SecretFiles, Sources, locate


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith((PREFIX, "CREDENTIALS_DIRECTORY")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def made(folder: Path, **files: str) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def test_what_was_read_stays_until_it_is_read_anew(tmp_path: Path) -> None:
    file, folder = tmp_path / ".env", made(tmp_path / "secrets", breb_log_level="info")
    file.write_text("BREB_LISTEN=a\n")
    sources = Sources(folder=folder, environment={})
    assert (sources.get("BREB_LISTEN"), sources.get("BREB_LOG_LEVEL")) == ("a", "info")
    file.write_text("BREB_LISTEN=b\n")
    (folder / "breb_log_level").write_text("debug")
    assert (sources.get("BREB_LISTEN"), sources.get("BREB_LOG_LEVEL")) == ("a", "info")
    again = sources.anew()
    assert (again.get("BREB_LISTEN"), again.get("BREB_LOG_LEVEL")) == ("b", "debug")


def test_the_first_place_wins_and_an_empty_line_is_none(tmp_path: Path) -> None:
    folder = made(tmp_path / "secrets", breb_listen="c", breb_deny="\n")
    (tmp_path / ".env").write_text("BREB_LISTEN=b\nBREB_ALLOW=\n")
    for variables, value in (({"breb_listen": "a"}, "a"), ({"BREB_LISTEN": ""}, "b"), ({}, "b")):
        assert Sources(folder=folder, environment=variables).get("BREB_LISTEN") == value
    sources = Sources(folder=folder, environment={})
    assert [sources.get(name) for name in ("BREB_ALLOW", "BREB_DENY", "BREB_X")] == [None, "", None]


def test_no_more_is_read_than_it_takes(tmp_path: Path) -> None:
    """A probe with a variable of its own needs no file, not even one that can be read."""
    (tmp_path / ".env").write_bytes(b"\xff")
    sources = Sources(environment={"BREB_ADMIN_LISTEN": "x"})
    assert sources.get("BREB_ADMIN_LISTEN") == "x"
    with pytest.raises(SettingsError, match="save it as UTF-8"):
        sources.get("BREB_LEDGER")


@pytest.mark.needs("posix")
def test_everything_that_is_wrong_with_the_places_is_told_at_once(tmp_path: Path) -> None:
    folder = made(tmp_path / "secrets", breb_client_id="x", other="x")
    (folder / "breb_deny").mkdir()
    (folder / "breb_unknown").mkdir()
    (folder / "breb_allow").symlink_to("nowhere")
    (tmp_path / ".env").write_text("A=1\nnonsense\nBREB_DENY='open\n")
    with pytest.raises(SettingsError) as caught:
        find({}, Sources(folder=folder))
    assert list(map(str, caught.value.problems)) == [
        ".env: line 3 cannot be read; write NAME=value, and close all quotes",
        f"{folder}/breb_allow: is a link to a file that does not exist",
        f"{folder}/breb_deny: is not a regular file",
    ]


def test_it_is_told_which_place_gave_a_setting(tmp_path: Path) -> None:
    folder = made(tmp_path / "secrets", breb_allow="x", breb_listen="x")
    (tmp_path / ".env").write_text("BREB_LISTEN=a\nBREB_DENY=b\nBREB_NOTHING=c\n")
    sources = Sources(folder=folder, environment={"BREB_DENY": "c"})
    found = find({"redact": "d"}, sources)
    assert found.origins == {
        "redact": "flag",
        "deny": "environment",
        "listen": ".env",
        "allow": str(folder),
    }
    assert found.values == {"redact": "d", "deny": "c", "listen": "a", "allow": "x"}
    assert "'d'" not in repr(found)


def test_places_are_named_by_flags_before_variables(tmp_path: Path) -> None:
    first, second = made(tmp_path / "first"), made(tmp_path / "second")
    variables = {"BREB_SECRETS_DIR": str(first), "BREB_ENV_FILE": "a.env"}
    for name in ("a.env", "b.env"):
        (tmp_path / name).touch()
    found = locate("b.env", str(second), variables)
    assert [place.name for place in found] == ["environment", "b.env", str(second)]
    found = locate(None, None, {**variables, "CREDENTIALS_DIRECTORY": str(second)})
    assert [place.name for place in found] == ["environment", "a.env", str(first)]
    found = locate(None, None, {"CREDENTIALS_DIRECTORY": str(second)})
    assert [place.name for place in found] == ["environment", ".env", str(second)]


def test_a_file_that_was_named_has_to_be_there(tmp_path: Path) -> None:
    assert EnvFile(tmp_path / "none").values == {}
    with pytest.raises(SettingsError, match="BREB_ENV_FILE: no such file"):
        locate("none", None, {}).get("BREB_LISTEN")


def test_a_directory_that_has_gone_holds_nothing(tmp_path: Path) -> None:
    assert SecretFiles(tmp_path / "gone").names == {}
