"""What is found in a ledger that somebody edited by hand, its triggers dropped."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from proxy.ledger import verification
from proxy.ledger.chain import ChainLink
from proxy.ledger.evidence import keep
from proxy.ledger.row import Body
from proxy.ledger.sqlite.backup import backup
from proxy.ledger.sqlite.store import FileStore
from proxy.ledger.trouble import LedgerRefused
from proxy.ledger.verdict import settle
from proxy.ledger.verification import Verification, verify
from tests.support import ledgers
from tests.support.ledgers import closed, filled, first_format, row
from tests.support.look_ups import looked_up

Edit = Callable[[str], Verification]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Write a ledger: row 2 has evidence and a verdict, 5 is open, 6 was left open."""
    made = tmp_path / "ledger.db"
    filled(made, "answered", "unknown", "not-sent", "cut", None)
    keep(made, looked_up(2, "found"))
    settle(made, 2, kind="settled", note="p-1", author="ana")
    store = FileStore.open(made)
    late = row("late", body=Body())
    store.write([late], [])
    late.body = Body(5, "cd" * 32, "{}")
    store.write([closed(row("run-8"))], [], [late])
    store.close()
    return made


@pytest.fixture
def edited(path: Path) -> Edit:
    return lambda sql: verify(ledgers.edited(path, sql))


def test_a_ledger_that_nobody_touched_is_as_it_was_written(path: Path) -> None:
    found = verify(path)
    assert (found.problems, found.first, found.rows, found.deleted) == ([], None, 7, 0)
    assert found.entries == found.head.seq == 6


COPIED = (
    "exchange, opened_at, closed_at, seconds, caller, method, path, body_bytes, body_sha256,"
    " payment, marks, token_id, traceparent, attempts, status, answer, outcome, reason"
)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE request SET payment = '{}' WHERE number = 3", "row #3 was changed"),
        ("UPDATE request SET closed_at = '' WHERE number = 1", "row #1 was changed"),
        ("UPDATE request SET seconds = 0.5 WHERE number = 1", "row #1 was changed"),
        ("UPDATE request SET status = 200 WHERE number = 5", "row #5 was changed"),
        ("UPDATE request SET outcome = NULL WHERE number = 4", "row #4 was changed"),
        ("UPDATE request SET body_bytes = 9 WHERE number = 6", "row #6 was changed"),
        ("UPDATE request SET payment = x'7b7d' WHERE number = 6", "row #6 was changed"),
        ("UPDATE request SET path = CAST(x'ff' AS TEXT) WHERE number = 6", "row #6 was changed"),
        ("DELETE FROM request WHERE number = 3", "row #3 was removed"),
        ("DELETE FROM request WHERE number = 7", "row #7 was removed"),
        (
            f"INSERT INTO request SELECT 99, {COPIED} FROM request WHERE number = 1",
            "row #99 was inserted",
        ),
        (
            f"INSERT INTO request SELECT -1, {COPIED} FROM request WHERE number = 1",
            "row #-1 was inserted",
        ),
        ("UPDATE verdict SET made = 0", "a verdict of row #2 was changed"),
        ("DELETE FROM verdict", "a verdict of row #2 was removed"),
        (
            "INSERT INTO verdict SELECT 3, at, 1, note, author, kind, evidence FROM verdict",
            "a verdict of row #3 was inserted",
        ),
        ("UPDATE evidence SET found = '{}'", "evidence of row #2 was changed"),
        ("DELETE FROM evidence", "evidence of row #2 was removed"),
        ("INSERT INTO evidence SELECT * FROM evidence", "evidence of row #2 was inserted"),
    ],
)
def test_the_row_is_named(edited: Edit, sql: str, words: str) -> None:
    found = edited(sql)
    assert [str(each.words) for each in found.problems] == [words]


def test_a_number_that_is_none_hides_no_row(edited: Edit) -> None:
    found = edited("UPDATE verdict SET number = 'x'")
    assert str(found.first and found.first.words) == "a verdict of row #0 was inserted"
    assert "a verdict of row #2 was removed" in {str(each.words) for each in found.problems}


