"""What an .env file says is the same to every command that reads it."""

import os
from pathlib import Path

import pytest

from proxy.admin import client
from proxy.errors import SettingsError
from proxy.settings.dotenv import rewrite, text_of
from proxy.settings.model import find, load
from proxy.settings.sources import EnvFile, Sources, locate

WHOLE = {"client_id": "x", "client_secret": "x"}


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("BREB_X=a b", "a b"),
        ("  export breb_x = a", "a"),
        ("BREB_X='a # b' # c", "a # b"),
        ('BREB_X="a"', "a"),
        ("BREB_X=a#b", "a#b"),
        ("BREB_X=a # b", "a"),
        ("BREB_X=1\nBREB_X=2", "2"),
        ("BREB_X='a\nb'", "a\nb"),
        ('BREB_X="a\\nb"', "a\nb"),
    ],
)
def test_lines_are_read(tmp_path: Path, line: str, value: str) -> None:
    file = tmp_path / ".env"
    file.write_text(f"# first\n\nnonsense\n{line}\n")
    assert EnvFile(file).values == {"BREB_X": value}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("ADMIN=127.0.0.1\nBREB_ADMIN_LISTEN=${ADMIN}:9081", id="a reference"),
        pytest.param("BREB_ADMIN_LISTEN='127.0.0.1:9081'  # here", id="quotes and a comment"),
        pytest.param(
            "BREB_REDACT='a,\nBREB_ADMIN_LISTEN=127.0.0.1:1\n'\nbreb_admin_listen=127.0.0.1:9081",
            id="a value of several lines",
        ),
    ],
)
def test_commands_look_where_the_proxy_listens(tmp_path: Path, text: str) -> None:
    """``serve`` and ``status`` read one file in one way: else they miss each other."""
    file = tmp_path / "settings.env"
    file.write_text(text)
    served = load(find(WHOLE, Sources(file))).admin_listen
    assert (
        str(client.address(None, Sources(file, environment={}))) == str(served) == "127.0.0.1:9081"
    )


@pytest.mark.needs("posix")
def test_a_file_is_rewritten_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# mine\nexport BREB_CLIENT_SECRET='old\n'  # there\nBREB_LISTEN=x:1")
    file.chmod(0o644)
    values = {"BREB_CLIENT_ID": "plain-id", "BREB_CLIENT_SECRET": r"it's # \ odd"}
    rewrite(file, values)
    assert EnvFile(file).values == {**values, "BREB_LISTEN": "x:1"}
    assert "# mine\n" in file.read_text()
    assert "BREB_CLIENT_ID=plain-id\n" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    rewrite(file, dict.fromkeys(values))
    assert EnvFile(file).values == {"BREB_LISTEN": "x:1"}
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.needs("posix")
def test_what_a_link_points_at_is_rewritten(tmp_path: Path) -> None:
    file, link = tmp_path / "shared.env", tmp_path / ".env"
    file.touch()
    link.symlink_to(file)
    rewrite(link, {"BREB_X": "1"})
    assert link.is_symlink()
    assert EnvFile(file).values == {"BREB_X": "1"}


def test_a_file_that_cannot_be_replaced_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path, target: Path) -> None:
        raise PermissionError(f"{self} {target}")

    file = tmp_path / ".env"
    file.write_text("A=1\n")
    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(PermissionError):
        rewrite(file, {"A": "2"})
    assert file.read_text() == "A=1\n"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("A=" + "b" * 262_144, "longer than 262144 characters", id="long"),
        pytest.param("A=1" + " " * 256 + "x", "more than 255 spaces in a row", id="spaces"),
        pytest.param("A=" + "${B" * 21, r"more than 20 references", id="references"),
    ],
)
def test_a_file_that_would_be_read_for_ever_is_refused(
    tmp_path: Path, text: str, words: str
) -> None:
    """python-dotenv's patterns are quadratic: 64 KB of spaces in one line took 15 seconds."""
    file = tmp_path / ".env"
    file.write_text(text)
    with pytest.raises(SettingsError, match=words):
        text_of(file)


@pytest.mark.needs("another user")
def test_a_file_of_another_user_counts_only_where_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever can write into the folder could say where the credentials are sent."""
    monkeypatch.chdir(tmp_path)
    for name in ("BREB_ENV_FILE", "BREB_SECRETS_DIR", "CREDENTIALS_DIRECTORY", "SUDO_UID"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / ".env"
    file.write_text("BREB_ADMIN_LISTEN=127.0.0.1:9081\n")
    os.chown(file, 65534, 65534)
    reads = (find, lambda _, sources: client.address(None, sources))
    for read in reads:
        with pytest.raises(SettingsError, match=r"\.env: belongs to another user \(uid 65534\)"):
            read({}, locate(None, None))
    assert find({}, locate(".env", None)).origins["admin_listen"] == ".env"
    assert client.address(None, locate(".env", None)).port == 9081
    monkeypatch.setenv("SUDO_UID", "65534")  # whose folder it is
    assert client.address(None, locate(None, None)).port == 9081
