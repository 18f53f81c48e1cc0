"""The ledger's database is full, slow, cut off, replaced by a standby, or wants a new password."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from proxy.ledger.postgres.session import LOCKS
from proxy.ledger.verification import verify
from tests.program.test_ledger_crash import Callers, Memory
from tests.program.test_ledger_database import agreeing, ask, pay, rows
from tests.support import Program
from tests.support.databases import database_of
from tests.support.front import until
from tests.support.postgres import PASSWORD, Postgres, Standby
from tests.support.relay import Relay

DURABLE = {"fsync": "on", "recovery_init_sync_method": "syncfs"}


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with Postgres(**DURABLE) as postgres:
        yield postgres


@pytest.fixture
def memory() -> Iterator[Memory]:
    with closing(Memory()) as made:
        yield made


def proxy(memory: Memory, address: str, **more: Any) -> Program:
    return Program(memory.url, ledger=address, **{"database_password": PASSWORD, **more})


def refused(program: Program, resolution: str) -> str:
    """Pay until it is refused; return why. Nothing of it may be sent."""
    said: list[dict[str, Any]] = []

    def pays() -> bool:
        status, answer = pay(program, f"{resolution}-{len(said)}")
        said.append(answer)
        return status == 503

    until(pays, "a refusal")
    assert said[-1]["outcome"] == "not-sent"
    return str(said[-1]["detail"])


def pays_again(program: Program) -> None:
    until(lambda: pay(program, "again")[0] != 503, "a payment")
    until(lambda: program.admin("/readyz")[0] == 200, "ready again")


def sent(memory: Memory, beginning: str) -> set[str]:
    return {each for each in memory.saw if each.startswith(beginning)}


@pytest.fixture
def small() -> Iterator[Postgres]:
    """A server that has a place of two MiB for tables."""
    with Postgres(**DURABLE) as postgres:
        place = postgres.folder / "small"
        place.mkdir()
        options = f"size=2m,uid={postgres.folder.stat().st_uid}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", place], check=True)
        try:
            postgres.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
            postgres.execute("GRANT CREATE ON TABLESPACE small TO breb")
            yield postgres
        finally:
            postgres.stop()
            subprocess.run(["umount", place], check=True)


@pytest.mark.needs("another user")
def test_a_full_database_refuses_what_may_pay_until_there_is_room(
    memory: Memory, small: Postgres
) -> None:
    address = small.database()
    name = address.rpartition("/")[2]
    small.execute(f"ALTER DATABASE {name} SET default_tablespace TO small")
    with proxy(memory, address) as program:
        assert pay(program, "before")[0] in (200, 502)
        fill(small, name)
        assert "disk is full" in refused(program, "full")
        until(lambda: program.admin("/readyz")[0] == 503, "the word that it is full")
        assert ask(program, "GET", "/v1/payments/x")[0] == 404
        small.execute("DROP TABLE junk", name)
        pays_again(program)
    kept(memory, small, address)


def fill(server: Postgres, name: str) -> None:
    """Fill the database's place, to the last page."""
    server.execute("CREATE TABLE junk (words text)", name)
    server.execute("ALTER TABLE junk ALTER COLUMN words SET STORAGE EXTERNAL", name)
    for length in (100_000, 7_000):
        with suppress(psycopg.errors.DiskFull):
            while True:
                server.execute(f"INSERT INTO junk VALUES (repeat('x', {length}))", name)


def kept(memory: Memory, server: Postgres, address: str) -> None:
    """All that went to the upstream has a row, nothing refused did, and the chain agrees."""
    database = database_of(server, address)
    found = {each["payment"]["resolution_id"]: each["outcome"] for each in rows(database)}
    assert memory.saw == {name for name, outcome in found.items() if outcome != "not-sent"}
    assert verify(database).problems == []


def test_a_slow_database_delays_payments_and_lets_them_share_its_commits(
    memory: Memory, server: Postgres
) -> None:
    address = server.database()
    with Relay(server.port) as relay, proxy(memory, relay.before(address)) as program:
        relay.delay = 0.05  # a commit takes half a second
        with ThreadPoolExecutor(16) as callers:
            said = list(callers.map(lambda n: pay(program, f"slow-{n}")[0], range(32)))
        relay.delay = 0.0
    assert set(said) <= {200, 502}
    assert verify(database_of(server, address)).entries < 2 * 32
    kept(memory, server, address)


