"""The chain: what each commit adds to it, and what the hashes are of."""

import json
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from proxy.ledger import chain, edited
from proxy.ledger.reading import reading
from proxy.ledger.row import Body
from proxy.ledger.sqlite import tables
from proxy.ledger.sqlite.backup import backup
from proxy.ledger.sqlite.store import FileStore, connect
from proxy.ledger.verdict import settle
from proxy.ledger.verification import verify
from tests.support.ledgers import closed, filled, first_format, row

UNTOLD = Body()


def exported(path: Path) -> list[edited.Exported]:
    with closing(connect(path, "ro")) as connection:
        return list(edited.exported(connection))


def kinds(path: Path) -> list[str]:
    return ["".join(each["kind"] for each in entry["events"]) for entry in exported(path)]


def test_a_commit_is_an_entry_with_an_event_for_each_thing_that_it_wrote(path: Path) -> None:
    store = FileStore.open(path)
    first, second = row("run-1", body=UNTOLD), row("run-2")
    store.write([first, second], [])
    first.body = Body(17, "ab" * 32, "{}")
    store.write([], [closed(second)], [first])
    store.write([], [closed(first)])
    store.close()
    assert kinds(path) == ["ow", "bc", "c"]
    assert verify(path).problems == []


def test_a_large_commit_is_several_entries(path: Path) -> None:
    filled(path, *["answered"] * 100)
    assert list(map(len, kinds(path))) == [48, 48, 4] * 2
    assert verify(path).problems == []


def test_who_has_rows_and_chain_can_verify_them_without_this_program(path: Path) -> None:
    """As docs/ledger.md describes it."""
    filled(path, "answered", caller='señor "x" \\ \n\x01')
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        found = dict(connection.execute("SELECT * FROM request").fetchone())
        (identity,) = connection.execute("SELECT id FROM identity").fetchone()
    found["seconds"] = repr(found["seconds"])
    before = sha256(identity.encode()).digest()
    for entry in exported(path):
        for each in entry["events"]:
            columns = [found[name] for name in chain.COLUMNS[each["kind"].encode()]]
            text = json.dumps(columns, ensure_ascii=False, separators=(",", ":"))
            assert sha256(text.encode()).hexdigest() == each["sha256"]
            number = each["row"].to_bytes(8, "big")
            before += each["kind"].encode() + number + bytes.fromhex(each["sha256"])
        before = sha256(before).digest()
        assert before.hex() == entry["hash"]


def test_an_end_that_changes_nothing_is_no_event(path: Path) -> None:
    filled(path, *["answered"] * 5)
    before = kinds(path)
    store = FileStore.open(path)
    rows = [row(f"run-{n}") for n in range(1, 6)]
    for number, each in enumerate(rows, 1):
        each.number = number
    store.write([], [closed(each, "unknown") for each in rows])
    rows[0].body = rows[1].body = Body(1, "cd" * 32)
    store.write([], [], rows[:2])
    store.close()
    assert kinds(path) == before
    assert verify(path).problems == []


def test_an_end_whose_row_has_gone_keeps_the_others_in_the_chain(path: Path) -> None:
    rows = filled(path, *[None] * 5)
    store = FileStore.open(path)
    rows[2].exchange = "another"
    store.write([], [closed(each) for each in rows])
    store.close()
    assert kinds(path)[-1] == "cccc"
    assert verify(path).rows == 5
    assert verify(path).problems == []


def test_what_is_no_text_is_in_the_chain_as_it_is_in_the_file(path: Path) -> None:
    filled(path, "answered", caller="\ud800?")
    assert verify(path).problems == []


def test_a_crash_before_the_end_leaves_a_chain_that_goes_on(path: Path) -> None:
    filled(path, "answered", None, None)
    store = FileStore.open(path)
    store.recover()
    store.close()
    assert kinds(path)[-1] == "cc"
    assert verify(path).problems == []