def test_the_first_row_of_several_is_named_first(edited: Edit) -> None:
    found = edited(
        "DELETE FROM request WHERE number = 3; UPDATE verdict SET at = ''; DELETE FROM chain"
        " WHERE seq = 5"
    )
    assert str(found.first and found.first.words) == "a verdict of row #2 was changed"
    assert {"row #3 was removed", "entries 5 to 5 of the chain were removed"} < {
        str(each.words) for each in found.problems
    }


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE chain SET events = substr(events, 42) WHERE seq = 1",
        "UPDATE chain SET events = x'00' WHERE seq = 2",
        "UPDATE chain SET cut = '{}' WHERE seq = 2",
        'UPDATE chain SET cut = \'{"upto": 3, "kept": [], "gaps": []}\' WHERE seq = 6',
        "UPDATE chain SET hash = x'00' WHERE seq = 3",
        "DELETE FROM chain WHERE seq = 2",
        "UPDATE chain SET events = 'x' WHERE seq = 2",
        "UPDATE chain SET cut = x'00' WHERE seq = 2",
        "UPDATE chain SET cut = 'é' WHERE seq = 2",
        """UPDATE chain SET cut = '{"upto": 1, "kept": [], "gaps": [[1, 2, "x"]]}' WHERE seq = 6""",
        "UPDATE chain SET hash = 'x' WHERE seq = 2",
        "UPDATE identity SET id = 'another'",
        "UPDATE identity SET id = CAST(x'ff' AS TEXT)",
        "DELETE FROM identity",
    ],
)
def test_a_chain_that_was_changed_does_not_go_on(edited: Edit, sql: str) -> None:
    said = [str(each.words) for each in edited(sql).problems]
    assert any(words.startswith("entr") for words in said)


def test_an_opening_without_its_body_must_get_it_from_an_event(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    filled(path, "answered", None, body=Body())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER request_is_closed_once")
        connection.execute("UPDATE request SET body_bytes = 3")
        connection.commit()
    assert [each.row for each in verify(path).problems] == [1, 2]


@pytest.mark.parametrize("sql", ["answer = NULL", "status = 500", "outcome = 'cut'"])
def test_an_answer_before_the_end_is_covered(tmp_path: Path, edited: Edit, sql: str) -> None:
    store = FileStore.open(tmp_path / "ledger.db")
    early = row("early", status=200, answer='{"id": "p-1"}')
    store.write([early], [])
    store.write([], [], [early])
    store.close()
    found = edited(f"UPDATE request SET {sql} WHERE exchange = 'early'")
    assert [str(each.words) for each in found.problems] == ["row #8 was changed"]


def test_a_flood_of_problems_ends(edited: Edit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "_MOST", 3)
    assert len(edited("DELETE FROM request").problems) == 3


def recorded(path: Path) -> list[list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        tables = ("request", "verdict", "evidence", "chain")
        return [
            connection.execute(f"SELECT rowid, * FROM {table} NOT INDEXED").fetchall()
            for table in tables
        ]


def test_a_bit_that_changes_what_is_recorded_is_found(path: Path, tmp_path: Path) -> None:
    store = FileStore.open(path)
    store.recover()
    assert store.prune("9999", 1 << 40, 2) == 2
    store.close()
    backup(path, tmp_path / "whole.db")
    data, before = (tmp_path / "whole.db").read_bytes(), recorded(tmp_path / "whole.db")
    random, flipped, found = Random(7), tmp_path / "flipped.db", 0
    for _ in range(300):
        changed = bytearray(data)
        changed[random.randrange(len(data))] ^= 1 << random.randrange(8)
        flipped.write_bytes(changed)
        try:
            untouched = not verify(flipped).problems
        except LedgerRefused:
            continue
        assert not untouched or recorded(flipped) == before
        found += not untouched
    assert found


# -- a head that was kept elsewhere ----------------------------------------------------------------


def test_a_ledger_goes_on_from_its_earlier_heads(path: Path) -> None:
    head = verify(path).head
    start = ChainLink(0, head.hash)
    store = FileStore.open(path)
    store.recover()
    store.close()
    assert verify(path, head).known is True
    assert verify(path, head).problems == []
    assert [each.words.code for each in verify(path, start).problems] == ["chain.rewritten"]


def test_an_older_copy_shows_by_the_head_alone(path: Path, tmp_path: Path) -> None:
    backup(path, tmp_path / "older.db")
    settle(path, 4, kind="settled", note="seen", author="ana")
    head = verify(path).head
    shutil.copy(tmp_path / "older.db", path)
    assert verify(path).problems == []
    assert [each.words.code for each in verify(path, head).problems] == ["chain.older"]


def test_a_ledger_that_was_written_anew_shows_by_the_head_alone(path: Path, tmp_path: Path) -> None:
    head = verify(path).head
    filled(tmp_path / "anew.db", *["answered"] * 300)
    found = verify(tmp_path / "anew.db", head)
    assert [each.words.code for each in found.problems] == ["chain.rewritten"]


def test_a_ledger_of_the_first_format_has_no_chain_yet(tmp_path: Path) -> None:
    first_format(tmp_path / "ledger.db")
    with pytest.raises(LedgerRefused, match="has no chain"):
        verify(tmp_path / "ledger.db")
