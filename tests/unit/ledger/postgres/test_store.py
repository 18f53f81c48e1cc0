"""What several replicas make of one ledger, and what becomes of one whose session is lost."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from proxy.errors import LedgerUnavailable
from proxy.ledger import ledger as ledger_module
from proxy.ledger.archive import archive_of
from proxy.ledger.first import first_of
from proxy.ledger.ledger import Ledger
from proxy.ledger.postgres import replicas
from proxy.ledger.postgres.session import LedgerSession
from proxy.ledger.postgres.store import DatabaseStore
from proxy.ledger.reading import Query, reading
from proxy.ledger.retention import Retention
from proxy.ledger.standing import Standing
from proxy.ledger.trouble import LedgerRefused, OutOfReach
from proxy.ledger.verdict import settle
from proxy.ledger.verification import verify
from proxy.postgres.connection import Database
from proxy.words import phrase
from tests.support.databases import database_of
from tests.support.ledgers import closed, ended, row, soon
from tests.support.patience import PATIENCE
from tests.support.postgres import Postgres
from tests.unit.ledger.test_store import claimed


@pytest.fixture
def database(server: Postgres) -> Database:
    return database_of(server)


@pytest.fixture
def store(database: Database) -> Iterator[DatabaseStore]:
    yield from opened(database)


@pytest.fixture
def other(store: DatabaseStore, database: Database) -> Iterator[DatabaseStore]:
    del store  # it came before
    yield from opened(database)


def opened(database: Database) -> Iterator[DatabaseStore]:
    made = DatabaseStore(database)
    yield made
    made.close()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicas, "_GRACE", 0.0)


def outcomes(database: Database) -> dict[str, str | None]:
    with reading(database) as reader:
        return {each["exchange"]: each["outcome"] for each in reader.entries(Query())}


def end_session(server: Postgres, store: DatabaseStore) -> None:
    server.execute(f"SELECT pg_terminate_backend({store._session.process}, 5000)")
    with suppress(OutOfReach):
        store._session.execute("SELECT 1")


def left_open(store: DatabaseStore) -> set[str]:
    """Wait until the server has seen a session end, and a replica what that left open."""
    until = time.monotonic() + PATIENCE
    while not (left := store.abandoned()):
        assert time.monotonic() < until
    return {each.exchange for each in left}


@contextmanager
def answerless(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lose the session after each commit, before its answer."""
    script = LedgerSession.script

    def cut(self: LedgerSession, statements: str) -> None:
        script(self, statements)
        if statements == "COMMIT":
            self.close()
            raise OutOfReach(phrase("disk.full"))

    with monkeypatch.context() as patch:
        patch.setattr(LedgerSession, "script", cut)
        yield


