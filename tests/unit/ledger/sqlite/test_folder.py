"""One look at a folder stands for one at each name in it."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.ledger.sqlite import lock
from proxy.ledger.sqlite.folder import Folder
from proxy.ledger.sqlite.store import FileStore
from proxy.ledger.trouble import Moved
from tests.support.ledgers import row

pytestmark = pytest.mark.needs("posix")

LATER = 1_000_000_000  # nanoseconds


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / "ledger.db"
    path.touch()
    return path


def later() -> int:
    return time.time_ns() + LATER


def a_tick_after(folder: Path) -> None:
    """Wait until what changes now has another time than the folder's last change."""
    beside = folder.with_name("beside")
    while True:
        beside.touch()
        if beside.stat().st_ctime_ns > folder.stat().st_ctime_ns:
            return


def known(ledger: Path) -> Folder:
    folder = Folder(ledger, later, lambda: 0.0)
    folder.remember(folder.state())
    a_tick_after(ledger.parent)
    return folder


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda ledger: ledger.rename(ledger.with_name("old")), id="moved"),
        pytest.param(lambda ledger: ledger.unlink(), id="removed"),
        pytest.param(lambda ledger: ledger.with_name("l-wal").touch(), id="another made"),
        pytest.param(lambda ledger: ledger.parent.rename(ledger.parents[1] / "x"), id="the folder"),
    ],
)
def test_a_name_that_changes_changes_the_folder(
    ledger: Path, change: Callable[[Path], object]
) -> None:
    folder = known(ledger)
    assert folder.unchanged(folder.state())
    change(ledger)
    assert not folder.unchanged(folder.state())


def test_what_is_written_to_the_files_changes_nothing(ledger: Path) -> None:
    folder = known(ledger)
    ledger.write_text("x")
    assert folder.unchanged(folder.state())


def test_a_change_within_the_same_tick_could_not_be_told(ledger: Path) -> None:
    changed = ledger.parent.stat().st_ctime_ns
    folder = Folder(ledger, lambda: changed + 50_000_000)
    folder.remember(folder.state())
    assert not folder.unchanged(folder.state())


@pytest.mark.parametrize(
    ("nanoseconds", "tells"), [pytest.param(0, False, id="whole"), pytest.param(7, True, id="fine")]
)
def test_a_file_system_that_counts_seconds_tells_too_little(
    ledger: Path, nanoseconds: int, *, tells: bool
) -> None:
    folder, state = Folder(ledger, later), (1, 2, 1_700_000_000_000_000_000 + nanoseconds)
    folder.remember(state)
    assert folder.unchanged(state) is tells


def test_a_link_may_lead_out_of_the_folder(ledger: Path) -> None:
    link = ledger.with_name("link.db")
    link.symlink_to(ledger)
    folder = known(link)
    assert not folder.unchanged(folder.state())


def test_all_names_are_looked_at_each_second_anyway(ledger: Path) -> None:
    now = 0.0
    folder = Folder(ledger, later, lambda: now)
    folder.remember(folder.state())
    now = 0.9
    assert folder.unchanged(folder.state())
    now = 1.1
    assert not folder.unchanged(folder.state())


def test_a_ledger_looks_at_one_name_for_a_commit_and_notices_what_is_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "folder" / "ledger.db"
    path.parent.mkdir()
    store = FileStore.open(path)
    store._folder = Folder(path, later, lambda: 0.0)
    store.write([row("run-1")], [])
    a_tick_after(path.parent)
    looks: list[str] = []
    look = lock.identity
    for module in ("lock", "log", "place"):
        monkeypatch.setattr(
            f"proxy.ledger.sqlite.{module}.identity",
            lambda name: looks.append(name) or look(name),
        )
    store.write([row("run-2")], [])
    assert looks == []
    path.rename(tmp_path / "moved.db")
    with pytest.raises(Moved):
        store.write([row("run-3")], [])
    store.close()
