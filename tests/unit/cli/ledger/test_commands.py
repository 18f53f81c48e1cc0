"""The ledger's commands, of a file that somebody has edited: all in it may be of any type."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from proxy.cli.ledger.commands import main
from proxy.ledger.evidence import keep
from proxy.ledger.reading import reading
from proxy.ledger.sqlite.store import FileStore
from proxy.ledger.trouble import LedgerRefused
from proxy.ledger.verdict import settle
from tests.support.ledgers import closed, edited, row

VALUES = (5, b"\xff\x00", "x", "", "[" * 3000, '{"candidates": [5], "id": [1]}', float("inf"))
COMMANDS = (
    *("list", "list --json", "show 1", "show 2 --json", "made #1", "made res-1 --json"),
    *("made key-1", "made p-9", "verify", "chain", "settle 2 --made --note seen"),
)
TABLES = ("request", "verdict", "evidence", "chain", "identity", "probe", "claim", "reply")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger that has something in each table, without the triggers that refuse an edit."""
    path = tmp_path_factory.mktemp("whole") / "ledger.db"
    store = FileStore.open(path)
    rows = [row("run-1"), row("run-2")]
    store.write(rows, [])
    store.write([], [closed(rows[0]), closed(rows[1], "unknown")])
    store.close()
    found = {"known": {"id": "p-9", "status": "SETTLED"}, "sure": True}
    told = {"at": "2026-11-30T08:00:00Z", "kind": "found", "code": "settled", "said": "so"}
    about = {"number": 2, "exchange": "run-2"}
    keep(path, {**told, "asked": [], "candidates": [found], "row": about})  # type: ignore[arg-type]
    settle(path, 2, kind="settled", note="seen", author="ana")
    with closing(sqlite3.connect(path)) as connection, connection:
        claim = ("payroll", "key-1", 1, "run-1", "00", "2026-11-30T08:00:00Z")
        connection.execute("INSERT INTO claim VALUES (?, ?, ?, ?, ?, ?)", claim)
        connection.execute("INSERT INTO reply VALUES (1, '2026-11-30', 200, '[]', '{}')")
    return edited(path, "")


def copied(whole: Path, folder: Path) -> Path:
    """Return a copy that may be edited."""
    return Path(shutil.copy(whole, folder / "ledger.db"))


def each_edited(whole: Path, path: Path, table: str) -> Iterator[str]:
    """Edit each column of a table into each of the values; yield what was done."""
    with closing(sqlite3.connect(whole)) as connection:
        columns = [each[1] for each in connection.execute(f"PRAGMA table_info({table})")]
    for column in columns:
        for value in VALUES:
            shutil.copy(whole, path)
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA ignore_check_constraints = ON")
                with suppress(sqlite3.IntegrityError), connection:  # such as a number's
                    connection.execute(f"UPDATE {table} SET {column} = ?", [value])
            yield f"{table}.{column} = {value!r:.20}"


@pytest.mark.parametrize("table", TABLES)
def test_a_column_that_was_edited_into_another_type_ends_no_command(
    whole: Path, tmp_path: Path, table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ledger.db"
    for what in each_edited(whole, path, table):
        for command in COMMANDS:
            try:
                code = main([*command.split(), "--ledger", str(path)])
            except Exception as error:
                raise AssertionError(f"{what}: {command}") from error
            assert code in (0, 1, 5, 7, 8), f"{what}: {command}"
        with reading(path) as reader:
            for entry in (*reader.find("#1"), *reader.find("#2")):
                reader.kin(entry)
                json.dumps(entry)
        capsys.readouterr()


def test_a_verdict_that_nobody_can_read_counts_for_nothing(whole: Path, tmp_path: Path) -> None:
    path = edited(copied(whole, tmp_path), "UPDATE verdict SET kind = 'paid'")
    with reading(path) as reader:
        (entry,) = reader.find("#2")
    assert (entry["verdicts"], entry["in_doubt"], entry["unreadable"]) == ([], True, True)


def test_a_ledger_without_its_salt_is_not_written_to(whole: Path, tmp_path: Path) -> None:
    """All marks in it would be marks of nothing, and no name would be found by them."""
    path = edited(copied(whole, tmp_path), "UPDATE identity SET salt = 'x'")
    with pytest.raises(LedgerRefused, match="the file is damaged"):
        FileStore.open(path)


def test_a_time_that_was_edited_keeps_no_proxy_from_its_start(whole: Path, tmp_path: Path) -> None:
    path = edited(copied(whole, tmp_path), "UPDATE probe SET at = 5, held = 'x'")
    store = FileStore.open(path)
    assert store.probed() == ("5", 0.0)
    store.close()


@pytest.mark.parametrize("column", ["events", "cut", "hash"])
def test_rows_stay_while_the_chain_cannot_tell_of_their_deletion(
    whole: Path, tmp_path: Path, column: str
) -> None:
    path = edited(copied(whole, tmp_path), f"UPDATE chain SET {column} = 5 WHERE seq = 1")
    store = FileStore.open(path)
    with pytest.raises(LedgerRefused, match="entry 1 of the chain is nothing that the proxy"):
        store.prune("9999", 1 << 40, 10)
    store.close()
    with reading(path) as reader:
        assert reader.find("#1")


def test_nothing_is_written_after_a_chain_that_was_edited(whole: Path, tmp_path: Path) -> None:
    path = edited(copied(whole, tmp_path), "UPDATE chain SET hash = 'x'")
    with pytest.raises(LedgerRefused, match="is nothing that the proxy writes"):
        settle(path, 2, kind="rejected", note="seen", author="luis")
    with pytest.raises(LedgerRefused, match=r"is nothing that the proxy writes.*backup"):
        FileStore.open(path)
    with reading(path) as reader:
        assert len(reader.find("#2")[0]["verdicts"]) == 1
        assert reader.head() == "", "a list is shown all the same"
