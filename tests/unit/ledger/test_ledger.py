"""The ledger in the event loop: who waits, who is told, what happens when it cannot be written."""

import asyncio
import errno
import functools
import logging
import os
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from proxy.errors import LedgerUnavailable
from proxy.ledger import ledger as module
from proxy.ledger import retention, writer
from proxy.ledger.claim import KeyClaim
from proxy.ledger.ledger import Ledger
from proxy.ledger.retention import Retention
from proxy.ledger.row import Body
from proxy.ledger.sqlite.backup import backup
from proxy.ledger.sqlite.store import FileStore
from proxy.ledger.trouble import LedgerRefused
from tests.support.ledgers import ended, filled, row, soon
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_RETRY", 0.02)
    monkeypatch.setattr(writer, "_PROBE", 0.05)
    monkeypatch.setattr(retention, "_EVERY", 0.05)


@pytest.fixture
async def ledger(path: Path) -> AsyncIterator[Ledger]:
    made = Ledger(path, Retention(400, 1 << 30))
    yield made
    await made.aclose()


def outcomes(path: Path) -> list[tuple[str, str | None]]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT exchange, outcome FROM request ORDER BY number")
        return rows.fetchall()


def full(ledger: Ledger, pages: int) -> None:
    """Let the file grow to so many pages and no further, as on a full disk."""
    store: Any = ledger._writer._store
    store._connection.execute(f"PRAGMA max_page_count = {pages}")

    def without_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, "")

    # It writes over what is there, which such a limit allows and a full disk does not.
    store.probe = without_room if pages == 1 else functools.partial(FileStore.probe, store)


async def test_a_row_is_in_the_file_when_its_wait_is_over(ledger: Ledger, path: Path) -> None:
    await ledger.open(row())
    assert outcomes(path) == [("run-1", None)]


async def test_the_end_is_written_without_anybody_waiting(ledger: Ledger, path: Path) -> None:
    payment = row()
    await ledger.open(payment)
    ledger.close(payment, ended("answered"))
    await soon(lambda: outcomes(path) == [("run-1", "answered")])


