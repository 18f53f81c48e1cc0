"""A file's ledger that was taken into the database is the same there, once, or not at all."""

import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from proxy.exchange.own_answer import KnownAnswer
from proxy.ledger import kept_claims
from proxy.ledger.archive import Intake, archive_of
from proxy.ledger.entry import LedgerEntry
from proxy.ledger.evidence import keep
from proxy.ledger.first import first_of
from proxy.ledger.postgres.store import DatabaseStore
from proxy.ledger.reading import Query, reading
from proxy.ledger.row import Row
from proxy.ledger.sqlite.store import FileStore
from proxy.ledger.standing import Standing
from proxy.ledger.trouble import LedgerRefused
from proxy.ledger.verdict import settle
from proxy.ledger.verification import verify
from proxy.postgres.connection import Database
from tests.support.databases import database_of
from tests.support.ledgers import closed, first_format, row
from tests.support.look_ups import looked_up
from tests.support.patience import PATIENCE
from tests.support.postgres import Postgres
from tests.unit.ledger.test_store import claimed


@pytest.fixture
def database(server: Postgres) -> Database:
    return database_of(server)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / "ledger.db")


def written(path: Path, key: str = "k-1") -> Path:
    """Write four rows: 1 has a kept answer, 2 is in doubt and has evidence, 3 a verdict, 4 is open.

    1 and 2 have keys.
    """
    store = FileStore.open(path)
    paid, lost = claimed("run-1", key), claimed("run-2", f"{key}-lost")
    assert paid.claim is not None
    paid.claim.answer = KnownAnswer(200, [(b"x", b"\xf1")], b"whole")
    rows = [paid, lost, row("run-3", path="/ñ"), row("run-4")]
    store.write(rows, [])
    store.write([], [closed(paid, seconds=0.1 + 0.2), closed(lost, "unknown")])
    store.write([], [closed(rows[2], "unknown")])
    store.close()
    keep(path, looked_up(2, "not-found"))
    settle(path, 3, kind="made", note="seen", author="ana")
    return path


def take_in(database: Database, path: Path) -> Intake:
    return archive_of(database).take_in(path)


def rows(where: Any) -> list[LedgerEntry]:
    with reading(where) as reader:
        return list(reader.entries(Query(limit=500)))


def enter(database: Database, *new: Row) -> list[Row]:
    store = DatabaseStore(database)
    try:
        return store.enter(list(new), [])
    finally:
        store.close()


def test_an_empty_database_becomes_the_ledger_of_the_file(database: Database, file: Path) -> None:
    done = take_in(database, file)
    assert (done.rows, done.first) == (4, 1)
    assert rows(database) == rows(file)
    assert rows(database)[0]["outcome"] == "unknown", "it was left open"
    before = verify(file)
    assert done.head == before.head
    assert verify(database, before.head).problems == []
    with archive_of(database).reading() as connection:
        assert kept_claims.reply(connection, 1) == KnownAnswer(200, [(b"x", b"\xf1")], b"whole")


def test_its_keys_hold_and_its_numbers_go_on(database: Database, file: Path) -> None:
    take_in(database, file)
    again, new = claimed("run-5", "k-1"), row("run-6")
    assert enter(database, again, new) == [new]
    assert again.claim is not None
    assert again.claim.taken == (1, "run-1", "f")
    assert new.number == 5
    first = first_of(database, "payroll", "k-1-lost")
    assert first is not None
    assert first.standing is Standing.IN_DOUBT
    assert verify(database, verify(file).head).problems == []


def test_a_second_time_it_changes_nothing(database: Database, file: Path) -> None:
    done = take_in(database, file)
    again = take_in(database, file)
    assert (again.rows, again.first, again.head) == (0, 0, done.head)
    assert len(rows(database)) == 4


def test_a_file_in_use_is_what_is_named(database: Database, file: Path) -> None:
    """The setting names the database, which is well."""
    store = FileStore.open(file)
    try:
        with pytest.raises(LedgerRefused) as refused:
            take_in(database, file)
    finally:
        store.close()
    (said,) = map(str, refused.value.problems)
    assert said.startswith(f"{file}: process {os.getpid()} uses it; end that first")
    with pytest.raises(LedgerRefused) as refused:
        take_in(database, file.with_name("none.db"))
    (said,) = map(str, refused.value.problems)
    assert said.startswith(f"{file.with_name('none.db')} does not exist")


def test_a_file_that_went_on_is_not_mixed_with_what_was_taken_in(
    database: Database, file: Path
) -> None:
    take_in(database, file)
    store = FileStore.open(file)
    store.write([row("run-5")], [])
    store.close()
    with pytest.raises(LedgerRefused, match="a proxy has written to it since"):
        take_in(database, file)
    assert len(rows(database)) == 4


