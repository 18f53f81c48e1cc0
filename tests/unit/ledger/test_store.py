"""The ledger's file: what it refuses, what it promises, what it deletes."""

import fcntl
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from proxy.ledger import lock, schema
from proxy.ledger.store import Moved, Store, connect
from proxy.ledger.trouble import LedgerRefused
from tests.support.ledgers import closed, filled, row
from tests.support.own_time import own_time


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def contents(path: Path, what: str = "exchange, outcome") -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT {what} FROM request ORDER BY number").fetchall()


def test_a_new_ledger_is_for_its_owner_alone(path: Path) -> None:
    store = Store.open(path)
    store.write([row()], [])
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    store.close()
    assert set(modes.values()) == {0o600}
    assert "ledger.db-wal" in modes


def test_commits_are_synced_in_full(path: Path) -> None:
    """FULL is 2: with less, WAL does not sync the commit that a payment waits for."""
    for _ in ("made", "opened again"):
        store = Store.open(path)
        (mode,) = store._connection.execute("PRAGMA journal_mode").fetchone()
        (level,) = store._connection.execute("PRAGMA synchronous").fetchone()
        store.close()
        assert (mode, level) == ("wal", 2)


def test_rows_are_opened_and_closed(path: Path) -> None:
    filled(path, "answered", "not-sent", "unknown", "cut", None)
    assert [outcome for _, outcome in contents(path)] == [
        "answered",
        "not-sent",
        "unknown",
        "cut",
        None,
    ]


def test_a_row_may_open_and_close_in_one_commit(path: Path) -> None:
    store = Store.open(path)
    both = closed(row(), "not-sent")
    store.write([both], [both])
    store.close()
    assert contents(path) == [("run-1", "not-sent")]


def test_of_a_commit_that_fails_nothing_stays(path: Path) -> None:
    store = Store.open(path)
    good, bad = row("run-1"), row("run-2", method=None)
    with pytest.raises(sqlite3.IntegrityError):
        store.write([good, bad], [])
    assert (good.number, bad.number) == (None, None)
    store.write([row("run-3")], [])
    store.close()
    assert contents(path) == [("run-3", None)]


def test_what_was_left_open_is_unknown_from_then_on_and_told_once(path: Path) -> None:
    filled(path, "answered", None, None)
    store = Store.open(path)
    left = store.recover()
    again = store.recover()
    store.close()
    assert [each.exchange for each in left] == ["run-2", "run-3"]
    assert again == []
    assert contents(path, "outcome, reason") == [
        ("answered", ""),
        ("unknown", "process-ended"),
        ("unknown", "process-ended"),
    ]


def test_a_row_is_closed_once(path: Path) -> None:
    (only,) = filled(path, "unknown")
    store = Store.open(path)
    store.write([], [closed(only, "answered")])
    with pytest.raises(sqlite3.IntegrityError, match="never changed"):
        store._connection.execute("UPDATE request SET outcome = 'answered'")
    store.close()
    assert contents(path) == [("run-1", "unknown")]


def test_a_row_in_doubt_is_not_deleted_even_by_hand(path: Path) -> None:
    filled(path, "unknown", "answered")
    connection = connect(path, "rw")
    with pytest.raises(sqlite3.IntegrityError, match="never deleted"):
        connection.execute("DELETE FROM request")
    connection.close()
    assert len(contents(path)) == 2


def test_two_processes_do_not_share_a_ledger(path: Path) -> None:
    store = Store.open(path)
    with pytest.raises(LedgerRefused, match=f"process {os.getpid()} uses it"):
        Store.open(path)
    store.close()
    Store.open(path).close()


def test_who_asks_whether_a_ledger_is_in_use_keeps_nobody_from_using_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path)
    asking = os.open(path.with_name("ledger.db.lock"), os.O_RDONLY)
    fcntl.flock(asking, fcntl.LOCK_SH)
    own_time(monkeypatch, lock, sleep=lambda _: os.close(asking))
    assert not lock.in_use(path)
    store = Store.open(path)
    assert lock.in_use(path)
    store.close()
    assert not lock.in_use(path)


def test_another_name_of_the_file_is_the_same_ledger(path: Path) -> None:
    store = Store.open(path)
    other = path.with_name("other.db")
    other.symlink_to(path)
    with pytest.raises(LedgerRefused, match="uses it"):
        Store.open(other)
    store.close()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"no database at all, but text\n" * 40, "not a ledger", id="text"),
        pytest.param(b"SQLite format 3\0" + b"\xff" * 5000, "not a ledger|damaged", id="garbage"),
    ],
)
def test_another_file_is_refused_and_left_as_it_is(path: Path, data: bytes, words: str) -> None:
    path.write_bytes(data)
    with pytest.raises(LedgerRefused, match=words):
        Store.open(path)
    assert path.read_bytes() == data


def test_another_programs_database_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE theirs (a)")
    with pytest.raises(LedgerRefused, match="not a ledger of breb-proxy"):
        Store.open(path)


def test_a_ledger_of_another_version_is_refused(path: Path) -> None:
    Store.open(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    with pytest.raises(LedgerRefused, match="another version"):
        Store.open(path)


def test_a_damaged_page_is_refused_with_what_to_do_and_never_overwritten(path: Path) -> None:
    filled(path, *["answered"] * 200)
    data = bytearray(path.read_bytes())
    for start in range(8192, len(data) - 4096, 4096):
        data[start : start + 4096] = os.urandom(4096)
    path.write_bytes(data)
    with pytest.raises(LedgerRefused, match=r"damaged.*backup"):
        Store.open(path)
    assert path.read_bytes() == bytes(data)


def test_a_folder_that_is_missing_is_named(path: Path) -> None:
    with pytest.raises(LedgerRefused, match="no such directory"):
        Store.open(path.parent / "missing" / "ledger.db")


def test_a_folder_in_its_place_is_refused(path: Path) -> None:
    path.mkdir()
    with pytest.raises(LedgerRefused, match="is a directory"):
        Store.open(path)
    assert list(path.parent.iterdir()) == [path]


def test_what_is_no_file_is_refused() -> None:
    with pytest.raises(LedgerRefused, match="/dev/null: is not a file; name a file"):
        Store.open(Path("/dev/null"))


def test_a_file_that_was_taken_away_is_noticed(path: Path) -> None:
    store = Store.open(path)
    path.rename(path.with_name("rotated.db"))
    with pytest.raises(Moved):
        store.write([row()], [])
    with pytest.raises(Moved):
        store.probe()
    store.close()


def test_old_rows_go_but_none_in_doubt(path: Path) -> None:
    filled(path, "answered", "unknown", "not-sent", "cut", opened_at="2020-01-01T00:00:00.000000Z")
    store = Store.open(path)
    store.write([row("new")], [])
    assert store.prune("2021-01-01T00:00:00.000000Z", 1 << 30) == 2
    assert store.prune("2021-01-01T00:00:00.000000Z", 1 << 30) == 0
    store.close()
    assert contents(path) == [("run-2", "unknown"), ("run-4", "cut"), ("new", None)]


def test_a_ledger_over_its_size_loses_its_oldest_settled_rows(path: Path) -> None:
    filled(path, "unknown", *["answered"] * 1500)
    before = path.stat().st_size
    store = Store.open(path)
    limit = store.size() // 2
    while store.prune(None, limit):
        pass
    assert store.size() <= limit
    store.close()
    left = contents(path)
    assert left[0] == ("run-1", "unknown")
    assert left[-1] == ("run-1501", "answered")
    assert path.stat().st_size < before
