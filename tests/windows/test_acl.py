"""Secrets and the ledger can be read by those who should, wherever they lie."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from proxy.ledger.sqlite import backup
from proxy.ledger.sqlite.store import FileStore
from proxy.settings import dotenv
from proxy.settings.sources import EnvFile
from proxy.settings.suspicions import readable_by_others
from proxy.windows import acl
from proxy.windows.instance import Instance
from tests.support.command import command


@pytest.fixture
def open_to_all(tmp_path: Path) -> Path:
    """Return a folder whose files everybody may read, as all may under Wine."""
    folder = tmp_path / "ProgramData"
    folder.mkdir()
    (folder / "probe").touch()
    assert acl.others(folder / "probe")
    return folder


def test_what_is_closed_is_ours_and_the_systems_alone(open_to_all: Path) -> None:
    file = open_to_all / "file"
    file.write_text("secret")
    assert acl.others(file)
    acl.keep(file)
    assert acl.others(file) == []
    assert file.read_text() == "secret"


def test_a_list_is_copied_with_its_protection(open_to_all: Path) -> None:
    source, target = open_to_all / "a", open_to_all / "b"
    source.touch()
    target.touch()
    acl.close(source, {acl.ours(): acl.FULL})
    acl.copy(source, target)
    assert acl.others(target) == []


def test_credentials_in_a_file_are_for_us_alone(open_to_all: Path) -> None:
    file = open_to_all / ".env"
    dotenv.rewrite(file, {"BREB_CLIENT_SECRET": "a-secret"})
    assert acl.others(file) == []
    assert not readable_by_others(EnvFile(file))


def test_check_names_who_else_may_read_and_how_to_end_it(open_to_all: Path) -> None:
    Path(open_to_all, ".env").write_text("BREB_CLIENT_ID=a-client\nBREB_CLIENT_SECRET=a-secret-x\n")
    (who, *_) = acl.others(open_to_all / ".env")
    ended = command("check", cwd=open_to_all, BREB_BASE_URL="http://127.0.0.1:1")
    said = " ".join(ended.both.split())
    assert f"({who})" in said
    assert "/inheritance:r /grant *S-1-5-18:F *S-1-5-32-544:F" in said


def test_the_ledger_its_log_and_its_copy_are_for_us_alone(open_to_all: Path) -> None:
    path = open_to_all / "ledger.db"
    store = FileStore.open(path)
    files = sorted(open_to_all.glob("ledger.db*"))
    assert len(files) > 1
    assert {file.name: acl.others(file) for file in files} == {file.name: [] for file in files}
    store.close()
    backup.backup(path, open_to_all / "copy.db")
    assert acl.others(open_to_all / "copy.db") == []
    with sqlite3.connect(open_to_all / "copy.db") as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()


def test_a_service_s_folder_is_for_administrators_and_its_account_whoever_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not for the person: programs that run as an administrator may be none themselves."""
    lists: list[str] = []
    name = "ConvertStringSecurityDescriptorToSecurityDescriptorW"
    convert = getattr(acl._advapi, name)

    def noted(text: Any, *rest: Any) -> Any:
        lists.append(text.value)
        return convert(text, *rest)

    monkeypatch.setattr(acl._advapi, name, noted)
    monkeypatch.setenv("PROGRAMDATA", str(tmp_path))
    one = Instance.of("x")
    one.make()
    full, account = "OICI;FA;;;", f";;;{acl.of_service(one.name)})"
    closed = f"D:P(A;{full}{acl.SYSTEM})(A;{full}{acl.ADMINISTRATORS})(A;OICI;"
    folders, (settings,) = lists[:-1], lists[-1:]
    assert len(folders) == 5
    assert all(each.startswith(closed) and each.endswith(account) for each in folders)
    assert {each.count("(") for each in lists} == {3}
    assert settings.startswith(f"D:P(A;;FA;;;{acl.SYSTEM})")
