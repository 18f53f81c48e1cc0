"""Credentials go into a real keychain, and every command finds them there."""

import errno
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy.cli import login
from proxy.cli.main import main
from tests.support import Program, ask
from tests.support.command import command, dialogue
from tests.support.front import until
from tests.support.keychain import secret_service
from tests.support.leaks import SECRET
from tests.support.simulator import simulator

TYPED = f"test-client\n{SECRET}\n"
NOTHING = {"BREB_CLIENT_ID": "", "BREB_CLIENT_SECRET": ""}
FREE = {"BREB_LISTEN": "127.0.0.1:0", "BREB_ADMIN_LISTEN": "127.0.0.1:0"}


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[dict[str, str]]:
    with secret_service(tmp_path / "home") as environment:
        yield environment


@pytest.fixture
def url() -> Iterator[str]:
    with simulator() as found:
        yield found


def test_a_pair_is_tried_kept_used_and_forgotten(
    desktop: dict[str, str], url: str, tmp_path: Path
) -> None:
    here = {"cwd": tmp_path, "BREB_BASE_URL": url, **desktop}
    done = command("login", typed=TYPED, **here)
    assert done.code == 0, done.both
    assert "accepts them" in done.out
    assert "tokens live  24 h 0 min" in done.out
    assert "stored in the keychain" in done.out
    checked = command("check", "--json", **here, **FREE)
    assert checked.code == 0, checked.both
    sources = json.loads(checked.out)["steps"][0]["facts"]
    assert sources["BREB_CLIENT_SECRET"] == {"from": "keychain", "value": "set, never shown"}
    with Program(url, client_id=None, client_secret=None, beside=desktop) as proxy:
        assert ask(proxy.port, "/v1/iam/oauth/tokens").status == 200
    done = command("logout", **here)
    assert (done.code, "deleted" in done.out) == (0, True)
    again = command("login", typed=TYPED, **here, LANG="es_CO.UTF-8")
    assert "vigencia de los tokens  24 h 0 min" in again.out
    assert command("logout", **here).code == 0
    assert "nothing was stored" in command("logout", **here).out
    assert command("check", **here, **FREE).code == 1


def test_refused_credentials_are_not_kept(
    desktop: dict[str, str], url: str, tmp_path: Path
) -> None:
    here = {"cwd": tmp_path, "BREB_BASE_URL": url, **desktop}
    done = command("login", typed="test-client\nwrong\n", **here)
    assert (done.code, done.out) == (1, "")
    assert "refused the credentials: 401" in done.err
    assert "nothing is stored" in done.err
    assert command("check", **here, **FREE).code == 1


def test_credentials_that_cannot_be_tried_are_kept_on_demand_alone(
    desktop: dict[str, str], tmp_path: Path
) -> None:
    here = {"cwd": tmp_path, "BREB_BASE_URL": "http://127.0.0.1:9", **desktop}
    pair = json.dumps({"client_id": "test-client", "client_secret": SECRET})
    done = command("login", typed=pair, **here)
    assert done.code == 1
    assert "--untried" in done.err
    assert command("login", "--untried", typed=pair, **here).code == 0
    no = dialogue(
        "login",
        answers=[("client id:", "a"), ("client secret:", "b"), ("anyway? [y/N]", "")],
        **here,
    )
    assert no.code == 1
    yes = dialogue(
        "login",
        answers=[("client id:", "a"), ("client secret:", "b"), ("anyway? [y/N]", "y")],
        **here,
    )
    assert yes.code == 0


def test_a_change_in_the_keychain_is_read_at_the_next_fetch(
    desktop: dict[str, str], url: str, tmp_path: Path
) -> None:
    here = {"cwd": tmp_path, "BREB_BASE_URL": url, **desktop}
    command("login", "--untried", typed="test-client\nwrong\n", **here)
    with Program(url, ready=False, client_id=None, client_secret=None, beside=desktop) as proxy:
        until(lambda: "refused" in proxy.admin("/readyz?verbose")[1], "a refusal")
        assert command("login", typed=TYPED, **here).code == 0
        proxy.until("/readyz")


