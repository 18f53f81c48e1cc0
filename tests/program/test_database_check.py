"""`check` says of each step to the database that replicas share what is wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy.ledger.archive import archive_of
from tests.program.test_doctor import Examined, examine
from tests.support import Program, ask
from tests.support.databases import database_of
from tests.support.pgbouncer import Pgbouncer
from tests.support.postgres import PASSWORD, Postgres
from tests.support.simulator import simulator


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    with simulator() as url:
        yield url


def looked(cwd: Path, url: str, database: str, **more: object) -> Examined:
    given = {"DATABASE": database, "DATABASE_PASSWORD": PASSWORD, "TOKEN_SHARED": "true", **more}
    found = examine(cwd, url, **given)
    assert PASSWORD not in str(found.document)
    return found


def outcomes(found: Examined) -> list[str]:
    steps = ("database.login", "database.server", "database.tables")
    return [found[each]["outcome"] for each in steps]


def test_tables_that_are_not_there_will_be_made(tmp_path: Path, postgres: Postgres) -> None:
    """Not by the examination: what would make them, a token request, is not reached."""
    address = postgres.database()
    found = looked(tmp_path, "http://127.0.0.1:1", address)
    assert outcomes(found) == ["ok", "ok", "ok"]
    assert "not there yet" in found["database.tables"]["says"]
    name = address.rpartition("/")[2]
    assert postgres.execute("SELECT to_regclass('breb_token')", name) == [(None,)]


def test_it_takes_the_token_of_the_replicas_that_run_and_leaves_it_to_them(
    tmp_path: Path, sandbox: str, postgres: Postgres
) -> None:
    shared = {
        "database": postgres.database(),
        "database_password": PASSWORD,
        "token_shared": "true",
    }
    with Program(sandbox, **shared) as replica:
        found = looked(tmp_path, sandbox, shared["database"])
        assert found.code == 0
        assert found["token"]["facts"]["token_id"] == replica.status()["token"]["token_id"]
        assert found["revoke"]["says"].startswith("this command no longer uses it")
        assert found["database.tables"]["says"] == "version 2, with all rights"
        assert ask(replica.port, "/v1/iam/oauth/tokens").status == 200
        assert replica.status()["token"]["unauthorized"] == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"DATABASE_PASSWORD": "wrong"}, "refuses the login", id="password"),
        pytest.param({"DATABASE": "postgresql://breb@127.0.0.1:1/x"}, "refused", id="nobody"),
    ],
)
def test_a_way_that_is_closed_is_said_and_the_rest_left_out(
    tmp_path: Path, sandbox: str, postgres: Postgres, change: dict[str, object], said: str
) -> None:
    database = str(change.pop("DATABASE", "") or postgres.database())
    found = looked(tmp_path, sandbox, database, **change)
    assert outcomes(found) == ["failed", "skipped", "skipped"]
    assert said in found["database.login"]["says"]
    # A token of its own might end that of the replicas, which it cannot know.
    assert found["token"]["outcome"] == "failed"
    assert "one of this command's own might end theirs" in found["token"]["says"]
    assert found["token"]["advice"] == found["database.login"]["advice"]
    assert found["revoke"]["outcome"] == "skipped"


def test_a_strangers_certificate_is_not_taken(
    tmp_path: Path, sandbox: str, postgres: Postgres
) -> None:
    strict = f"{postgres.database()}?sslmode=verify-full"
    assert outcomes(looked(tmp_path, sandbox, strict))[0] == "failed"
    found = looked(tmp_path, sandbox, strict, DATABASE_CA=postgres.ca)
    assert outcomes(found) == ["ok", "ok", "ok"]
    assert "certificate is right" in found["database.login"]["says"]


def test_a_role_without_rights_is_told_which(
    tmp_path: Path, sandbox: str, postgres: Postgres
) -> None:
    address = postgres.database()
    name = address.rpartition("/")[2]
    postgres.execute("CREATE ROLE poor LOGIN PASSWORD '" + PASSWORD + "'")
    poor = address.replace("breb@", "poor@")
    found = looked(tmp_path, sandbox, poor)
    assert outcomes(found) == ["ok", "ok", "failed"]
    for table in ("breb_token", "breb_token_holder"):
        postgres.execute(f"CREATE TABLE {table} (slot int)", name)
    postgres.execute("CREATE TABLE breb_schema (part text, version int, least int)", name)
    postgres.execute("INSERT INTO breb_schema VALUES ('token', 2, 1)", name)
    postgres.execute("GRANT SELECT ON breb_schema, breb_token, breb_token_holder TO poor", name)
    found = looked(tmp_path, sandbox, poor)
    assert "INSERT ON breb_token, UPDATE ON breb_token" in found["database.tables"]["says"]


def test_a_server_that_takes_no_changes_is_no_primary(
    tmp_path: Path, sandbox: str, postgres: Postgres
) -> None:
    address = f"{postgres.database()}?target_session_attrs=standby"
    assert outcomes(looked(tmp_path, sandbox, address))[0] == "failed"


def test_few_connections_are_said(tmp_path: Path, postgres: Postgres) -> None:
    address = postgres.database()
    postgres.execute(f"CREATE ROLE few LOGIN PASSWORD '{PASSWORD}' CONNECTION LIMIT 5")
    found = looked(tmp_path, "http://127.0.0.1:1", address.replace("breb@", "few@"))
    step = found["database.server"]
    assert step["outcome"] == "warning"
    assert step["says"].startswith("connections left: 4, of 150; a replica takes up to 6")
    assert looked(tmp_path, "http://127.0.0.1:1", address)["database.server"]["outcome"] == "ok"


def test_without_a_database_there_is_no_such_step(tmp_path: Path, sandbox: str) -> None:
    assert "database.login" not in examine(tmp_path, sandbox).steps


def look_at_ledger(cwd: Path, address: str) -> Examined:
    return examine(cwd, "http://127.0.0.1:1", LEDGER=address, DATABASE_PASSWORD=PASSWORD)


def test_a_ledger_is_looked_at_before_and_after_its_first_start(tmp_path: Path) -> None:
    with Postgres(fsync="on") as postgres:
        address = postgres.database()
        found = look_at_ledger(tmp_path, address)
        assert found["database.ledger"]["says"] == "the first start makes the tables"
        assert "database.tables" not in found.steps, "no token is shared"
        archive_of(database_of(postgres, address)).store().close()
        found = look_at_ledger(tmp_path, address)
        assert found["database.ledger"]["outcome"] == "ok"
        assert found["database.ledger"]["facts"]["tables"] == 2


def test_a_pooler_that_takes_sessions_away_is_said(tmp_path: Path, postgres: Postgres) -> None:
    with Pgbouncer(postgres, "transaction") as pooler:
        found = look_at_ledger(tmp_path, pooler.before(postgres.database()))["database.ledger"]
    assert (found["outcome"], "transaction mode" in found["says"]) == ("failed", True)


def test_what_would_lose_rows_of_a_ledger_is_said(tmp_path: Path, postgres: Postgres) -> None:
    address = postgres.database()
    found = look_at_ledger(tmp_path, address)["database.ledger"]
    assert (found["outcome"], "fsync is off" in found["says"]) == ("failed", True)
    poor = address.replace("breb@", "stranger@")
    postgres.execute("CREATE ROLE stranger LOGIN PASSWORD '" + PASSWORD + "'")
    assert "may not make them" in look_at_ledger(tmp_path, poor)["database.ledger"]["says"]
    name = address.rpartition("/")[2]
    postgres.execute("CREATE SCHEMA breb_ledger", name)
    postgres.execute("CREATE TABLE breb_ledger.request (number int)", name)
    postgres.execute("CREATE TABLE breb_schema (part text, version int, least int)", name)
    postgres.execute("INSERT INTO breb_schema VALUES ('ledger', 1, 1)", name)
    postgres.execute("GRANT SELECT ON breb_schema TO stranger", name)
    assert "lacks rights" in look_at_ledger(tmp_path, poor)["database.ledger"]["says"]