def test_an_answer_before_the_end_is_known_after_a_crash(path: Path) -> None:
    """The caller still waits for another one."""
    store = FileStore.open(path)
    rows = [row("run-1"), row("run-2"), row("run-3", body=UNTOLD)]
    store.write(rows, [])
    for each in rows:
        each.status, each.answer = 200, '{"id": "p-1", "status": "PENDING"}'
    store.write([], [], rows)
    store.write([], [closed(rows[0])])
    assert verify(path).problems == []
    store.recover()
    store.close()
    assert kinds(path) == ["wwo", "babaa", "c", "cc"]
    assert verify(path).problems == []
    with reading(path) as reader:
        found = reader.find("#2")[0]
    assert (found["outcome"], found["status"], found["answer"]["id"]) == ("cut", 200, "p-1")


def test_rows_that_are_at_home_in_a_copy_go_on_in_its_chain(path: Path, tmp_path: Path) -> None:
    """The ledger was replaced by its backup while they were under way."""
    store = FileStore.open(path)
    late, whole = row("run-1", body=UNTOLD), row("run-2")
    store.write([late, whole], [])
    backup(path, tmp_path / "copy.db")
    store.close()
    copy = FileStore.open(tmp_path / "copy.db")
    assert copy.recover(ours=[late, whole]) == []
    late.body = Body(17, "ab" * 32)
    copy.write([], [closed(late), closed(whole)], [late])
    copy.close()
    assert verify(tmp_path / "copy.db").problems == []


def test_a_ledger_of_the_first_format_is_taken_over_into_the_chain(path: Path) -> None:
    first_format(path)
    FileStore.open(path).close()
    (entry,) = kinds(path)
    assert entry == "wcwcwcwcwcwvv"
    assert verify(path).problems == []


def test_a_ledger_of_the_second_format_is_taken_over_with_its_evidence(path: Path) -> None:
    first_format(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(tables.MIGRATIONS[1])
        connection.execute("INSERT INTO evidence VALUES (3, '2026-11-30', 'absent', '{}')")
    with reading(path) as reader:
        assert reader.head() == ""
    FileStore.open(path).close()
    (entry,) = kinds(path)
    assert entry == "wcwcwcwcwcwvve"
    assert verify(path).problems == []


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE chain SET hash = x'00'",
        "DELETE FROM chain",
        "REPLACE INTO chain SELECT * FROM chain",
    ],
)
def test_the_chain_is_not_changed_even_by_hand(path: Path, sql: str) -> None:
    filled(path, "answered")
    refused = pytest.raises(sqlite3.IntegrityError, match="of the chain is never")
    with closing(connect(path, "rw")) as connection, refused:
        connection.execute(sql)


def test_what_others_write_in_between_is_continued(path: Path) -> None:
    """The store knows the head; a verdict, or a deletion, moves it without the store's own rows."""
    store = FileStore.open(path)
    rows = [closed(row("run-1"), "unknown"), closed(row("run-2")), closed(row("run-3"))]
    store.write(rows, rows)
    settle(path, 1, kind="settled", note="p-1", author="ana")
    store.write([row("run-4")], [])
    with pytest.raises(sqlite3.IntegrityError):
        store.write([row("run-5", method=None)], [])
    assert store.prune("9999", 1 << 40, 2) == 2
    store.write([row("run-6")], [])
    store.close()
    assert kinds(path) == ["wwwccc", "w", "", "w"], "the verdict has gone with its row"
    assert verify(path).problems == []


def test_a_large_ledger_of_the_first_format_is_taken_over_as_well(path: Path) -> None:
    first_format(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        columns = "exchange, opened_at, caller, method, path, payment, outcome"
        for _ in range(5):
            connection.execute(
                f"INSERT INTO request ({columns}) SELECT {columns} FROM request WHERE number = 1"
                " UNION ALL SELECT 'run', opened_at, caller, method, path, payment, 'answered'"
                " FROM request"
            )
    FileStore.open(path).close()
    found = verify(path)
    assert (found.problems, found.rows > 100, found.entries > 4) == ([], True, True)


def test_every_column_is_in_the_chain(path: Path) -> None:
    """A new one must be added to an event, or nobody would notice that it was changed."""
    FileStore.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        for table, covered in (
            ("request", chain.ROW_COLUMNS),
            ("verdict", chain.COLUMNS[chain.VERDICT]),
            ("evidence", chain.COLUMNS[chain.EVIDENCE]),
        ):
            columns = connection.execute(f"SELECT name FROM pragma_table_info('{table}')")
            assert {name for (name,) in columns} == set(covered)
