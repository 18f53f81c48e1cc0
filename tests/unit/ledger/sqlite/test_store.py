"""The ledger's file: what it refuses, what it promises, what it deletes."""

import os
import re
import sqlite3
import stat
import subprocess
import sys
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from proxy.ledger import schema
from proxy.ledger.reading import reading
from proxy.ledger.row import Body
from proxy.ledger.sqlite import backup as backup_module
from proxy.ledger.sqlite import lock, opening, place, tables
from proxy.ledger.sqlite import store as store_module
from proxy.ledger.sqlite.backup import backup
from proxy.ledger.sqlite.lock import Lock
from proxy.ledger.sqlite.store import FileStore, connect
from proxy.ledger.trouble import LedgerRefused, Moved, words
from proxy.words import Phrase, phrase
from tests.support.ledgers import closed, filled, first_format, row
from tests.support.own_time import own_time


def contents(path: Path, what: str = "exchange, outcome") -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT {what} FROM request ORDER BY number").fetchall()


@pytest.mark.needs("posix")
def test_a_new_ledger_is_for_its_owner_alone(path: Path) -> None:
    store = FileStore.open(path)
    store.write([row()], [])
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    store.close()
    assert set(modes.values()) == {0o600}
    assert "ledger.db-wal" in modes


def test_commits_are_synced_in_full(path: Path) -> None:
    """FULL is 2: with less, WAL does not sync the commit that a payment waits for."""
    for _ in ("made", "opened again"):
        store = FileStore.open(path)
        (mode,) = store._connection.execute("PRAGMA journal_mode").fetchone()
        (level,) = store._connection.execute("PRAGMA synchronous").fetchone()
        store.close()
        assert (mode, level) == ("wal", 2)


def test_a_payment_on_its_own_writes_few_pages(path: Path) -> None:
    """Its opening and the end of the one before share a commit: some three pages, not four."""
    store = FileStore.open(path)
    log = path.with_name("ledger.db-wal")
    before, size, payments = [row("run-0")], log.stat().st_size, 200
    store.write(before, [])
    for number in range(payments):
        opened = [
            row(f"0192f7aa-8c1e-7bbb-9a1a-{number:012d}", body=Body(17, "ab" * 32, "7" * 220))
        ]
        store.write(opened, [closed(each, answer="8" * 100) for each in before])
        before = opened
    pages = (log.stat().st_size - size) / tables.PAGE / payments
    store.close()
    assert pages < 3.8


@pytest.mark.parametrize("statement", [schema.OPEN, schema.CLOSE], ids=["open", "close"])
def test_a_row_is_written_without_a_table_for_the_while(path: Path, statement: str) -> None:
    """SQLite makes one of a list in a condition: that cost as much as the row."""
    store = FileStore.open(path)
    values = [None] * statement.count("?")
    steps = store._connection.execute(f"EXPLAIN {statement}", values).fetchall()
    store.close()
    assert "Transaction" in {step[1] for step in steps}
    assert "OpenEphemeral" not in {step[1] for step in steps}


def test_a_row_is_closed_in_the_commit_that_opens_it(path: Path) -> None:
    store = FileStore.open(path)
    first, second = row("run-1"), row("run-2")
    store.write([first], [])
    store.write([second], [closed(second, "not-sent"), closed(first)])
    store.close()
    assert contents(path) == [("run-1", "answered"), ("run-2", "not-sent")]


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
    store = FileStore.open(path)
    both = closed(row(), "not-sent")
    store.write([both], [both])
    store.close()
    assert contents(path) == [("run-1", "not-sent")]


def test_of_a_commit_that_fails_nothing_stays(path: Path) -> None:
    store = FileStore.open(path)
    good, bad = row("run-1"), row("run-2", method=None)
    with pytest.raises(sqlite3.IntegrityError):
        store.write([good, bad], [])
    assert (good.number, bad.number) == (None, None)
    store.write([row("run-3")], [])
    store.close()
    assert contents(path) == [("run-3", None)]


def test_what_was_left_open_is_unknown_from_then_on_and_told_once(path: Path) -> None:
    filled(path, "answered", None, None)
    store = FileStore.open(path)
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
    store = FileStore.open(path)
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
    store = FileStore.open(path)
    with pytest.raises(LedgerRefused, match=f"process {os.getpid()} uses it"):
        FileStore.open(path)
    store.close()
    FileStore.open(path).close()


