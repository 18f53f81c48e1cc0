"""Proxies with one ledger in a real PostgreSQL, against an upstream that remembers."""

import http.client
import json
import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from proxy.ledger.entry import LedgerEntry
from proxy.ledger.reading import Query, reading
from proxy.ledger.verification import verify
from proxy.postgres.connection import Database
from tests.program.test_ledger_crash import Callers, Memory
from tests.support import Program, RawUpstream
from tests.support.command import command
from tests.support.databases import database_of
from tests.support.leaks import SECRET
from tests.support.patience import PATIENCE
from tests.support.ports import free_port
from tests.support.postgres import PASSWORD, Postgres

A_MINUTE = 60.0  # seconds within which the others say what a dead replica left open


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with Postgres(fsync="on", recovery_init_sync_method="syncfs") as postgres:
        yield postgres


@pytest.fixture
def database(server: Postgres) -> Database:
    return database_of(server)


@pytest.fixture
def memory() -> Iterator[Memory]:
    made = Memory()
    yield made
    made.close()


@pytest.fixture
def replica(memory: Memory, database: Database) -> Iterator[Callable[[], Program]]:
    with ExitStack() as stack:

        def start() -> Program:
            given = {"ledger": database, "database_password": PASSWORD, "log_level": "info"}
            return stack.enter_context(Program(memory.url, **given))

        yield start


def rows(database: Database) -> list[LedgerEntry]:
    with reading(database) as reader:
        return list(reader.entries(Query(limit=1_000_000)))


def left_open(database: Database) -> int:
    with closing(database.connect()) as connection:
        wanted = "SELECT number FROM breb_ledger.request WHERE outcome IS NULL"
        return len(connection.execute(wanted).fetchall())


def pay(program: Program, resolution: str, **fields: str) -> tuple[int, dict[str, Any]]:
    body = json.dumps({"resolution_id": resolution})
    return ask(program, "POST", "/v1/payments/breb", body, fields)


def ask(
    program: Program, method: str, path: str, body: str = "", fields: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=PATIENCE)
    with closing(connection):
        connection.request(method, path, body or None, fields or {})
        response = connection.getresponse()
        return response.status, json.loads(response.read() or "{}")


def test_a_row_can_be_erased_as_the_page_about_personal_data_says(
    server: Postgres, database: Database
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "personal-data.md").read_text()
    statements = page.split("```sql\n")[2].partition("```")[0].strip().splitlines()

    def run(number: int, *chosen: str) -> None:
        for each in chosen:
            server.execute(each.replace("number = 7", f"number = {number}"), database.address.name)

    given = {"ledger": database, "database_password": PASSWORD}
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    with RawUpstream(lambda _: answer) as upstream, Program(upstream.url, **given) as program:
        for resolution in ("r-erased", "r-newest"):
            assert pay(program, resolution)[0] == 200
        newest, erased = (row["number"] for row in rows(database))
        run(erased, *statements)
        assert [row["number"] for row in rows(database)] == [newest]
        with pytest.raises(psycopg.Error, match="the newest row is never deleted"):
            run(newest, statements[1])
        (problem,) = verify(database).problems
        assert (problem.row, problem.words.code) == (erased, "chain.removed")
        assert pay(program, "r-next")[0] == 200


def agreeing(
    memory: Memory, told: Mapping[str, tuple[int, dict[str, Any]]], database: Database
) -> dict[str, LedgerEntry]:
    """Return the rows by resolution, once upstream, callers and ledger agree about all of them."""
    book = {each["payment"]["resolution_id"]: each for each in rows(database)}
    assert not memory.saw - book.keys(), "requests reached the upstream without a row"
    for resolution, row in book.items():
        status, answer = told.get(resolution, (None, {}))
        if row["outcome"] == "answered":
            assert status == row["status"] == 200, "an answer that the caller did not get"
            assert row["answer"]["id"] == answer["id"]
        elif row["outcome"] == "not-sent":
            assert resolution not in memory.saw, "sent after all"
        else:
            assert row["outcome"] == "unknown"
            assert answer.get("outcome", "unknown") == "unknown"
    return book


@pytest.mark.slow
def test_no_kill_of_a_replica_loses_a_payment_or_invents_an_answer(
    memory: Memory, database: Database, replica: Callable[[], Program]
) -> None:
    told: dict[str, tuple[int, dict[str, Any]]] = {}
    alive = [replica() for _ in range(3)]
    for _ in range(3):
        callers = [Callers(each.port) for each in alive]
        time.sleep(0.2 + random.random() * 0.3)
        killed = alive.pop(random.randrange(3))
        killed.process.kill()
        killed.process.wait(PATIENCE)
        alive.append(replica())
        for each in callers:
            each.stop()
            told |= each.told
    until = time.monotonic() + A_MINUTE
    while left_open(database):
        assert time.monotonic() < until, "what the dead left open is still open"
        time.sleep(0.5)
    book = agreeing(memory, told, database)
    assert {row["outcome"] for row in book.values()} >= {"answered", "unknown"}
    assert "in doubt now" in "".join(each.output for each in alive)
    assert verify(database).problems == []


def test_a_key_pays_once_whichever_replica_is_asked(
    memory: Memory, replica: Callable[[], Program]
) -> None:
    first, second = replica(), replica()
    key, resolution = str(uuid.uuid4()), str(uuid.uuid4())
    said = [pay(each, resolution, **{"Idempotency-Key": key}) for each in (first, second, first)]
    done = [each for each in said if each[0] == 200]
    assert len({each[1]["id"] for each in done}) <= 1
    assert memory.saw == {resolution}
    assert memory.count == 1


