"""The ledger read by people and programs."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from proxy.ledger.evidence import keep
from proxy.ledger.reading import Query, reading
from proxy.ledger.sqlite import place
from proxy.ledger.sqlite.backup import backup
from proxy.ledger.sqlite.lock import Lock
from proxy.ledger.sqlite.store import FileStore, connect, format_of
from proxy.ledger.sqlite.tables import VERSION
from proxy.ledger.trouble import LedgerDamaged, LedgerRefused
from proxy.ledger.verdict import settle
from tests.support.ledgers import closed, edited, filled, first_format, row


def names(path: Path, **asked: object) -> list[str]:
    with reading(path) as reader:
        return [entry["exchange"] for entry in reader.entries(Query(**asked))]  # type: ignore[arg-type]


def test_the_newest_come_first_page_by_page(path: Path) -> None:
    filled(path, *["answered"] * 5)
    assert names(path, limit=2) == ["run-5", "run-4"]
    assert names(path, limit=2, before=4) == ["run-3", "run-2"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param({"in_doubt": True}, ["run-4", "run-3"], id="in doubt"),
        pytest.param({"outcome": "not-sent"}, ["run-2"], id="outcome"),
        pytest.param({"caller": "payroll"}, ["run-4", "run-3", "run-2", "run-1"], id="caller"),
        pytest.param({"caller": "other"}, [], id="another caller"),
        pytest.param({"since": "2000"}, ["run-4", "run-3", "run-2", "run-1"], id="since"),
        pytest.param({"until": "2000"}, [], id="until"),
        pytest.param({"text": "p-1"}, ["run-1"], id="the answer's id"),
        pytest.param({"text": "run-3"}, ["run-3"], id="exchange"),
    ],
)
def test_rows_are_found_by(path: Path, asked: dict[str, object], found: list[str]) -> None:
    filled(path, "answered", "not-sent", "unknown", "cut")
    assert names(path, **asked) == found


def test_it_is_read_while_it_is_written(path: Path) -> None:
    store = FileStore.open(path)
    store.write([row()], [])
    assert names(path) == ["run-1"]
    assert names(path, in_doubt=True) == []
    with reading(path) as reader:
        assert reader.counts() == {"open": 1, "in_doubt": 0}
    store.close()


def test_what_is_open_while_nobody_uses_the_ledger_is_in_doubt(path: Path) -> None:
    """The process that left it open has ended, and the next has not begun."""
    filled(path, "answered", None, "unknown", None)
    before = path.read_bytes()
    assert names(path, in_doubt=True) == ["run-4", "run-3", "run-2"]
    with reading(path) as reader:
        assert reader.counts() == {"answered": 1, "open": 2, "unknown": 1, "in_doubt": 3}
        assert reader.find("run-2")[0]["in_doubt"]
    assert path.read_bytes() == before
    store = FileStore.open(path)
    assert names(path, in_doubt=True) == ["run-3"]
    store.close()


@pytest.mark.needs("posix")
def test_of_a_lock_that_cannot_be_read_nothing_is_concluded(path: Path) -> None:
    filled(path, None)
    lock = path.with_name("ledger.db.lock")
    lock.unlink()
    lock.symlink_to(lock)
    assert names(path, in_doubt=True) == []
    lock.unlink()
    assert names(path, in_doubt=True) == ["run-1"]


def test_a_row_tells_what_was_written(path: Path) -> None:
    filled(path, "answered")
    with reading(path) as reader:
        (entry,) = reader.find("run-1")
        assert reader.find("#1") == [entry]
        assert reader.find("run-2") == []
        assert reader.counts() == {"answered": 1, "in_doubt": 0}
    assert entry["payment"] == {"resolution_id": "r-1", "amount.value": "1000"}
    assert entry["answer"] == {"id": "p-1", "status": "SETTLED"}
    assert (entry["in_doubt"], entry["verdicts"]) == (False, [])


def test_a_verdict_stands_beside_the_row_and_may_be_followed_by_another(path: Path) -> None:
    filled(path, "unknown")
    settle(path, 1, kind="not-made", note="not in the list", author="ana")
    settle(path, 1, kind="made", note="there after all", author="luis")
    with reading(path) as reader:
        (entry,) = reader.find("run-1")
    assert entry["outcome"] == "unknown"
    assert [(v["made"], v["author"]) for v in entry["verdicts"]] == [(False, "ana"), (True, "luis")]
    assert not entry["in_doubt"]
    assert names(path, in_doubt=True) == []


def test_a_verdict_is_never_changed(path: Path) -> None:
    filled(path, "unknown")
    settle(path, 1, kind="made", note="", author="ana")
    with sqlite3.connect(path) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute("UPDATE verdict SET made = 0")
    connection.close()


def test_a_verdict_makes_a_row_one_that_may_be_pruned(path: Path) -> None:
    filled(path, "unknown", "answered", opened_at="2026-01-01T00:00:00.000000Z")
    settle(path, 1, kind="made", note="", author="ana")
    store = FileStore.open(path)
    assert store.prune("2026-06", 1 << 30, 500) == 1
    store.close()


@pytest.mark.parametrize(
    ("number", "words"),
    [
        pytest.param(1, "the proxy ended before it was closed", id="left open"),
        pytest.param(9, "no row #9", id="missing"),
    ],
)
def test_no_verdict_on(path: Path, number: int, words: str) -> None:
    filled(path, None)
    with pytest.raises(LedgerRefused, match=words):
        settle(path, number, kind="made", note="", author="ana")


def test_no_verdict_on_what_is_under_way(path: Path) -> None:
    store = FileStore.open(path)
    store.write([row()], [])
    with pytest.raises(LedgerRefused, match="its request is under way"):
        settle(path, 1, kind="made", note="", author="ana")
    store.close()


def test_a_verdict_is_given_while_the_proxy_writes(path: Path) -> None:
    store = FileStore.open(path)
    doubtful = row()
    store.write([doubtful], [])
    store.write([], [closed(doubtful, "unknown")])
    settle(path, 1, kind="made", note="", author="ana")
    store.write([row("next")], [])
    assert store.in_doubt() == 0
    store.close()


@pytest.mark.needs("posix")
def test_a_backup_is_whole_and_made_while_it_is_written(path: Path) -> None:
    store = FileStore.open(path)
    store.write([row(f"run-{n}") for n in range(300)], [])
    target = path.with_name("copy.db")
    size = backup(path, target)
    store.write([row("later")], [])
    store.close()
    assert (size, target.stat().st_mode & 0o777) == (target.stat().st_size, 0o600)
    assert sorted(file.name for file in path.parent.iterdir()) == [
        "copy.db",
        "ledger.db",
        "ledger.db.lock",
    ]
    with reading(target) as reader:
        assert reader.counts()["open"] == 300
    copy = FileStore.open(target)  # it can take the ledger's place
    copy.close()


def test_a_backup_overwrites_nothing(path: Path) -> None:
    filled(path, "answered")
    target = path.with_name("precious.txt")
    target.write_text("precious")
    with pytest.raises(LedgerRefused, match="not overwritten"):
        backup(path, target)
    assert target.read_text() == "precious"


def test_a_backup_into_a_missing_folder_says_so(path: Path) -> None:
    filled(path, "answered")
    with pytest.raises(LedgerRefused, match="No such file or directory"):
        backup(path, path.parent / "missing" / "copy.db")


@pytest.mark.parametrize("data", [b"text", b""])
def test_what_is_no_ledger_is_not_read(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with pytest.raises(LedgerRefused, match="not a ledger"), reading(path):
        pass


@pytest.mark.needs("posix")
def test_a_full_disk_of_small_blocks_is_no_trouble_of_the_output(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path, "answered")
    full = os.statvfs_result((1024, 1024, 8192, 10, 10, 0, 0, 0, 0, 255))
    monkeypatch.setattr(place.os, "statvfs", lambda _: full)
    with pytest.raises(LedgerRefused, match="the disk is full"), reading(path):
        pass


def test_a_missing_ledger_is_not_made(path: Path) -> None:
    with pytest.raises(LedgerRefused, match="does not exist"), reading(path):
        pass
    assert not path.exists()


def test_a_second_verdict_that_reverses_the_first_says_so(path: Path) -> None:
    filled(path, "unknown")
    assert settle(path, 1, kind="not-found", note="", author="ana") is None
    assert settle(path, 1, kind="rejected", note="", author="ana") is None, "it says the same"
    before = settle(path, 1, kind="settled", note="", author="luis")
    assert before is not None
    assert (before.kind, before.author) == ("rejected", "ana")


def test_a_verdict_keeps_what_the_last_look_up_found(path: Path) -> None:
    filled(path, "unknown")
    told = {"at": "2026-11-30T08:00:00Z", "kind": "found", "said": "so", "asked": []}
    for code in ("nothing", "settled"):
        many = [{"known": {"id": "p" * 2000}, "sure": False} for _ in range(20)]
        row = {"number": 1, "exchange": "run-1"}
        keep(path, {**told, "code": code, "candidates": many, "row": row})
    settle(path, 1, kind="settled", note="seen", author="ana")
    with reading(path) as reader:
        (entry,) = reader.find("#1")
    assert [each["code"] for each in entry["evidence"]] == ["nothing", "settled"]
    evidence = entry["verdicts"][0]["evidence"]
    assert evidence["code"] == "settled"
    assert 0 < len(evidence["candidates"]) < 20, "bounded"


def test_a_ledger_of_the_first_format_is_read_as_it_is(path: Path) -> None:
    first_format(path)
    with reading(path) as reader:
        entries = list(reader.entries(Query()))
        doubtful = {entry["number"] for entry in reader.entries(Query(in_doubt=True))}
        assert reader.counts()["in_doubt"] == len(doubtful)
    assert [entry["number"] for entry in entries] == [6, 5, 4, 3, 2, 1]
    assert doubtful == {3, 5, 6}
    assert [each["kind"] for each in entries[4]["verdicts"]] == ["made", "not-made"]
    assert version(path) == 1


def test_a_verdict_brings_a_ledger_that_nobody_uses_to_this_format(path: Path) -> None:
    first_format(path)
    settle(path, 3, kind="made", note="seen", author="ana")
    with reading(path) as reader:
        (entry,) = reader.find("#3")
    assert entry["verdicts"][0]["note"] == "seen"
    assert version(path) == VERSION


def test_a_verdict_beside_an_older_program_waits(path: Path) -> None:
    first_format(path)
    lock = Lock(path)
    with pytest.raises(LedgerRefused, match="a running proxy of an older version uses it"):
        settle(path, 3, kind="made", note="seen", author="ana")
    lock.release()
    assert version(path) == 1


def test_a_ledger_of_a_later_format_is_neither_read_nor_written(path: Path) -> None:
    filled(path, "unknown")
    with closing(connect(path, "rw")) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(LedgerRefused, match="another version"), reading(path):
        pass
    with pytest.raises(LedgerRefused, match="another version"):
        settle(path, 1, kind="made", note="seen", author="ana")
    with pytest.raises(LedgerRefused, match="another version"):
        backup(path, path.with_name("copy.db"))


def test_a_broken_page_is_told_as_damage(path: Path) -> None:
    filled(path, *["answered"] * 200)
    data = bytearray(path.read_bytes())
    for start in range(8192, len(data) - 4096, 4096):
        data[start : start + 4096] = b"\xff" * 4096
    path.write_bytes(data)
    with pytest.raises(LedgerDamaged, match="damaged"), reading(path) as reader:
        list(reader.entries(Query(limit=500)))


def version(path: Path) -> int:
    with closing(connect(path, "ro")) as connection:
        return format_of(connection)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("payment = '{'", id="no JSON"),
        pytest.param("payment = '[]'", id="no object"),
        pytest.param("answer = 'null'", id="no answer"),
        pytest.param(f"marks = '{'[' * 100_000}'", id="too deep"),
        pytest.param("payment = x'00ff'", id="no text"),
        pytest.param("status = 'x', outcome = 'answered'", id="no status"),
        pytest.param("seconds = 'x'", id="no seconds"),
        pytest.param("caller = x'00'", id="no caller"),
        pytest.param("payment = CAST(x'7b22613a22ff' AS TEXT)", id="no UTF-8"),
    ],
)
def test_a_row_that_cannot_be_read_says_so_and_hides_no_other(path: Path, change: str) -> None:
    filled(path, "unknown", "unknown", "unknown")
    edited(path, f"UPDATE request SET {change} WHERE number = 2")
    with reading(path) as reader:
        entries = list(reader.entries(Query()))
        assert [each["unreadable"] for each in entries] == [False, True, False]
        (found,) = reader.find("#2")
    assert found["asking"] is not None
    assert found["asking"]["next"] is None
    assert "cannot be read" in found["asking"]["said"]["en"]


def test_text_that_is_no_utf_8_is_read_with_a_sign_in_its_place(path: Path) -> None:
    filled(path, "unknown", "unknown")
    edited(path, "UPDATE request SET path = CAST(x'2fff' AS TEXT) WHERE number = 2")
    with reading(path) as reader:
        assert [each["path"] for each in reader.entries(Query(limit=1))] == ["/\ufffd"]


def test_evidence_and_numbers_that_somebody_wrote_are_read(path: Path) -> None:
    filled(path, "unknown")
    edited(path, """UPDATE request SET payment = '{"amount.value": 10}'""")
    edited(path, "INSERT INTO evidence (number, at, code, found) VALUES (1, '2026', 'x', '{')")
    edited(
        path,
        "INSERT INTO verdict (number, at, made, note, author, kind, evidence)"
        " VALUES (1, '2026', 1, 'n', 'a', 'made', '{')",
    )
    with reading(path) as reader:
        (found,) = reader.find("#1")
    assert found["payment"] == {"amount.value": "10"}
    assert (found["unreadable"], found["evidence"]) == (True, [])
    assert found["verdicts"][0]["evidence"] is None
