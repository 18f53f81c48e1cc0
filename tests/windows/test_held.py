"""Commands whose files another program holds say so, and leave them as they are."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy.ledger.sqlite.store import FileStore
from tests.support import SECRET
from tests.support.command import command
from tests.support.held import NOBODY, READERS, USERS, held
from tests.support.simulator import simulator

HELD = "another program, such as a virus scanner or a backup, lets nobody use it now"
PAIR = f"BREB_CLIENT_ID=test-client\nBREB_CLIENT_SECRET={SECRET}\n"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with simulator() as found:
        yield found


@pytest.mark.parametrize("name", ["login", "logout"])
@pytest.mark.parametrize("others", [READERS, USERS])
def test_credentials_stay_in_a_file_that_cannot_be_replaced(
    tmp_path: Path, url: str, name: str, others: int
) -> None:
    file = tmp_path / ".env"
    file.write_text(PAIR)
    typed = "test-client\na-new-secret\n"
    with held(file, others):
        done = command(
            *(name, "--store", "env-file", *(["--untried"] if name == "login" else [])),
            cwd=tmp_path,
            typed=typed,
            BREB_BASE_URL=url,
        )
    assert done.code == 1
    assert f".env: cannot be written ({HELD})" in done.err
    assert file.read_text() == PAIR
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", ["tokens", "check", "logout"])
def test_settings_that_nobody_may_read_are_told(tmp_path: Path, url: str, name: str) -> None:
    file = tmp_path / ".env"
    file.write_text(f"{PAIR}BREB_BASE_URL={url}\n")
    with held(file, NOBODY):
        done = command(name, cwd=tmp_path)
    assert done.code == 2
    assert f".env: cannot be read ({HELD})" in done.both


def test_a_ledger_that_nobody_may_read_is_told(tmp_path: Path) -> None:
    ledger, copy = tmp_path / "ledger.db", tmp_path / "copy.db"
    FileStore.open(ledger).close()
    of_it = ("--ledger", str(ledger))
    with held(ledger, NOBODY):
        backup = command("ledger", "backup", str(copy), *of_it, cwd=tmp_path)
        listed = command("ledger", "list", *of_it, cwd=tmp_path)
    assert (backup.code, listed.code) == (1, 1)
    assert f"{ledger}: {HELD}" in backup.err
    assert f"{ledger}: {HELD}" in listed.err
    assert not [each for each in tmp_path.iterdir() if "copy" in each.name]
    with held(ledger, READERS):
        assert command("ledger", "backup", str(copy), *of_it, cwd=tmp_path).code == 0