@pytest.mark.parametrize("answer", ["y", "n"])
def test_without_a_keychain_an_env_file_is_offered(url: str, tmp_path: Path, answer: str) -> None:
    done = dialogue(
        "login",
        cwd=tmp_path,
        answers=[
            ("in .env? [y/N]", answer),
            *([("client id:", "test-client"), ("client secret:", SECRET)] * (answer == "y")),
        ],
        BREB_BASE_URL=url,
        DBUS_SESSION_BUS_ADDRESS=f"unix:path={tmp_path}/none",
    )
    assert "Every program that runs as you" in done.out
    file = tmp_path / ".env"
    assert (done.code, file.exists()) == ((0, True) if answer == "y" else (1, False))
    if answer == "y":
        assert file.stat().st_mode & 0o777 == 0o600
        assert SECRET in file.read_text()


@pytest.mark.needs("git")
def test_an_env_file_in_a_git_work_tree_is_warned_of(url: str, tmp_path: Path) -> None:
    subprocess.run(["git", "-C", str(tmp_path), "init", "-q"], check=True)
    here = {"cwd": tmp_path, "BREB_BASE_URL": url}
    done = command("login", "--store", "env-file", typed=TYPED, **here)
    assert done.code == 0
    assert "add .env to .gitignore" in done.out
    assert "add .env to .gitignore" in command("check", **here, **FREE).out
    (tmp_path / ".gitignore").write_text(".env\n")
    assert ".gitignore" not in command("check", **here, **FREE).out
    assert "--store env-file" in command("logout", **here).out
    assert command("logout", "--store", "env-file", **here).code == 0
    assert SECRET not in (tmp_path / ".env").read_text()


def test_a_locked_keychain_ends_the_start_in_words(url: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with secret_service(home) as environment:
        here = {"cwd": tmp_path, "BREB_BASE_URL": url}
        assert command("login", typed=TYPED, **here, **environment).code == 0
    (home / "run" / "bus").unlink(missing_ok=True)
    (home / "run").rename(home / "run-before")
    with secret_service(home, unlocked=False) as environment:
        # Python's client leaves its connection to a locked one open.
        done = command("serve", **here, **environment, **FREE, PYTHONWARNINGS="")
        assert done.code == 2
        assert "the credentials are in the keychain" in done.err


def test_what_wins_over_the_keychain_is_named(
    desktop: dict[str, str], url: str, tmp_path: Path
) -> None:
    done = command(
        "login",
        cwd=tmp_path,
        typed=TYPED,
        BREB_BASE_URL=url,
        BREB_CLIENT_SECRET="other",
        BREB_CLIENT_ID="x",
        **desktop,
    )
    assert "environment has credentials too, and they are used instead" in done.out


@pytest.mark.parametrize("typed", ["", "one\n", "a\nb\nc\n", "{}", "{"])
def test_what_standard_input_must_hold_is_said(url: str, tmp_path: Path, typed: str) -> None:
    done = command("login", "--store", "env-file", cwd=tmp_path, typed=typed, BREB_BASE_URL=url)
    assert done.code == 2
    assert "the client id on the first line" in done.err


def test_a_pair_that_cannot_be_taken_out_of_its_file_stays_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(login, "rewrite", refuse)
    (tmp_path / ".env").write_text("BREB_CLIENT_ID=a\nBREB_CLIENT_SECRET=b\n")
    assert main(["logout", "--store", "env-file"]) == 1
    assert ".env: cannot be written (Permission denied)" in capsys.readouterr().err


def test_an_unwritable_folder_is_said(url: str, tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    done = command(
        *("login", "--store", "env-file", "--env-file", "gone/.env"),
        cwd=tmp_path,
        typed=TYPED,
        BREB_BASE_URL=url,
    )
    assert done.code == 2