def test_all_replicas_have_one_order_and_one_chain(
    store: DatabaseStore, other: DatabaseStore, database: Database
) -> None:
    def write(by: DatabaseStore, name: str) -> None:
        for number in range(20):
            each = row(f"{name}-{number}")
            by.enter([each], [])
            by.enter([], [closed(each)])

    threads = [threading.Thread(target=write, args=each) for each in ((store, "a"), (other, "b"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = verify(database)
    assert (found.problems, found.rows, found.entries) == ([], 40, 80)
    assert store.salt == other.salt
    assert store.head() == other.head()


def test_a_key_is_one_rows_among_all_replicas(
    store: DatabaseStore, other: DatabaseStore, database: Database
) -> None:
    first, second = claimed("run-1"), claimed("run-2")
    assert store.enter([first], []) == [first]
    assert other.enter([second], []) == []
    assert second.claim is not None
    assert second.claim.taken == (1, "run-1", "f")
    store.enter([], [closed(first, "not-sent", status=None)])
    assert other.enter([second], []) == [second]


@pytest.mark.usefixtures("at_once")
def test_a_replica_that_ended_leaves_its_open_rows_in_doubt(
    store: DatabaseStore, other: DatabaseStore, database: Database
) -> None:
    ended, open_ = claimed("run-1"), row("run-2")
    store.enter([ended, open_], [])
    other.enter([row("run-3")], [])
    assert other.abandoned() == [], "it lives"
    store.close()
    assert left_open(other) == {"run-1", "run-2"}
    assert outcomes(database) == {"run-1": "unknown", "run-2": "unknown", "run-3": None}
    first = first_of(database, "payroll", "k-1")
    assert first is not None
    assert first.standing is Standing.IN_DOUBT
    assert verify(database).problems == []


def test_it_is_given_time_to_come_back_and_is_not_ended_if_it_does(
    store: DatabaseStore, other: DatabaseStore, database: Database, server: Postgres
) -> None:
    now = 0.0
    other._ended = replicas.Ended(lambda: now)
    one = row("run-1")
    store.enter([one], [])
    end_session(server, store)
    assert other.abandoned() == []
    now = 19.0
    assert other.abandoned() == []
    store.probe("", 0.0)  # it has come back, and its session is lost again
    end_session(server, store)
    now = 21.0
    assert other.abandoned() == [], "since the session before"
    store.enter([], [closed(one)])
    assert outcomes(database) == {"run-1": "answered"}
    now = 60.0
    assert other.abandoned() == []


@pytest.mark.usefixtures("at_once")
def test_a_row_that_was_called_unknown_is_not_closed_again(
    store: DatabaseStore,
    other: DatabaseStore,
    database: Database,
    server: Postgres,
    caplog: pytest.LogCaptureFixture,
) -> None:
    one, key = row("run-1"), claimed("run-2")
    store.enter([one, key], [])
    end_session(server, store)
    assert left_open(other) == {"run-1", "run-2"}
    store.enter([row("run-3")], [closed(one), closed(key, "not-sent", status=None)])
    assert outcomes(database) == {"run-1": "unknown", "run-2": "unknown", "run-3": None}
    assert "another replica took this one for ended" in caplog.text
    assert first_of(database, "payroll", "k-1") is not None, "its key stays taken"
    assert verify(database).problems == []


def test_a_lost_commit_was_sent_by_nobody_and_frees_its_key(
    store: DatabaseStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = claimed("run-1")
    with answerless(monkeypatch), pytest.raises(OutOfReach):
        store.enter([one], [])
    assert one.number is None
    assert outcomes(database) == {"run-1": None}
    again = claimed("run-2")
    assert store.enter([again], []) == [again]
    assert outcomes(database) == {"run-1": "not-sent", "run-2": None}
    assert verify(database).problems == []


def test_ends_of_a_lost_commit_are_written_once(
    store: DatabaseStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = row("run-1")
    store.enter([one], [])
    with answerless(monkeypatch), pytest.raises(OutOfReach):
        store.enter([], [closed(one)])
    store.enter([], [one])
    found = verify(database)
    assert (outcomes(database), found.problems, found.entries) == ({"run-1": "answered"}, [], 2)


def test_rows_that_a_failover_lost_are_written_anew(
    store: DatabaseStore, database: Database, server: Postgres
) -> None:
    settled, one = row("run-1"), row("run-2")
    store.enter([settled], [])
    store.enter([], [closed(settled)])
    store.enter([one], [])
    _forget_row(server, database, 2)
    end_session(server, store)
    store.enter([three := row("run-3")], [closed(one)])
    assert outcomes(database) == {"run-1": "answered", "run-2": "answered", "run-3": None}
    assert (one.number, three.number) == (2, 3)


def test_a_row_that_was_written_anew_keeps_its_new_number_if_that_answer_was_lost(
    store: DatabaseStore,
    database: Database,
    server: Postgres,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settled, one = row("run-1"), row("run-2")
    store.enter([settled], [])
    store.enter([], [closed(settled)])
    store.enter([one], [])
    _forget_row(server, database, 2)
    end_session(server, store)
    with answerless(monkeypatch):
        for _ in range(2):  # that of coming back, and that of writing it anew
            with pytest.raises(OutOfReach):
                store.enter([row("run-3")], [])
    store.enter([], [closed(one)])
    found = outcomes(database)
    assert (found["run-1"], found["run-2"]) == ("answered", "answered")
    assert found.get("run-3") in (None, "not-sent")
    assert verify(database).problems == []


def _forget_row(server: Postgres, database: Database, number: int) -> None:
    """Lose a row as a standby does that lacked the last commit."""
    name = database.address.name
    server.execute(
        "SET session_replication_role TO replica;"
        f"DELETE FROM breb_ledger.chain WHERE seq > {number};"
        f"DELETE FROM breb_ledger.request WHERE number >= {number}",
        name,
    )


def test_a_database_that_is_away_fails_what_is_to_be_written_and_is_found_again(
    server: Postgres, database: Database, store: DatabaseStore
) -> None:
    one = row("run-1")
    store.enter([one], [])
    server.stop()
    try:
        with pytest.raises(OutOfReach):
            store.enter([row("run-2")], [])
        with pytest.raises(OutOfReach):
            store.probe("", 0.0)
        with pytest.raises(LedgerRefused):
            outcomes(database)
    finally:
        server.start()
    store.enter([row("run-3")], [closed(one)])
    assert outcomes(database) == {"run-1": "answered", "run-3": None}


def test_what_waits_for_a_frozen_database_can_be_broken_off(
    server: Postgres, store: DatabaseStore
) -> None:
    server.freeze()
    assert _broken_off(server, store)


def test_a_database_that_falls_silent_just_after_the_login_can_be_broken_off(
    server: Postgres, store: DatabaseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = LedgerSession.begin

    def late(session: LedgerSession) -> None:
        server.freeze()
        begin(session)

    monkeypatch.setattr(LedgerSession, "begin", late)
    end_session(server, store)
    assert _broken_off(server, store)


def _broken_off(server: Postgres, store: DatabaseStore) -> list[Any]:
    """Return why a row could not be written."""
    failed: list[Any] = []

    def write() -> None:
        try:
            store.enter([row("run-1")], [])
        except OutOfReach as error:
            failed.append(error)

    thread = threading.Thread(target=write)
    try:
        thread.start()
        while thread.is_alive():
            store.break_off()
            thread.join(0.05)
    finally:
        server.thaw()
    return failed


def test_a_session_of_ours_that_lives_on_is_ended(
    store: DatabaseStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = row("run-1")
    store.enter([one], [])
    before = store._session
    with monkeypatch.context() as patch:
        patch.setattr(LedgerSession, "lost", property(lambda _: True))
        store.probe("", 0.0)
    store.enter([], [closed(one)])
    assert outcomes(database) == {"run-1": "answered"}
    with pytest.raises(OutOfReach):
        before.execute("SELECT 1")
    before.close()


def test_whoever_reads_finds_another_session_if_an_idle_one_was_lost(
    store: DatabaseStore, database: Database, server: Postgres
) -> None:
    store.enter([row("run-1")], [])
    assert outcomes(database) == {"run-1": None}
    name = database.address.name
    server.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        f" WHERE datname = '{name}' AND pid != {store._session.process}"
    )
    assert outcomes(database) == {"run-1": None}


def test_the_archive_knows_whether_a_replica_lives(database: Database) -> None:
    archive, store = archive_of(database), DatabaseStore(database)
    assert archive.in_use()
    store.enter([one := row("run-1")], [])
    store.close()
    until = time.monotonic() + PATIENCE
    while archive.in_use():  # the server takes a moment to see it
        assert time.monotonic() < until
    with reading(database) as reader:
        assert reader.find("#1")[0]["in_doubt"], "nobody is there to call it unknown"
    assert one.number == 1


def test_tables_of_a_later_version_are_left_alone(database: Database, server: Postgres) -> None:
    DatabaseStore(database).close()
    server.execute("UPDATE breb_schema SET version = 99, least = 99", database.address.name)
    with pytest.raises(LedgerRefused, match="99"):
        DatabaseStore(database)


def test_a_server_without_fsync_is_refused_when_it_comes_in_anothers_place(
    store: DatabaseStore, server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_session(server, store)
    with monkeypatch.context() as patch:
        patch.setattr("proxy.ledger.postgres.session._DURABLE", "SELECT 'off'")
        with pytest.raises(LedgerRefused, match="fsync"):
            store.enter([row("run-1")], [])
    assert store.enter([one := row("run-1")], []) == [one]


@pytest.mark.anyio
async def test_a_database_that_does_not_answer_is_said_and_left(
    server: Postgres, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "_LOOK", 0.02)
    ledger = Ledger(database, Retention(400, 1 << 30))
    try:
        await ledger.open(one := row("run-1"))
        server.freeze()
        try:
            with monkeypatch.context() as hasty:
                hasty.setattr(ledger_module, "_STALLED", 0.1)
                hasty.setattr(ledger_module, "_TOO_LONG", 0.3)
                with pytest.raises(LedgerUnavailable):
                    await ledger.open(row("run-2"))
            await soon(lambda: "database" in str(ledger.problem))
        finally:
            server.thaw()
        await soon(lambda: not ledger.problem)
        ledger.close(one, ended())
    finally:
        await ledger.aclose()
    found = await asyncio.to_thread(outcomes, database)
    assert found["run-1"] == "answered"
    assert found.get("run-2") in (None, "not-sent"), "its commit may have come through"


def test_a_verdict_is_written_beside_replicas_that_write(
    store: DatabaseStore, database: Database
) -> None:
    one = row("run-1")
    store.enter([one], [])
    store.enter([], [closed(one, "unknown")])
    settle(database, 1, kind="made", note="seen", author="ana")
    store.enter([row("run-2")], [])
    assert verify(database).problems == []


def test_without_fsync_nothing_is_promised(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.ledger.postgres.session._DURABLE", "SELECT 'off'")
    with pytest.raises(LedgerRefused, match="fsync"):
        DatabaseStore(database)


@pytest.mark.slow
def test_a_hundred_replicas_take_a_connection_each_and_make_one_chain(
    database: Database, server: Postgres
) -> None:
    with ThreadPoolExecutor(8) as threads:
        replicas = list(threads.map(lambda _: DatabaseStore(database), range(100)))
        rows = [row(f"run-{number}") for number in range(100)]
        list(threads.map(lambda store, one: store.enter([one], []), replicas, rows))
        sessions = (
            f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database.address.name}'"
        )
        assert server.execute(sessions) == [(100,)]
        list(threads.map(lambda store, one: store.enter([], [closed(one)]), replicas, rows))
        list(threads.map(DatabaseStore.close, replicas))
    found = verify(database)
    assert (found.problems, found.rows, found.entries) == ([], 100, 200)


def test_a_replica_that_finds_no_connection_left_joins_when_there_is_one(
    database: Database, server: Postgres
) -> None:
    name = database.address.name
    DatabaseStore(database).close()
    server.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 1")
    first = _until_there_is_room(database)
    with pytest.raises(OutOfReach, match="too many connections"):
        DatabaseStore(database)
    first.close()
    _until_there_is_room(database).close()


def _until_there_is_room(database: Database) -> DatabaseStore:
    """Come as a replica: the server takes a moment to see that a session has ended."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return DatabaseStore(database)
        except OutOfReach:
            assert time.monotonic() < until