@pytest.mark.needs("posix")
def test_who_asks_whether_a_ledger_is_in_use_keeps_nobody_from_using_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    filled(path)
    asking = os.open(path.with_name("ledger.db.lock"), os.O_RDONLY)
    fcntl.flock(asking, fcntl.LOCK_SH)
    own_time(monkeypatch, lock, sleep=lambda _: os.close(asking))
    assert not lock.in_use(path)
    store = FileStore.open(path)
    assert lock.in_use(path)
    store.close()
    assert not lock.in_use(path)


@pytest.mark.needs("posix")
def test_the_lock_of_a_killed_process_is_waited_for_where_it_is_let_go_late(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows promises no time in which it takes that lock away."""
    import fcntl

    filled(path)
    killed = os.open(path.with_name("ledger.db.lock"), os.O_RDONLY)
    fcntl.flock(killed, fcntl.LOCK_EX)
    late = iter([lambda: None, lambda: None, lambda: os.close(killed)])
    own_time(monkeypatch, lock, sleep=lambda _: next(late)())
    monkeypatch.setattr(lock, "_MOMENTS", 3)
    FileStore.open(path).close()


@pytest.mark.needs("posix")
def test_another_name_of_the_file_is_the_same_ledger(path: Path) -> None:
    store = FileStore.open(path)
    other = path.with_name("other.db")
    other.symlink_to(path)
    with pytest.raises(LedgerRefused, match="uses it"):
        FileStore.open(other)
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
        FileStore.open(path)
    assert path.read_bytes() == data


def test_another_programs_database_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE theirs (a)")
    with pytest.raises(LedgerRefused, match="not a ledger of breb-proxy"):
        FileStore.open(path)


def test_a_ledger_of_another_version_is_refused(path: Path) -> None:
    FileStore.open(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"PRAGMA user_version = {tables.VERSION + 1}")
    with pytest.raises(LedgerRefused, match="another version"):
        FileStore.open(path)


def test_a_damaged_page_is_refused_with_what_to_do_and_never_overwritten(path: Path) -> None:
    filled(path, *["answered"] * 200)
    data = bytearray(path.read_bytes())
    for start in range(8192, len(data) - 4096, 4096):
        data[start : start + 4096] = os.urandom(4096)
    path.write_bytes(data)
    with pytest.raises(LedgerRefused, match=r"damaged.*backup"):
        FileStore.open(path)
    assert path.read_bytes() == bytes(data)


def test_a_folder_that_is_missing_is_named(path: Path) -> None:
    with pytest.raises(LedgerRefused, match="no such directory"):
        FileStore.open(path.parent / "missing" / "ledger.db")


def test_a_folder_in_its_place_is_refused(path: Path) -> None:
    path.mkdir()
    with pytest.raises(LedgerRefused, match="is a directory"):
        FileStore.open(path)
    assert list(path.parent.iterdir()) == [path]


def test_what_is_no_file_is_refused() -> None:
    device = Path("/dev/null")
    with pytest.raises(LedgerRefused, match=re.escape(f"{device}: is not a file; name a file")):
        FileStore.open(device)


@pytest.mark.needs("posix")
def test_a_file_that_was_taken_away_is_noticed(path: Path) -> None:
    store = FileStore.open(path)
    path.rename(path.with_name("rotated.db"))
    with pytest.raises(Moved):
        store.write([row()], [])
    with pytest.raises(Moved):
        store.probe("", 0)
    store.close()


def test_old_rows_go_but_none_in_doubt(path: Path) -> None:
    filled(path, "answered", "unknown", "not-sent", "cut", opened_at="2026-01-01T00:00:00.000000Z")
    store = FileStore.open(path)
    store.write([row("new")], [])
    assert store.prune("2026-06-01T00:00:00.000000Z", 1 << 30, 500) == 2
    assert store.prune("2026-06-01T00:00:00.000000Z", 1 << 30, 500) == 0
    store.close()
    assert contents(path) == [("run-2", "unknown"), ("run-4", "cut"), ("new", None)]


def test_a_ledger_over_its_size_loses_its_oldest_settled_rows(path: Path) -> None:
    filled(path, "unknown", *["answered"] * 1500)
    before = path.stat().st_size
    store = FileStore.open(path)
    limit = store.size() // 2
    while store.prune(None, limit, 500):
        pass
    assert store.size() <= limit
    store.close()
    left = contents(path)
    assert left[0] == ("run-1", "unknown")
    assert left[-1] == ("run-1501", "answered")
    assert path.stat().st_size < before


def test_an_end_is_for_its_own_request_alone(path: Path) -> None:
    """Two files have a row of one number: what ended is named by its exchange."""
    (other,) = filled(path.with_name("other.db"), None)
    store = FileStore.open(path)
    store.write([row("payment-of-another")], [])
    store.write([], [closed(other, "answered")])
    store.close()
    assert contents(path) == [("payment-of-another", None)]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("REPLACE INTO request SELECT * FROM request WHERE number = 1", "never replaced"),
        (
            "REPLACE INTO verdict (rowid,number,at, made, author, note) VALUES (1, 1, 0, 0, 0, 0)",
            "never replaced",
        ),
        ("UPDATE verdict SET made = 0", "never changed"),
        ("DELETE FROM verdict", "with its row alone"),
        ("DELETE FROM request WHERE number = 2", "newest row"),
    ],
)
def test_sql_by_hand_changes_nothing_that_was_written(
    path: Path, statement: str, words: str
) -> None:
    filled(path, "unknown", "answered")
    connection = connect(path, "rw")
    connection.execute("INSERT INTO verdict VALUES (1, '', 1, 'seen', 'me', NULL, NULL)")
    before = list(connection.iterdump())
    with pytest.raises(sqlite3.IntegrityError, match=words):
        connection.execute(statement)
    assert list(connection.iterdump()) == before
    connection.close()


def test_a_verdict_goes_with_its_row(path: Path) -> None:
    filled(path, "unknown", "answered", opened_at="2026-01-01T00:00:00.000000Z")
    connection = connect(path, "rw")
    connection.execute("INSERT INTO verdict VALUES (1, '', 1, 'seen', 'me', NULL, NULL)")
    connection.close()
    store = FileStore.open(path)
    assert store.prune("2026-06-01T00:00:00.000000Z", 1 << 30, 500) == 1
    store.close()
    with closing(sqlite3.connect(path)) as read:
        assert read.execute("SELECT count(*) FROM verdict").fetchone() == (0,)


def test_no_number_is_given_twice(path: Path) -> None:
    filled(path, *["answered"] * 3, opened_at="2026-01-01T00:00:00.000000Z")
    store = FileStore.open(path)
    while store.prune("2026-06-01T00:00:00.000000Z", 1 << 30, 500):
        pass
    store.close()
    assert contents(path, "number") == [(3,)], "the newest row stays"
    store = FileStore.open(path)
    store.write([row("next")], [])
    store.close()
    assert contents(path, "number") == [(3,), (4,)]


def test_a_5xx_is_in_doubt_until_a_verdict(path: Path) -> None:
    store = FileStore.open(path)
    rows = [row("gateway"), row("fine")]
    store.write(rows, [closed(rows[0], status=504), closed(rows[1], status=409)])
    assert store.in_doubt() == 1
    assert store.prune("9999", 1 << 30, 500) == 0
    store._connection.execute("INSERT INTO verdict VALUES (1, '', 1, '', 'me', NULL, NULL)")
    assert store.in_doubt() == 0
    assert store.prune("9999", 1 << 30, 500) == 1
    store.close()


def test_a_ledger_of_the_first_format_is_brought_to_this_one(path: Path) -> None:
    first_format(path)
    store = FileStore.open(path)
    assert [each.exchange for each in store.recover()] == ["3f2a91c0-6"]
    store.write([row("new")], [])
    store.close()
    with reading(path) as reader:
        entries = {entry["number"]: entry for entry in reader.find("new") + reader.find("#2")}
        doubtful = [n for n in range(1, 7) if reader.find(f"#{n}")[0]["in_doubt"]]
    assert entries[7]["exchange"] == "new", "numbers go on"
    assert doubtful == [3, 5, 6]
    assert [each["kind"] for each in entries[2]["verdicts"]] == ["made", "not-made"]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (tables.VERSION,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        for name in ("trigger", "index"):
            query = f"SELECT name FROM sqlite_schema WHERE type = '{name}' ORDER BY 1"
            with closing(sqlite3.connect(":memory:")) as made:
                made.executescript(tables.TABLES)
                assert connection.execute(query).fetchall() == made.execute(query).fetchall()


def test_a_migration_that_fails_leaves_the_ledger_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_format(path)
    before = contents(path, "*")
    broken = tables.MIGRATIONS[1].replace("PRAGMA user_version = 2;", "SELECT no_such();")
    monkeypatch.setitem(tables.MIGRATIONS, 1, broken)
    with pytest.raises(sqlite3.OperationalError):
        FileStore.open(path)
    assert contents(path, "*") == before
    monkeypatch.undo()
    FileStore.open(path).close()


def test_a_ledger_that_vanished_is_not_begun_anew(path: Path) -> None:
    filled(path, "unknown")
    path.rename(path.with_name("elsewhere.db"))
    with pytest.raises(LedgerRefused, match=r"a ledger was there.*remove .*ledger\.db\.lock too"):
        FileStore.open(path)
    path.touch(0o600)
    with pytest.raises(LedgerRefused, match="gone or empty"):
        FileStore.open(path)
    path.with_name("ledger.db.lock").unlink()
    FileStore.open(path).close()


@pytest.mark.needs("posix")
def test_a_deleted_lock_lets_no_second_writer_in(path: Path) -> None:
    store = FileStore.open(path)
    path.with_name("ledger.db.lock").unlink()
    with pytest.raises(LedgerRefused, match="another process uses"):
        FileStore.open(path)
    path.with_name("ledger.db.lock").unlink()
    store.write([row()], [])
    assert lock.in_use(path), "it was taken again"
    store.close()
    FileStore.open(path).close()


@pytest.mark.needs("posix")
def test_a_link_in_the_place_of_the_lock_is_refused(path: Path) -> None:
    victim = path.with_name("victim")
    victim.write_text("precious")
    path.with_name("ledger.db.lock").symlink_to(victim)
    with pytest.raises(LedgerRefused, match=r"ledger\.db\.lock is a link"):
        FileStore.open(path)
    assert victim.read_text() == "precious"


@pytest.mark.needs("posix")
def test_a_pipe_in_the_place_of_the_lock_is_refused(path: Path) -> None:
    os.mkfifo(path.with_name("ledger.db.lock"))
    with pytest.raises(LedgerRefused, match="is not a file of this user"):
        FileStore.open(path)


@pytest.mark.needs("posix")
@pytest.mark.parametrize("mode", [0o666, 0o602])
def test_a_file_that_others_may_write_is_refused(path: Path, mode: int) -> None:
    path.touch()
    path.chmod(mode)
    with pytest.raises(LedgerRefused, match=f"run: chmod 600 {path}"):
        FileStore.open(path)


def test_a_file_of_another_user_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(path, "answered")
    monkeypatch.setattr(place, "is_ours", lambda _: False)
    with pytest.raises(LedgerRefused, match=r"belongs to another user \(uid \d+\)"):
        FileStore.open(path)


@pytest.mark.needs("another user")
@pytest.mark.parametrize("ending", ["-journal", "-wal", "-shm"])
@pytest.mark.parametrize("link", [False, True])
def test_a_log_that_another_user_left_beside_it_is_refused(
    path: Path, ending: str, link: bool
) -> None:
    """SQLite would roll back to it, or forward: the ledger would hold what that user wrote."""
    filled(path, "answered")
    beside = path.with_name(path.name + ending)
    beside.unlink(missing_ok=True)
    if link:
        beside.symlink_to(path.with_name("elsewhere"))
    else:
        beside.write_bytes(b"rows")
    os.chown(beside, 65534, 65534, follow_symlinks=False)
    with pytest.raises(LedgerRefused, match=rf"{ending} is no file of the ledger's owner"):
        FileStore.open(path)
    with pytest.raises(LedgerRefused, match=rf"{ending} is no file"), reading(path):
        pass
    os.chown(path, 65534, 65534)  # whose ledger it is may have made it
    if not link:
        place.refuse_foreign_beside(path)


@pytest.mark.needs("posix")
def test_a_full_disk_of_small_blocks_is_said_before_sqlite_maps_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path, "answered")
    full = os.statvfs_result((1024, 1024, 8192, 10, 10, 0, 0, 0, 0, 255))
    monkeypatch.setattr(place.os, "statvfs", lambda _: full)
    with pytest.raises(OSError, match="No space left"):
        FileStore.open(path)


def test_the_lock_says_who_holds_it_and_what_lies_beside_it(path: Path) -> None:
    store = FileStore.open(path)
    holder, ledger = path.with_name("ledger.db.lock").read_text().split()
    store.close()
    taken = Lock(path)
    assert (int(holder), ledger) == (os.getpid(), taken.remembers)
    taken.release()
    assert len(ledger) == 16


@pytest.mark.needs("posix")
@pytest.mark.parametrize("gone", [["-wal"], ["-shm"], ["-wal", "-shm"]])
def test_a_log_that_is_taken_away_takes_no_row_with_it(path: Path, gone: list[str]) -> None:
    """SQLite goes on writing to the file that has no name any more."""
    store = FileStore.open(path)
    store.write([row("before")], [])
    for suffix in gone:
        path.with_name(path.name + suffix).unlink()
    store.write([row("after")], [])
    assert contents(path) == [("before", None), ("after", None)], "as another program reads it"
    store.close()
    assert contents(path) == [("before", None), ("after", None)]


@pytest.mark.needs("posix")
def test_what_is_put_in_the_place_of_a_ledger_whose_log_was_taken_is_not_written_to(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its chain would go on from the other's head."""
    filled(path, "answered")
    copy = path.with_name("copy.db")
    backup(path, copy)
    store = FileStore.open(path)
    store.write([row("under-way")], [])
    path.with_name("ledger.db-wal").unlink()

    def opened(name: Path, **given: bool) -> sqlite3.Connection:
        path.rename(path.with_name("away.db"))
        copy.rename(path)
        return connection_of(name, **given)

    connection_of = store_module._opened
    monkeypatch.setattr(store_module, "_opened", opened)
    with pytest.raises(Moved):
        store.write([row("new")], [])
    assert store.recover("ledger-moved") == []
    store.close()
    assert contents(path) == [("run-1", "answered")]
    assert contents(path.with_name("away.db")) == [("run-1", "answered"), ("under-way", None)]


@pytest.mark.needs("posix")
def test_a_log_that_cannot_be_folded_in_is_tried_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore.open(path)
    store.write([row("before")], [])
    reader = connect(path, "ro")
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM request").fetchone()
    path.with_name("ledger.db-wal").unlink()
    store._connection.execute("PRAGMA busy_timeout = 0")
    with pytest.raises(OSError, match="end the programs that read the ledger"):
        store.probe("", 0)
    reader.close()
    with monkeypatch.context() as patch:
        patch.setattr(tables, "VERSION", 1)  # whatever keeps it from being opened now
        with pytest.raises(LedgerRefused):
            store.probe("", 0)
        assert store.log_size() == 0
    store.write([row("after")], [])
    store.close()
    assert contents(path) == [("before", None), ("after", None)]


def test_a_ledger_is_whole_without_its_log_from_the_first_moment(path: Path) -> None:
    store = FileStore.open(path)
    copy = path.with_name("copy.db")
    copy.write_bytes(path.read_bytes())
    store.close()
    assert contents(copy) == []


@pytest.mark.needs("posix")
def test_the_log_of_a_ledger_behind_a_link_lies_where_it_leads(path: Path) -> None:
    link = path.with_name("link") / "ledger.db"
    link.parent.mkdir()
    link.symlink_to(path)
    filled(path, "answered")
    store = FileStore.open(link)
    store.write([row()], [])
    assert store.log_size() > 0
    store.close()


@pytest.mark.parametrize("there", [b"", b"backup"])
def test_a_file_that_is_emptied_or_copied_over_is_noticed(path: Path, there: bytes) -> None:
    filled(path, "answered")
    saved = path.with_name("saved.db")
    backup(path, saved)
    store = FileStore.open(path)
    path.write_bytes(there and saved.read_bytes())
    with pytest.raises(LedgerRefused, match="was emptied or copied over while it was in use"):
        store.write([row("new")], [])
    store.close()


def test_a_ledger_that_is_replaced_while_it_is_copied_gives_no_backup(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been opened just before, and its log no more."""
    filled(path, "answered")
    backup(path, path.with_name("other.db"))

    def opened(name: Path, mode: str) -> AbstractContextManager[sqlite3.Connection]:
        found = opening.opened(name, mode)
        path.with_name("other.db").replace(path)
        return found

    monkeypatch.setattr(backup_module, "opened", opened)
    with pytest.raises(LedgerRefused, match="was moved or replaced while it was copied"):
        backup(path, path.with_name("copy.db"))
    assert not path.with_name("copy.db").exists()


def test_a_backup_is_not_mixed_with_the_log_of_what_it_replaces(path: Path) -> None:
    """SQLite would take the log of the ledger that was killed for the backup's own."""
    filled(path, "answered")
    saved = path.with_name("saved.db")
    backup(path, saved)
    store = FileStore.open(path)
    store.write([row("new")], [])
    log = path.with_name("ledger.db-wal")
    left = log.read_bytes()  # as a process that is killed leaves it
    store.close()
    saved.replace(path)
    log.write_bytes(left)
    with pytest.raises(LedgerRefused, match=r"ledger\.db-wal is the log of another file"):
        FileStore.open(path)
    log.unlink()
    FileStore.open(path).close()
    assert contents(path) == [("run-1", "answered")]


@pytest.mark.parametrize("pages", [1, 2, 5, 12])
def test_a_ledger_that_a_full_disk_kept_from_being_made_is_made_later(
    path: Path, monkeypatch: pytest.MonkeyPatch, pages: int
) -> None:
    with monkeypatch.context() as patch:
        full = f"PRAGMA page_size = {tables.PAGE}; PRAGMA max_page_count = {pages};"
        patch.setattr(tables, "TABLES", full + tables.TABLES)
        with pytest.raises(sqlite3.OperationalError, match="full"):
            FileStore.open(path)
    store = FileStore.open(path)
    store.write([row()], [])
    store.close()
    assert contents(path) == [("run-1", None)]


def test_who_reads_in_the_same_process_does_not_take_the_writers_locks(path: Path) -> None:
    """Else another program that closes the ledger takes itself for the last, and the log away."""
    store = FileStore.open(path)
    store.write([row()], [])
    with reading(path):
        pass
    script = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        " c.execute('SELECT count(*) FROM request').fetchone(); c.close()"
    )
    subprocess.run([sys.executable, "-c", script, path], check=True)
    assert path.with_name("ledger.db-wal").exists()
    store.close()


def test_half_a_character_in_any_member_fails_no_row(path: Path) -> None:
    """JSON can name one; the rows that share its commit are payments of others."""
    odd = row(body=Body(1, "", '{"x\ud800.id": "1"}', '{"x\ud800.id": "2"}'), caller="\ud800")
    store = FileStore.open(path)
    store.write([row("before"), odd, row("after")], [])
    store.close()
    assert len(contents(path)) == 3


def test_a_row_that_could_not_be_written_anew_keeps_its_number(path: Path) -> None:
    (old,) = filled(path, None)
    store = FileStore.open(path.with_name("next.db"))
    with pytest.raises(sqlite3.IntegrityError):
        store.write([old, row(method=None)], [])
    assert old.number == 1
    store.close()


def test_numbers_that_were_given_long_ago_keep_nothing_from_being_deleted(path: Path) -> None:
    first_format(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE sqlite_sequence SET seq = 90")
    store = FileStore.open(path)
    store.recover()
    while store.prune("9999", 1 << 30, 500):
        pass
    store.write([row("new")], [])
    store.close()
    assert contents(path, "number")[-1] == (91,)


def test_why_a_ledger_cannot_be_used_is_said_in_either_language(path: Path) -> None:
    """Callers read it in the problem document, and people on the page."""
    with pytest.raises(LedgerRefused) as refused:
        FileStore.open(path.parent / "nowhere" / "ledger.db")
    for error in (refused.value, Moved(phrase("ledger.moved", path="ledger.db"))):
        why = words(error)
        assert isinstance(why, Phrase)
        assert why.said("es") != why.said("en")
