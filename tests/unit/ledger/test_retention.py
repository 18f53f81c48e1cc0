"""How long rows stay, and what a clock that jumps does to them."""

from pathlib import Path

import pytest

from proxy.ledger.retention import DAY, Retention
from proxy.ledger.row import stamp
from proxy.ledger.store import Store
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


def store(path: Path, *ages: float) -> Store:
    """Open a ledger with rows of so many days."""
    made = Store.open(path)
    made.close()
    for age in ages:
        filled(path, "answered", opened_at=stamp(NOW - age * DAY))
    return Store.open(path)


def left(store: Store) -> int:
    count: int = store._connection.execute("SELECT count(*) FROM request").fetchone()[0]
    return count


def test_rows_older_than_the_days_go(tmp_path: Path, clock: Clock) -> None:
    rows = store(tmp_path / "ledger.db", 31, 29)
    keep = Retention(30, 1 << 30, clock.wall, clock.steady)
    keep.prune(rows)
    assert left(rows) == 1
    clock.passed += 2 * DAY
    keep.prune(rows)
    assert left(rows) == 0
    rows.close()


def test_a_clock_that_jumps_ahead_deletes_nothing_for_a_day(tmp_path: Path, clock: Clock) -> None:
    rows = store(tmp_path / "ledger.db", 1)
    keep = Retention(30, 1 << 30, clock.wall, clock.steady)
    keep.prune(rows)
    clock.set += 10_000 * DAY
    for _ in range(3):
        clock.passed += 100
        keep.prune(rows)
    assert left(rows) == 1
    clock.set -= 10_000 * DAY
    clock.passed += 2 * DAY
    keep.prune(rows)
    assert left(rows) == 1
    rows.close()


def test_a_clock_that_was_never_set_deletes_nothing(tmp_path: Path, clock: Clock) -> None:
    rows = store(tmp_path / "ledger.db", 400)
    clock.set = 0.0
    Retention(30, 1 << 30, clock.wall, clock.steady).prune(rows)
    assert left(rows) == 1
    rows.close()


def test_it_goes_on_while_there_is_something_to_delete(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "ledger.db"
    filled(path, *["answered"] * 1100, opened_at=stamp(NOW - 31 * DAY))
    rows = Store.open(path)
    keep = Retention(30, 1 << 30, clock.wall, clock.steady)
    counts = []
    while keep.wait(60) == 0:
        keep.prune(rows)
        counts.append(left(rows))
    assert counts == [600, 100, 0, 0]
    rows.close()


def test_a_ledger_full_of_doubt_is_told_once(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "ledger.db"
    filled(path, "unknown")
    rows = Store.open(path)
    keep = Retention(30, 1, clock.wall, clock.steady)
    for _ in range(3):
        keep.prune(rows)
        clock.passed += 100
    assert left(rows) == 1
    assert len([r for r in caplog.records if "never deleted" in r.getMessage()]) == 1
    rows.close()
