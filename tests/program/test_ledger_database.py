"""Proxies with one ledger in a real PostgreSQL, against an upstream that remembers."""

import http.client
import json
import random
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from proxy.ledger.entry import LedgerEntry
from proxy.ledger.reading import Query, reading
from proxy.ledger.verification import verify
from proxy.postgres.connection import Database
from tests.program.test_ledger_crash import Callers, Memory
from tests.support import Program
from tests.support.command import command
from tests.support.databases import database_of
from tests.support.patience import PATIENCE
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


def test_no_kill_of_a_replica_loses_a_payment_or_invents_an_answer(
    memory: Memory, database: Database, replica: Callable[[], Program]
) -> None:
    told: dict[str, tuple[int, dict[str, Any]]] = {}
    alive = [replica() for _ in range(3)]
    for _ in range(3):
        callers = [Callers(each.port) for each in alive]
        time.sleep(0.2 + random.random() * 0.3)
        killed = alive.pop(random.randrange(3))
        killed.process.send_signal(signal.SIGKILL)
        killed.process.wait(PATIENCE)
        alive.append(replica())
        for each in callers:
            each.stop()
            told |= each.told
    until = time.monotonic() + A_MINUTE
    while any(each["outcome"] is None for each in rows(database)):
        assert time.monotonic() < until, "what the dead left open is still open"
        time.sleep(0.5)
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