async def test_those_who_come_together_share_a_commit(
    ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one commit is on its way, all others gather for the next."""
    commits: list[int] = []
    begun, go_on = threading.Event(), threading.Event()
    write = FileStore.write

    def slow(self: FileStore, openings: list[Any], *rest: Any) -> None:
        commits.append(len(openings))
        begun.set()
        go_on.wait(PATIENCE)
        write(self, openings, *rest)

    monkeypatch.setattr(FileStore, "write", slow)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ledger.open(row("run-0")))
        await asyncio.to_thread(begun.wait, 10)
        for number in range(1, 51):
            tasks.create_task(ledger.open(row(f"run-{number}")))
        await asyncio.sleep(0)
        go_on.set()
    assert commits == [1, 50]
    assert len(outcomes(path)) == 51


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return the rows that are opened, commit by commit."""
    opened: list[list[str]] = []
    write = FileStore.write

    def noting(self: FileStore, openings: list[Any], *rest: Any) -> None:
        opened.append([each.exchange for each in openings])
        write(self, openings, *rest)

    monkeypatch.setattr(FileStore, "write", noting)
    return opened


async def test_a_row_waits_for_those_who_are_under_way(
    ledger: Ledger, commits: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has a payment under way may send the next one: the two rows share a commit."""
    monkeypatch.setattr(module, "_CROWD", PATIENCE)
    monkeypatch.setattr(module, "_MORE", PATIENCE)
    first = row("first")
    await ledger.open(first)
    async with asyncio.TaskGroup() as tasks:
        for name in ("second", "third"):
            tasks.create_task(ledger.open(row(name)))
            await asyncio.sleep(0.01)
        ledger.close(first, ended("answered"))
        tasks.create_task(ledger.open(row("last")))
    assert [each for each in commits if each] == [["first"], ["second", "third", "last"]]


async def test_a_row_waits_no_longer_than_a_moment(
    ledger: Ledger, commits: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CROWD", PATIENCE)
    await ledger.open(row("slow"))
    await ledger.open(row("second"))
    assert commits == [["slow"], ["second"]]


async def test_rows_are_completed_just_before_they_are_written(ledger: Ledger, path: Path) -> None:
    payment = row(body=Body())

    def body() -> None:
        payment.body = Body(3, "cd" * 32, '{"resolution_id":"r-9"}')

    def answer() -> None:
        payment.end = ended("answered", answer='{"id":"p-9"}')

    await ledger.open(payment, body)
    ledger.close(payment, ended("answered", answer=None), answer)

    def told() -> list[Any]:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute("SELECT payment, answer FROM request").fetchall()

    await soon(lambda: told() == [('{"resolution_id":"r-9"}', '{"id":"p-9"}')])


async def test_an_end_is_completed_while_nobody_waits(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not just before it is written: with no other under way, the next payment would wait."""
    monkeypatch.setattr(module, "_COMPANY", 100 * PATIENCE)
    payment, told = row(), asyncio.Event()
    await ledger.open(payment)
    ledger.close(payment, ended("answered"), told.set)
    await asyncio.wait_for(told.wait(), PATIENCE)
    assert ledger._steps.closings == [payment]


async def test_an_end_waits_for_company_as_long_as_others_find_some(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among many payments a commit of ends alone would be one for nothing."""
    monkeypatch.setattr(module, "_COMPANY", 100 * PATIENCE)
    first, second = row("first"), row("second")
    await ledger.open(first)
    ledger.close(first, ended())
    await ledger.open(second)
    ledger.close(second, ended())
    ledger._alone()
    assert ledger._steps.closings == [second]
    monkeypatch.setattr(module, "_COMPANY", 0.0)
    ledger._alone()
    assert ledger._steps.closings == []


async def test_a_row_that_cannot_be_completed_keeps_no_other_waiting(
    ledger: Ledger, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise ValueError("account 12345678")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ledger.open(row("first"), broken))
        tasks.create_task(ledger.open(row("second")))
    assert outcomes(path) == [("first", None), ("second", None)]
    assert "internal error ValueError" in caplog.text
    assert "12345678" not in "".join(record.getMessage() for record in caplog.records)


async def test_a_full_disk_refuses_with_the_reason_and_recovers_by_itself(
    ledger: Ledger, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    first = row("first")
    await ledger.open(first)
    full(ledger, 1)
    with pytest.raises(LedgerUnavailable, match="the disk is full"):
        await ledger.open(row("refused", path="/" + "x" * 100_000))
    assert str(ledger.problem) == "the disk is full"
    ledger.close(first, ended("answered"))
    full(ledger, 1 << 20)
    await soon(lambda: not ledger.problem)
    await ledger.open(row("last"))
    await soon(lambda: ("first", "answered") in outcomes(path))
    said = [record.getMessage() for record in caplog.records if record.name == "proxy.ledger"]
    assert sum("cannot be written: the disk is full" in line for line in said) == 1
    assert sum("can be written again" in line for line in said) == 1


async def test_a_refused_row_leaves_nothing_behind(ledger: Ledger, path: Path) -> None:
    await ledger.open(row("first"))
    full(ledger, 1)
    refused = row("refused", path="/" + "x" * 100_000)
    with pytest.raises(LedgerUnavailable):
        await ledger.open(refused)
    ledger.close(refused, ended("not-sent"))
    full(ledger, 1 << 20)
    await soon(lambda: not ledger.problem)
    assert outcomes(path) == [("first", None)]


async def test_a_disk_that_hangs_holds_nobody_for_ever(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    write = FileStore.write

    def hanging(self: FileStore, *rows: Any) -> None:
        go_on.wait(PATIENCE)
        write(self, *rows)

    monkeypatch.setattr(FileStore, "write", hanging)
    monkeypatch.setattr(module, "_WAIT", 0.05)
    late = row()
    with pytest.raises(LedgerUnavailable, match="took no row"):
        await ledger.open(late)
    ledger.close(late, ended("not-sent"))
    monkeypatch.setattr(module, "_WAIT", 10)
    go_on.set()
    await soon(lambda: outcomes(ledger.where) == [("run-1", "not-sent")])


async def test_who_leaves_while_waiting_leaves_a_row_that_was_not_sent(
    ledger: Ledger, path: Path
) -> None:
    leaving = row()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(ledger.open(leaving))
        await asyncio.sleep(0)
        task.cancel()
    ledger.close(leaving, ended("not-sent"))
    await soon(lambda: outcomes(path) == [("run-1", "not-sent")])


@pytest.mark.parametrize("part", ["probe", "in_doubt", "prune"])
async def test_a_disk_that_hangs_is_said_within_two_seconds(
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    part: str,
) -> None:
    """Whatever it is that the ledger wants of the disk."""
    caplog.set_level(logging.INFO)
    go_on = threading.Event()
    asked = getattr(FileStore, part)

    def hanging(self: FileStore, *given: Any) -> Any:
        go_on.wait(PATIENCE)
        return asked(self, *given)

    monkeypatch.setattr(module, "_LOOK", 0.01)
    monkeypatch.setattr(module, "_STALLED", 0.05)
    assert module._LOOK + module._STALLED < 2
    monkeypatch.setattr(FileStore, part, hanging)
    await soon(lambda: str(ledger.problem).startswith("the disk has not answered for"))
    await soon(lambda: "the disk has not answered" in caplog.text)
    go_on.set()
    await soon(lambda: not ledger.problem)
    await soon(lambda: "answers again" in caplog.text)


async def test_a_page_found_broken_while_rows_are_deleted_stops_what_would_be_written(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        error = sqlite3.DatabaseError("malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

    monkeypatch.setattr(FileStore, "prune", broken)
    await soon(lambda: "damaged" in str(ledger._writer.damage))
    with pytest.raises(LedgerUnavailable, match="damaged"):
        await ledger.open(row())


@pytest.mark.needs("posix")
async def test_a_file_that_is_taken_away_is_not_begun_anew(ledger: Ledger, path: Path) -> None:
    under_way = row("old")
    await ledger.open(under_way)
    away = path.with_name("rotated.db")
    os.rename(path, away)  # noqa: PTH104  as ASYNC240 would have it
    with pytest.raises(LedgerUnavailable, match="put it back, or its last backup"):
        await ledger.open(row("refused"))
    ledger.close(under_way, ended("answered"))
    await soon(lambda: not ledger._writer._under_way)
    assert "moved, removed or replaced" in str(ledger.problem)
    assert path.name not in os.listdir(path.parent)  # noqa: PTH208
    os.rename(away, path)  # noqa: PTH104
    await soon(lambda: not ledger.problem)
    await ledger.open(row("new"))
    assert outcomes(path) == [("old", "answered"), ("new", None)]


@pytest.mark.needs("posix")
async def test_hashes_have_the_same_key_while_no_file_is_open(ledger: Ledger, path: Path) -> None:
    """Else a payment that comes while a backup is opened would look like no other."""
    before = ledger.mark("r-1")
    backup(path, path.with_name("copy.db"))
    os.rename(path, path.with_name("rotated.db"))  # noqa: PTH104
    os.mkdir(path)  # noqa: PTH102  so that the file that is gone is left, and no other opened
    with pytest.raises(LedgerUnavailable):
        await ledger.open(row("refused"))
    await soon(lambda: ledger._writer._gone is None)
    assert ledger.mark("r-1") == before
    os.rmdir(path)  # noqa: PTH106
    os.rename(path.with_name("copy.db"), path)  # noqa: PTH104
    await soon(lambda: not ledger.problem)
    assert ledger.mark("r-1") == before


@pytest.mark.needs("posix")
async def test_an_end_is_written_to_its_own_row_though_the_file_is_another(
    ledger: Ledger, path: Path
) -> None:
    """Its number is another payment's in the file that took the place."""
    spare = path.with_name("spare.db")
    filled(spare, None)
    first, under_way = row("first"), row("old")
    await ledger.open(first)
    await ledger.open(under_way)
    ledger.close(first, ended("answered"))
    await soon(lambda: ledger._writer._under_way == {under_way})
    away = path.with_name("rotated.db")
    os.rename(path, away)  # noqa: PTH104
    os.rename(spare, path)  # noqa: PTH104
    with pytest.raises(LedgerUnavailable):
        await ledger.open(row("refused"))
    await soon(lambda: not ledger.problem)
    doubtful = row("payment-of-another")
    await ledger.open(doubtful)
    ledger.close(under_way, ended("answered"))
    ledger.close(doubtful, ended("unknown"))
    await soon(lambda: not ledger._writer._under_way)
    assert ("old", "answered") in outcomes(path)
    assert ("payment-of-another", "unknown") in outcomes(path)
    assert ("run-1", "unknown") in outcomes(path), "what was left open there was found"
    assert outcomes(away) == [("first", "answered"), ("old", "unknown")]


@pytest.mark.needs("posix")
async def test_what_ends_after_its_file_was_deleted_is_written_into_the_next(
    ledger: Ledger, path: Path
) -> None:
    under_way = row("old")
    await ledger.open(under_way)
    spare = path.with_name("spare.db")
    filled(spare, "answered")
    os.unlink(path)  # noqa: PTH108
    with pytest.raises(LedgerUnavailable):
        await ledger.open(row("refused"))
    ledger.close(under_way, ended("answered"))
    await asyncio.sleep(0.1)
    os.rename(spare, path)  # noqa: PTH104
    await soon(lambda: not ledger.problem)
    await soon(lambda: outcomes(path) == [("run-1", "answered"), ("old", "answered")])


@pytest.mark.needs("posix")
async def test_what_is_under_way_goes_on_in_a_copy_that_takes_the_files_place(
    ledger: Ledger, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is in the copy already: one request has one row there."""
    copy, away = path.with_name("copy.db"), path.with_name("rotated.db")
    first, under_way, late = row("first"), row("old"), row("late", body=Body())
    for each in (first, under_way, late):
        await ledger.open(each)
    backup(path, copy)
    late.body = Body(3, "cd" * 32)  # as it was amended meanwhile
    ledger.close(first, ended("answered"))
    await soon(lambda: outcomes(path)[0] == ("first", "answered"))
    os.rename(path, away)  # noqa: PTH104
    with pytest.raises(LedgerUnavailable):
        await ledger.open(row("refused"))
    os.rename(copy, path)  # noqa: PTH104
    await soon(lambda: not ledger.problem)
    ledger.close(under_way, ended("answered"))
    ledger.close(late, ended("cut"))
    ends = [("first", "unknown"), ("old", "answered"), ("late", "cut")]
    await soon(lambda: outcomes(path) == ends)
    with closing(sqlite3.connect(path)) as connection:
        (sizes,) = connection.execute("SELECT body_bytes FROM request WHERE number = 3")
    assert sizes == (3,)
    assert "POST /v1/payments/breb" in caplog.text
    assert "[old]" not in caplog.text, "it was not left open by a process that ended"


async def test_what_was_left_open_is_found_as_soon_as_there_is_room(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A start on a disk so full that the rows left open cannot be closed."""
    filled(path, None, None)
    room = False
    recover = FileStore.recover

    def full(self: FileStore, *reason: str, **given: Any) -> list[Any]:
        if not room:
            raise OSError(errno.ENOSPC, "")
        return recover(self, *reason, **given)

    monkeypatch.setattr(FileStore, "recover", full)
    made = Ledger(path, Retention(400, 1 << 30))
    await soon(lambda: str(made.problem) == "the disk is full")
    with pytest.raises(LedgerUnavailable, match="the disk is full"):
        await made.open(row("refused"))
    room = True
    await soon(lambda: not made.problem)
    await made.aclose()
    assert [outcome for _, outcome in outcomes(path)] == ["unknown", "unknown"]
    assert made.recovered == {"POST": 2}
    assert "2 rows of the ledger were left open" in caplog.text


async def test_a_page_that_was_found_broken_stops_what_would_be_written(
    ledger: Ledger, path: Path
) -> None:
    ledger.damaged("the file is damaged")
    with pytest.raises(LedgerUnavailable, match="the file is damaged; restart the proxy"):
        await ledger.open(row())
    await soon(lambda: "the file is damaged" in str(ledger.problem))
    assert outcomes(path) == []


async def test_a_row_is_amended_before_its_wait_is_over(ledger: Ledger, path: Path) -> None:
    late = row(body=Body())
    await ledger.open(late)
    await ledger.amend(late, Body(3, "cd" * 32, '{"resolution_id": "r-9"}'))
    with closing(sqlite3.connect(path)) as connection:
        told = connection.execute("SELECT body_bytes, payment FROM request").fetchall()
    assert told == [(3, '{"resolution_id": "r-9"}')]


async def test_the_last_words_are_in_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.ledger.ledger._LAST", PATIENCE)
    made = Ledger(path, Retention(400, 1 << 30))
    rows = [row(f"run-{n}") for n in range(30)]
    for each in rows:
        await made.open(each)
    for each in rows:
        made.close(each, ended("answered"))
    made.last_words()
    assert {outcome for _, outcome in outcomes(path)} == {"answered"}
    await made.aclose()


async def test_what_a_process_left_open_is_told_at_the_start(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    filled(path, "answered", None, None)
    made = Ledger(path, Retention(400, 1 << 30))
    await made.aclose()
    said = [record.getMessage() for record in caplog.records]
    assert sum(line.startswith("outcome unknown: POST /v1/payments/breb") for line in said) == 2
    assert any("2 rows of the ledger were left open" in line for line in said)
    assert made.recovered == {"POST": 2}
    assert made.in_doubt == 2
    caplog.clear()
    again = Ledger(path, Retention(400, 1 << 30))
    await again.aclose()
    assert not caplog.records


async def test_a_second_proxy_on_the_file_is_refused(ledger: Ledger, path: Path) -> None:
    with pytest.raises(LedgerRefused, match=f"process {os.getpid()} uses it"):
        Ledger(path, Retention(400, 1 << 30))
    await ledger.open(row())


async def test_the_end_of_the_process_closes_the_file(path: Path) -> None:
    made = Ledger(path, Retention(400, 1 << 30))
    payment = row()
    await made.open(payment)
    made.close(payment, ended("answered"))
    await made.aclose()
    assert outcomes(path) == [("run-1", "answered")]
    assert not path.with_name("ledger.db-wal").exists()
    FileStore.open(path).close()  # the lock is free


async def test_one_who_holds_the_file_locked_is_named(ledger: Ledger, path: Path) -> None:
    store: Any = ledger._writer._store
    store._connection.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerUnavailable, match="another program has locked it"):
        await ledger.open(row())
    other.execute("ROLLBACK")
    other.close()
    await soon(lambda: not ledger.problem)


async def test_rows_in_doubt_are_counted_until_a_verdict(ledger: Ledger, path: Path) -> None:
    doubtful = row()
    await ledger.open(doubtful)
    ledger.close(doubtful, ended("unknown"))
    await soon(lambda: ledger.in_doubt == 1)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO verdict VALUES (1, '', 1, '', 'me', NULL, NULL)")
    connection.close()
    await soon(lambda: ledger.in_doubt == 0)


async def test_ends_that_cannot_be_written_make_nobody_deaf(path: Path) -> None:
    """However many they are: who comes is told at once, and the end of the process is heard."""
    made = Ledger(path, Retention(400, 1 << 30))
    rows = [row(f"run-{number}") for number in range(1100)]
    await asyncio.gather(*map(made.open, rows))
    made.damaged("the file is damaged")
    for each in rows:
        made.close(each, ended("answered"))
    with pytest.raises(LedgerUnavailable, match="the file is damaged"):
        async with asyncio.timeout(5):
            await made.open(row("late"))
    await made.aclose()
    assert not made._writer.is_alive()


async def test_after_its_end_nobody_waits_for_it(path: Path) -> None:
    made = Ledger(path, Retention(400, 1 << 30))
    await made.aclose()
    with pytest.raises(LedgerUnavailable, match="this proxy is ending"):
        await made.open(row())


async def test_damage_that_is_met_while_deleting_stays(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> int:
        error = sqlite3.DatabaseError("malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

    retention = ledger._writer._retention
    await soon(lambda: retention._due > 0)  # the first look is over
    monkeypatch.setattr(FileStore, "prune", broken)
    monkeypatch.setattr(retention, "_due", 0.0)
    await soon(lambda: "damaged" in str(ledger.problem))
    with pytest.raises(LedgerUnavailable, match="damaged"):
        await ledger.open(row())


class Told:
    """Counts how often it is told of a new row in doubt."""

    def __init__(self) -> None:
        self.times = 0

    def doubted(self) -> None:
        self.times += 1


async def test_who_asks_is_told_of_each_new_row_in_doubt(
    ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of one that takes the place of another, which was settled since the last count."""
    monkeypatch.setattr(writer, "_PROBE", 1000.0)
    told: Any = Told()
    ledger.asked_by(told)
    for number, outcome in enumerate(("unknown", "answered", "cut"), 1):
        payment = row(f"run-{number}")
        await ledger.open(payment)
        ledger.close(payment, ended(outcome))
        await soon(lambda n=number: len([o for _, o in outcomes(path) if o]) == n)
        if outcome == "unknown":
            await soon(lambda: told.times == 1)
            with closing(sqlite3.connect(path)) as connection, connection:
                connection.execute("INSERT INTO verdict VALUES (1, '', 1, '', 'me', NULL, NULL)")
    await soon(lambda: told.times == 2)


async def test_what_has_been_in_doubt_for_long_is_counted_apart(path: Path) -> None:
    store = FileStore.open(path)
    rows = [row("run-1"), row("run-2")]
    store.write(rows, [])
    rows[0].end, rows[1].end = ended("unknown", closed_at="2026-01-01T00:00:00Z"), ended("unknown")
    store.write([], rows)
    store.close()
    made = Ledger(path, Retention(400, 1 << 30))
    await soon(lambda: made.in_doubt == 2)
    assert made.long_in_doubt == 1
    await made.aclose()


async def test_a_repeat_that_leaves_keeps_nobody_from_being_written(
    ledger: Ledger, path: Path
) -> None:
    """It has an end, and no row: its key is another row's."""
    await ledger.open(row("run-1", claim=KeyClaim("payroll", "k-1", "f")))
    repeat = row("run-2", claim=KeyClaim("payroll", "k-1", "f"))
    async with asyncio.TaskGroup() as tasks:
        waits = tasks.create_task(ledger.open(repeat))
        await asyncio.sleep(0)
        waits.cancel()
        ledger.close(repeat, ended("not-sent"))
        await ledger.open(row("run-3"))
    assert outcomes(path) == [("run-1", None), ("run-3", None)]
    assert repeat.claim is not None
    async with asyncio.timeout(PATIENCE):
        await repeat.claim.over
