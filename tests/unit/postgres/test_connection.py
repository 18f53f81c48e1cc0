"""Connections to a real PostgreSQL, and what is said when there is none."""

import importlib
import sys
from dataclasses import replace

import pytest
from pydantic import SecretStr

from proxy.errors import DatabaseUnavailable, SettingsError
from proxy.postgres.address import DatabaseAddress
from proxy.postgres.connection import Database
from tests.support.patience import PATIENCE
from tests.support.postgres import PASSWORD, Postgres


def reaching(
    address: str, password: str | None = PASSWORD, server: Postgres | None = None
) -> Database:
    authorities = None if server is None else server.ca
    secret = None if password is None else SecretStr(password)
    return Database(DatabaseAddress.parse(address), lambda: secret, authorities, PATIENCE)


def refusal(database: Database) -> str:
    with pytest.raises(DatabaseUnavailable) as caught:
        database.connect()
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


def test_it_connects_with_the_password(postgres: Postgres) -> None:
    with reaching(postgres.database()).connect() as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("breb",)


def test_a_connection_through_tls_checks_certificate_and_name(postgres: Postgres) -> None:
    strict = f"{postgres.database()}?sslmode=verify-full"
    with reaching(strict, server=postgres).connect() as connection:
        assert connection.pgconn.ssl_in_use
    assert "certificate is not trusted" in refusal(reaching(strict))


@pytest.mark.parametrize(
    ("end", "password", "said"),
    [
        pytest.param("", "wrong", "refuses the login", id="wrong password"),
        pytest.param("", None, "refuses the login", id="no password"),
        pytest.param("_of_nobody", PASSWORD, "no such database", id="no database"),
        pytest.param("?target_session_attrs=standby", PASSWORD, "the database:", id="no standby"),
    ],
)
def test_a_failure_says_what_is_wrong(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch, end: str, password: str | None, said: str
) -> None:
    monkeypatch.setenv("PGPASSFILE", "/nowhere/pgpass")
    assert said in refusal(reaching(postgres.database() + end, password))


def test_the_variables_of_other_programs_do_not_lead_elsewhere(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGHOST": "x", "PGDATABASE": "y"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PGOPTIONS", "-c search_path=elsewhere")
    monkeypatch.setenv("PGSSLMODE", "disable")
    with reaching(postgres.database()).connect() as connection:
        assert connection.execute("SHOW search_path").fetchone() == ('"$user", public',)
        assert connection.pgconn.ssl_in_use


def test_the_password_is_read_again_for_each_connection(postgres: Postgres) -> None:
    passwords = iter(["wrong", PASSWORD])
    database = replace(reaching(postgres.database()), password=lambda: SecretStr(next(passwords)))
    refusal(database)
    database.connect().close()


def test_nothing_listens() -> None:
    assert "the database: " in refusal(reaching("postgresql://breb@127.0.0.1:1/x"))


def test_without_the_library_a_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "proxy.postgres.connection")
    with pytest.raises(SettingsError, match=r"install breb-proxy\[postgres\]"):
        importlib.import_module("proxy.postgres.connection")
