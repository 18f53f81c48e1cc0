"""How long rows stay, and what a clock that jumps does to them."""

import logging
import sqlite3
from pathlib import Path

import pytest

from proxy.ledger.believed import DAY, BelievedTime
from proxy.ledger.retention import Retention
from proxy.ledger.sqlite import store as store_module
from proxy.ledger.sqlite.store import FileStore
from proxy.moments import stamp
from tests.support.ledgers import filled

NOW = 1_800_000_000.0


class Clock:
    """A wall clock and a steady one."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.set = NOW

    def wall(self) -> float:
        return self.set + self.passed

    def steady(self) -> float:
        return self.passed


@pytest.fixture
def clock() -> Clock:
    return Clock()


def keeping(clock: Clock, days: float = 30, size: int = 1 << 30) -> Retention:
    return Retention(days, size, BelievedTime(clock.wall, clock.steady), clock.steady)


def pruned(keep: Retention, rows: FileStore) -> None:
    """Do what the writer's thread does again and again."""
    keep.believed.look()
    rows.probe(keep.believed.at, keep.believed.held)
    keep.prune(rows)


def store(path: Path, *ages: float) -> FileStore:
    """Open a ledger with rows of so many days."""
    made = FileStore.open(path)
    made.close()
    for age in ages:
        filled(path, "answered", opened_at=stamp(NOW - age * DAY))
    filled(path, "answered", opened_at=stamp(NOW))
    return FileStore.open(path)


def left(store: FileStore) -> int:
    """Count the rows, but for the newest, which always stays."""
    count: int = store._connection.execute("SELECT count(*) FROM request").fetchone()[0]
    return count - 1


def test_rows_older_than_the_days_go(tmp_path: Path, clock: Clock) -> None:
    rows = store(tmp_path / "ledger.db", 31, 29)
    keep = keeping(clock)
    pruned(keep, rows)
    assert left(rows) == 1
    clock.passed += 2 * DAY
    pruned(keep, rows)
    assert left(rows) == 0
    rows.close()


def test_a_clock_that_jumps_ahead_deletes_nothing_for_a_day(tmp_path: Path, clock: Clock) -> None:
    rows = store(tmp_path / "ledger.db", 1)
    keep = keeping(clock)
    pruned(keep, rows)
    clock.set += 10_000 * DAY
    for _ in range(3):
        clock.passed += 100
        pruned(keep, rows)
    assert left(rows) == 1
    clock.set -= 10_000 * DAY
    clock.passed += 2 * DAY
    pruned(keep, rows)
    assert left(rows) == 1
    rows.close()


def test_a_clock_that_was_never_set_deletes_nothing(tmp_path: Path, clock: Clock) -> None:
    rows = store(tmp_path / "ledger.db", 400)
    clock.set = 0.0
    pruned(keeping(clock), rows)
    assert left(rows) == 1
    rows.close()


def test_rows_of_a_clock_that_was_never_set_are_as_old_as_those_after_them(
    tmp_path: Path, clock: Clock
) -> None:
    """Else they went a day after it was set, and with its claim a payment's key was free again."""
    path = tmp_path / "ledger.db"
    filled(path, *["answered"] * 700, opened_at=stamp(100.0))
    rows = store(path, 31, 29)
    keep = keeping(clock)
    for _ in range(4):
        pruned(keep, rows)
    assert left(rows) == 1, "what is as old as 31 days went, in parts"
    rows.close()
    filled(path, "answered", "answered", opened_at=stamp(100.0))
    rows = FileStore.open(path)
    clock.passed += 2 * DAY
    for _ in range(4):
        clock.passed += 61
        pruned(keep, rows)
    assert left(rows) == 2, "after those of 29 days, and the one of today"
    rows.close()