def test_a_database_that_is_cut_off_refuses_what_may_pay_and_is_found_again(
    memory: Memory, server: Postgres
) -> None:
    """No packet comes through, and nobody says so: not even the end of the connection."""
    address = server.database()
    with Relay(server.port) as relay, proxy(memory, relay.before(address)) as program:
        assert pay(program, "before")[0] in (200, 502)
        relay.cut()
        refused(program, "cut-off")
        assert ask(program, "GET", "/v1/payments/x")[0] == 404
        assert program.admin("/readyz")[0] == 503
        relay.mend()
        pays_again(program)
    kept(memory, server, address)


def test_a_password_that_changes_is_read_again(
    memory: Memory, server: Postgres, tmp_path: Path
) -> None:
    (tmp_path / "BREB_DATABASE_PASSWORD").write_text(PASSWORD)
    address = server.database().replace("breb@", "rotated@")
    server.execute(f"CREATE ROLE rotated LOGIN PASSWORD '{PASSWORD}'")
    server.execute(f"ALTER DATABASE {address.rpartition('/')[2]} OWNER TO rotated")
    secrets = {"database_password": None, "secrets_dir": tmp_path}
    with proxy(memory, address, **secrets) as program:
        assert pay(program, "before")[0] in (200, 502)
        server.execute(f"ALTER ROLE rotated PASSWORD '{PASSWORD}-2'")
        sessions = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'rotated'"
        )
        server.execute(sessions)
        until(lambda: "refuses the login" in refused(program, "rotated"), "the reason")
        (tmp_path / "BREB_DATABASE_PASSWORD").write_text(f"{PASSWORD}-2")
        pays_again(program)
        assert PASSWORD not in program.output
    server.execute(f"ALTER ROLE rotated PASSWORD '{PASSWORD}'")
    kept(memory, server, address)


@pytest.mark.slow
def test_whoever_may_connect_can_hold_payments_up_and_nobody_else_should(
    memory: Memory, server: Postgres
) -> None:
    """Advisory locks and notifications ask for no right but that to connect."""
    address = server.database()
    name = address.rpartition("/")[2]
    server.execute(f"CREATE ROLE neighbour LOGIN PASSWORD '{PASSWORD}'")
    as_neighbour = address.replace("breb@", f"neighbour:{PASSWORD}@")
    with proxy(memory, address) as program:
        assert pay(program, "before")[0] in (200, 502)
        with psycopg.connect(as_neighbour, autocommit=True) as neighbour:
            neighbour.execute("SELECT pg_advisory_lock(%s, 0)", (LOCKS,))
            assert "another session of the database holds a lock" in refused(program, "held-up")
            assert ask(program, "GET", "/v1/payments/x")[0] == 404
        pays_again(program)
        server.execute(f"REVOKE CONNECT, TEMPORARY ON DATABASE {name} FROM PUBLIC")
        server.execute(f"GRANT CONNECT ON DATABASE {name} TO breb")
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(as_neighbour)
        assert pay(program, "after")[0] in (200, 502)
    kept(memory, server, address)


@pytest.mark.slow
def test_a_failover_to_a_synchronous_standby_loses_no_row_that_was_promised(
    memory: Memory,
) -> None:
    with Postgres(**DURABLE) as first, Standby(first, **DURABLE) as second:
        first.execute("ALTER SYSTEM SET synchronous_standby_names TO standby")
        first.execute("SELECT pg_reload_conf()")
        follows = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
        until(lambda: first.execute(follows) == [(1,)], "a synchronous standby")
        name = first.database().rpartition("/")[2]
        hosts = f"127.0.0.1:{first.port},127.0.0.1:{second.port}"
        address = f"postgresql://breb@{hosts}/{name}?target_session_attrs=read-write"
        with proxy(memory, address) as program:
            callers = Callers(program.port)
            until(lambda: memory.count > 50, "payments under way")
            first.stop()
            second.promote()
            before = memory.count
            until(lambda: memory.count > before + 50, "payments with the second server")
            callers.stop()
        database = database_of(second, f"postgresql://breb@127.0.0.1:{second.port}/{name}")
        agreeing(memory, callers.told, database)
        assert verify(database).problems == []