@pytest.fixture
def stopped() -> Iterator[Postgres]:
    """A server of a test's own: whoever starts it anew has another process."""
    with Postgres(fsync="on", recovery_init_sync_method="syncfs") as postgres:
        yield postgres


def test_without_its_database_it_refuses_what_may_pay_and_goes_on_when_it_is_back(
    memory: Memory, stopped: Postgres
) -> None:
    given = {"ledger": database_of(stopped), "database_password": PASSWORD}
    with Program(memory.url, **given) as program:
        _lose_and_find(program, memory, stopped)
        assert PASSWORD not in program.output


def _lose_and_find(program: Program, memory: Memory, server: Postgres) -> None:
    assert pay(program, "before")[0] in (200, 502)
    server.stop()
    try:
        status, answer = pay(program, "away")
        assert (status, answer["type"].split(":")[-1]) == (503, "ledger")
        assert ask(program, "GET", "/v1/payments/x")[0] == 404
        assert "database" in json.dumps(answer)
    finally:
        server.start()
    program.until("/readyz?verbose")
    until = time.monotonic() + PATIENCE
    while pay(program, "after")[0] == 503:
        assert time.monotonic() < until
    assert memory.saw >= {"before", "after"}
    assert "away" not in memory.saw


def test_the_commands_read_it_too(
    database: Database, replica: Callable[[], Program], tmp_path: Path
) -> None:
    program = replica()
    pay(program, "r-1")
    given = {"BREB_LEDGER": database, "BREB_DATABASE_PASSWORD": PASSWORD}
    listed = command("ledger", "--json", cwd=tmp_path, **given)
    assert json.loads(listed.out.splitlines()[0])["payment"] == {"resolution_id": "r-1"}
    assert "as it was written" in command("ledger", "verify", cwd=tmp_path, **given).out
    assert "pg_dump" in command("ledger", "backup", "x", cwd=tmp_path, **given).err
    status = json.loads(program.admin("/status")[1])
    assert status["ledger"]["file"] == str(database)


# How a program of another version is started: what Python imports first changes its tables.
_OTHER = """
from proxy.ledger.postgres import tables
from proxy.postgres.schema import Schema
tables.SCHEMA = Schema("ledger", {steps}, {least})
"""


def of_version(folder: Path, steps: str, least: int = 1) -> dict[str, str]:
    """Return what makes a program one that knows other tables."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(_OTHER.format(steps=steps, least=least))
    return {"PYTHONPATH": str(folder)}


@contextmanager
def calling(program: Program) -> Iterator[dict[str, tuple[int, dict[str, Any]]]]:
    callers = Callers(program.port)
    try:
        yield callers.told
    finally:
        callers.stop()


@pytest.mark.slow
def test_replicas_of_two_versions_write_one_ledger_during_an_update(
    memory: Memory, database: Database, server: Postgres, tmp_path: Path
) -> None:
    given = {"ledger": database, "database_password": PASSWORD}
    column = "ALTER TABLE breb_ledger.request ADD COLUMN later text"
    older = of_version(tmp_path / "older", "tables.SCHEMA.steps[:1]")
    newer = of_version(tmp_path / "newer", f'(*tables.SCHEMA.steps, "{column}")')
    version = "SELECT version, least FROM breb_schema"
    with Program(memory.url, beside=older, **given) as old:
        assert pay(old, "r-1")[0] in (200, 502)
        assert server.execute(version, database.address.name) == [(1, 1)]
        with calling(old) as told, Program(memory.url, beside=newer, **given) as new:
            assert server.execute(version, database.address.name) == [(3, 1)]
            key = {"Idempotency-Key": str(uuid.uuid4())}
            said = [pay(each, "r-2", **key)[0] for each in (old, new, old)]
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                f" WHERE datname = '{database.address.name}'"
            )
            until = time.monotonic() + PATIENCE
            while 503 in (pay(each, str(uuid.uuid4()))[0] for each in (old, new)):
                assert time.monotonic() < until
    assert said.count(200) in (0, 3)
    assert {status for status, _ in told.values()} <= {200, 502, 503}
    assert verify(database).problems == []


def test_a_program_that_would_not_understand_the_tables_says_so_and_pays_nothing(
    memory: Memory, database: Database, server: Postgres, tmp_path: Path
) -> None:
    given = {"ledger": database, "database_password": PASSWORD}
    newest = of_version(tmp_path / "newest", '(*tables.SCHEMA.steps, "SELECT 1")', least=3)
    with Program(memory.url, **given) as old, Program(memory.url, beside=newest, **given) as new:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = '{database.address.name}'"
        )
        until = time.monotonic() + PATIENCE
        while (said := pay(old, "too-old"))[0] != 503 or "version 3" not in str(said):
            assert time.monotonic() < until
        while pay(new, "new-enough")[0] == 503:
            assert time.monotonic() < until
    own = {f"BREB_{name.upper()}": value for name, value in given.items()}
    login = {"BREB_CLIENT_ID": "test-client", "BREB_CLIENT_SECRET": SECRET}
    places = {f"BREB_{name}": f"127.0.0.1:{free_port()}" for name in ("LISTEN", "ADMIN_LISTEN")}
    late = command("serve", cwd=tmp_path, BREB_BASE_URL=memory.url, **places, **login, **own)
    assert late.code == 2
    assert "version 3, and this program knows 2; use a newer" in late.err
    assert memory.saw >= {"new-enough"}