def test_it_goes_on_while_there_is_something_to_delete(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "ledger.db"
    filled(path, *["answered"] * 1101, opened_at=stamp(NOW - 31 * DAY))
    rows = FileStore.open(path)
    keep = keeping(clock)
    counts = []
    while keep.wait(60) == 0:
        pruned(keep, rows)
        counts.append(left(rows))
    assert counts == [600, 100, 0, 0]
    rows.close()


def test_a_ledger_full_of_doubt_is_told_once(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "ledger.db"
    filled(path, "unknown", "unknown")
    rows = FileStore.open(path)
    keep = keeping(clock, size=1)
    for _ in range(3):
        pruned(keep, rows)
        clock.passed += 100
    assert left(rows) == 1
    assert len([r for r in caplog.records if "never deleted" in r.getMessage()]) == 1
    rows.close()


def restarted(rows: FileStore, clock: Clock) -> Retention:
    """Begin as a new process does, on what the one before wrote last."""
    keep = keeping(clock)
    keep.believed.resume(*rows.probed())
    return keep


def test_a_start_with_a_clock_that_is_ahead_deletes_nothing_for_a_day(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    rows = store(tmp_path / "ledger.db", 1, 2)
    pruned(keeping(clock), rows)
    clock.set += 800 * DAY
    for _ in range(3):  # restarts do not shorten the day
        keep = restarted(rows, clock)
        for _ in range(60):
            clock.passed += 120
            pruned(keep, rows)
        assert left(rows) == 2
    assert "the clock jumped ahead by" in caplog.text
    clock.passed += DAY
    pruned(keep, rows)
    clock.passed += 61
    pruned(keep, rows)
    assert left(rows) == 0, "a clock that stays as it is is believed in the end"
    rows.close()


def test_a_clock_that_is_set_right_again_was_never_believed(tmp_path: Path, clock: Clock) -> None:
    rows = store(tmp_path / "ledger.db", 1)
    pruned(keeping(clock), rows)
    clock.set += 800 * DAY
    pruned(restarted(rows, clock), rows)
    clock.set -= 800 * DAY
    keep = restarted(rows, clock)
    pruned(keep, rows)
    assert (keep.believed.held, left(rows)) == (0, 1)
    clock.passed += 30 * DAY
    pruned(keep, rows)
    assert left(rows) == 0
    rows.close()


def test_a_weekend_is_no_jump_that_lasts(tmp_path: Path, clock: Clock) -> None:
    """A process that was away for long is held for a day of its own, and then goes on."""
    rows = store(tmp_path / "ledger.db", 29)
    pruned(keeping(clock), rows)
    clock.passed += 20 * 3600
    keep = restarted(rows, clock)
    pruned(keep, rows)
    assert keep.believed.held == 0, "a night is nothing"
    clock.passed += 3 * DAY
    keep = restarted(rows, clock)
    pruned(keep, rows)
    assert left(rows) == 1
    clock.passed += DAY
    pruned(keep, rows)
    clock.passed += 61
    pruned(keep, rows)
    assert left(rows) == 0
    rows.close()


def test_what_was_deleted_is_said_with_its_numbers(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    rows = store(tmp_path / "ledger.db", 31, 32, 33)
    keep = keeping(clock)
    for _ in range(3):
        pruned(keep, rows)
    said = [r.getMessage() for r in caplog.records if "deleted" in r.getMessage()]
    (line,) = said
    assert line.startswith(f"deleted 3 rows of the ledger: opened before {stamp(NOW - 30 * DAY)}")
    rows.close()


def test_looking_for_old_rows_does_not_read_the_whole_ledger(tmp_path: Path, clock: Clock) -> None:
    """Payments wait meanwhile: it may take no more steps when there are more rows."""

    def steps(count: int) -> int:
        path = tmp_path / f"{count}.db"
        filled(path, *["answered"] * count, opened_at=stamp(NOW))
        rows = FileStore.open(path)
        taken = 0

        def step() -> int:
            nonlocal taken
            taken += 1
            return 0

        rows._connection.set_progress_handler(step, 100)
        assert rows.prune(stamp(NOW - 30 * DAY), 1 << 30, 500) == 0
        rows.close()
        return taken

    assert steps(8000) < 2 * steps(1000)


def test_what_is_deleted_is_given_back(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "ledger.db"
    filled(path, *["answered"] * 3000, opened_at=stamp(NOW - 31 * DAY))
    before = path.stat().st_size
    rows = FileStore.open(path)
    keep = keeping(clock)
    while keep.wait(60) == 0:
        pruned(keep, rows)
    free = rows._connection.execute("PRAGMA freelist_count").fetchone()[0]
    rows.close()
    assert free < 20
    assert path.stat().st_size < before / 10


def test_a_long_log_is_cut_when_it_has_been_folded_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody reads for long; afterwards the log's file becomes small again."""
    monkeypatch.setattr(store_module, "_LOG_KEPT", 65_536)
    path = tmp_path / "ledger.db"
    filled(path, "answered")
    rows = FileStore.open(path)
    auditor = sqlite3.connect(path)
    auditor.execute("BEGIN")
    auditor.execute("SELECT count(*) FROM request").fetchone()
    rows._connection.execute("PRAGMA wal_autocheckpoint = 20")
    for number in range(200):
        rows.probe(str(number), 0)
    assert rows.log_size() > 200_000
    auditor.close()
    for number in range(200):
        rows.probe(str(number), 0)
    assert rows.log_size() <= 65_536
    rows.close()