def test_a_ledger_that_has_rows_gets_those_of_another_file_after_them(
    database: Database, file: Path, tmp_path: Path
) -> None:
    enter(database, row("run-0"))
    wait_until_unused(database)
    other = written(tmp_path / "other.db", "k-9")
    assert [take_in(database, each).first for each in (file, other, file)] == [2, 6, 0]
    found = {each["number"]: each for each in rows(database)}
    assert [found[number]["exchange"] for number in range(1, 10)] == [
        *("run-0", "run-1", "run-2", "run-3", "run-4"),
        *("run-1", "run-2", "run-3", "run-4"),
    ]
    assert found[4]["verdicts"][0]["note"] == "seen"
    assert found[2]["seconds"] == 0.1 + 0.2
    assert verify(database).problems == []
    with archive_of(database).reading() as connection:
        held = kept_claims.holder(connection, "payroll", "k-9")
        assert held is not None
        assert held.number == 6
        assert kept_claims.reply(connection, 6) is not None


def test_a_key_that_two_files_have_stays_with_the_first(
    database: Database, file: Path, tmp_path: Path
) -> None:
    take_in(database, file)
    take_in(database, written(tmp_path / "other.db", "k-1"))
    with archive_of(database).reading() as connection:
        held = kept_claims.holder(connection, "payroll", "k-1")
    assert held is not None
    assert held.number == 1
    assert len(rows(database)) == 8


def test_a_file_that_was_pruned_keeps_its_gaps(database: Database, file: Path) -> None:
    settle(file, 2, kind="not-made", note="asked", author="ana")
    store = FileStore.open(file)
    assert store.prune("~", 0, 2) == 2
    store.close()
    take_in(database, file)
    found = verify(database, verify(file).head)
    assert (found.problems, found.deleted, found.rows) == ([], 2, 2)


def test_a_ledger_of_the_first_format_is_renewed_and_taken_in(
    database: Database, tmp_path: Path
) -> None:
    first_format(tmp_path / "ledger.db")
    take_in(database, tmp_path / "ledger.db")
    assert rows(database) == rows(tmp_path / "ledger.db")
    assert verify(database).problems == []


def test_a_file_or_a_database_in_use_is_left_alone(database: Database, file: Path) -> None:
    user = FileStore.open(file)
    with pytest.raises(LedgerRefused, match="process"):
        take_in(database, file)
    user.close()
    replica = DatabaseStore(database)
    with pytest.raises(LedgerRefused, match="end all of them"):
        take_in(database, file)
    replica.close()
    wait_until_unused(database)
    assert rows(database) == []
    assert take_in(database, file).rows == 4


def wait_until_unused(database: Database) -> None:
    until = time.monotonic() + PATIENCE
    while archive_of(database).in_use():
        assert time.monotonic() < until


def test_a_file_that_somebody_changed_is_refused(database: Database, file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER request_is_closed_once")
        connection.execute("UPDATE request SET status = 500 WHERE number = 1")
    with pytest.raises(LedgerRefused, match="row #1 was changed"):
        take_in(database, file)
    assert rows(database) == []


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param("claim SET at = CAST(x'ff' AS TEXT)", id="no text"),
        pytest.param("claim SET at = 'a' || char(0)", id="a NUL"),
        pytest.param("claim SET number = 9e999", id="infinite"),
        pytest.param("reply SET status = 4611686018427387904", id="too large"),
        pytest.param("reply SET body = 'text'", id="no bytes"),
        pytest.param("probe SET held = 'soon'", id="no number"),
        pytest.param("identity SET id = CAST(x'ff' AS TEXT)", id="no name"),
    ],
)
def test_a_value_that_the_proxy_never_writes_is_refused_in_words(
    database: Database, file: Path, edit: str
) -> None:
    """The chain tells nothing of these tables; the database would name itself, and the value."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("INSERT OR IGNORE INTO reply VALUES (1, 'now', 200, '[]', x'7b7d')")
        key = ("payroll", "a-key", 1, "run-1", "00", "now")
        connection.execute("INSERT OR IGNORE INTO claim VALUES (?, ?, ?, ?, ?, ?)", key)
        connection.execute(f"UPDATE {edit}")
    with pytest.raises(LedgerRefused, match=re.escape(str(file))) as refused:
        take_in(database, file)
    assert "the database" not in str(refused.value)
    assert rows(database) == []


def test_what_the_database_did_not_keep_is_noticed_and_all_taken_back(
    database: Database, file: Path, server: Postgres
) -> None:
    DatabaseStore(database).close()
    server.execute(
        "CREATE FUNCTION breb_ledger.spoil() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.seconds := 9; RETURN NEW; END $$;"
        "CREATE TRIGGER spoils BEFORE INSERT ON breb_ledger.request FOR EACH ROW"
        " EXECUTE FUNCTION breb_ledger.spoil()",
        database.address.name,
    )
    wait_until_unused(database)
    with pytest.raises(LedgerRefused, match="did not keep"):
        take_in(database, file)
    assert rows(database) == []


def test_nothing_is_taken_from_nowhere(database: Database, tmp_path: Path, file: Path) -> None:
    with pytest.raises(LedgerRefused, match="does not exist"):
        take_in(database, tmp_path / "none.db")
    assert not (tmp_path / "none.db.lock").exists()
    with pytest.raises(LedgerRefused, match="takes in no other"):
        archive_of(file).take_in(tmp_path / "none.db")


@pytest.fixture(autouse=True)
def _nothing_left(database: Database) -> Iterator[None]:
    yield
    assert verify(database).problems == []
