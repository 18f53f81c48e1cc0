"""What deletion leaves of the chain."""

import sqlite3
from contextlib import closing
from pathlib import Path

from proxy.ledger.chain import ChainLink
from proxy.ledger.cut import newest
from proxy.ledger.sqlite.store import FileStore
from proxy.ledger.verdict import settle
from proxy.ledger.verification import verify
from tests.support.ledgers import closed, row

OLD, NEW = "2026-01-01T00:00:00.000000Z", "2026-06-01T00:00:00.000000Z"
BETWEEN = "2026-03-01T00:00:00.000000Z"


def written(path: Path, *outcomes: str, at: str = OLD) -> None:
    """Write each row in commits of its own."""
    store = FileStore.open(path)
    for outcome in outcomes:
        each = row(f"{outcome} {at}", opened_at=at)
        store.write([each], [])
        store.write([], [closed(each, outcome)])
    store.close()


def pruned(path: Path, most: int = 500) -> int:
    store = FileStore.open(path)
    count = store.prune(BETWEEN, 1 << 40, most)
    store.close()
    return count


def entries(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        return [seq for (seq,) in connection.execute("SELECT seq FROM chain ORDER BY seq")]


def test_entries_go_with_their_rows_and_the_rest_holds(path: Path) -> None:
    written(path, *["answered"] * 4)
    written(path, "answered", at=NEW)
    before = verify(path).head
    assert pruned(path) == 4
    found = verify(path)
    assert entries(path) == [9, 10, 11]
    assert (found.problems, found.rows, found.deleted) == ([], 1, 4)
    assert verify(path, before).known is True


def test_what_is_in_doubt_keeps_its_entries_and_the_gaps_are_known(path: Path) -> None:
    written(path, "answered", "unknown", "answered", "cut", "answered")
    written(path, "answered", at=NEW)
    assert pruned(path) == 3
    assert entries(path) == [3, 4, 7, 8, 11, 12, 13]
    assert verify(path).problems == []
    settle(path, 2, kind="settled", note="p-1", author="ana")
    assert verify(path).problems == []
    assert pruned(path) == 1
    assert entries(path) == [7, 8, 11, 12, 13, 14, 15]
    assert verify(path).problems == []


def test_an_earlier_cut_goes_when_its_time_has_come(path: Path) -> None:
    written(path, *["answered"] * 3)
    assert pruned(path, 1) == 1
    written(path, "answered")
    written(path, "answered", at=NEW)
    while pruned(path, 2):
        assert verify(path).problems == []
    with closing(sqlite3.connect(path)) as connection:
        cut = newest(connection)
    assert (cut.upto, cut.kept, [gap[:2] for gap in cut.gaps]) == (4, (), [(1, 9)])


def test_a_row_that_is_deleted_by_hand_is_not_in_the_cut(path: Path) -> None:
    written(path, "answered", "unknown", "answered")
    written(path, "answered", at=NEW)
    pruned(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TRIGGER request_in_doubt_stays")
        connection.execute("DELETE FROM request WHERE number = 2")
    assert [str(each.words) for each in verify(path).problems] == ["row #2 was removed"]


def test_a_row_that_was_deleted_does_not_come_back(path: Path) -> None:
    written(path, "answered", "unknown", "answered")
    written(path, "answered", at=NEW)
    with closing(sqlite3.connect(path)) as connection:
        kept = connection.execute("SELECT * FROM request WHERE number = 1").fetchone()
    pruned(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        marks = ", ".join("?" * len(kept))
        connection.execute(f"INSERT INTO request VALUES ({marks})", kept)
    assert [str(each.words) for each in verify(path).problems] == ["row #1 was inserted"]


def test_a_row_that_comes_back_into_its_entry_is_noticed(path: Path) -> None:
    """The entry is kept for its other row, so that it tells of the deleted one too."""
    store = FileStore.open(path)
    rows = [row("run-1", opened_at=OLD), row("run-2", opened_at=OLD), row("run-3", opened_at=NEW)]
    store.write(rows, [closed(rows[0]), closed(rows[1], "unknown"), closed(rows[2])])
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        kept = connection.execute("SELECT * FROM request WHERE number = 1").fetchone()
    pruned(path)
    assert verify(path).problems == []
    with closing(sqlite3.connect(path)) as connection, connection:
        marks = ", ".join("?" * len(kept))
        connection.execute(f"INSERT INTO request VALUES ({marks})", kept)
    assert [str(each.words) for each in verify(path).problems] == ["row #1 was inserted"]


def test_a_head_that_went_with_its_rows_cannot_be_compared(path: Path) -> None:
    written(path, *["answered"] * 3)
    written(path, "answered", at=NEW)
    pruned(path)
    found = verify(path, ChainLink(3, b"?" * 32))
    assert (found.problems, found.known) == ([], False)
    last = verify(path, ChainLink(6, b"?" * 32))
    assert [each.words.code for each in last.problems] == ["chain.rewritten"]
