"""The tables are made once, brought up to date, and never touched by a program that is too old."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from proxy.errors import DatabaseUnavailable
from proxy.postgres.schema import Schema
from tests.support.postgres import PASSWORD, Postgres
from tests.unit.postgres.test_connection import reaching

FIRST = Schema("things", ("CREATE TABLE breb_thing (name text)",))
SECOND = Schema("things", (*FIRST.steps, "ALTER TABLE breb_thing ADD COLUMN size integer"))


def test_many_that_begin_together_make_the_tables_once(postgres: Postgres) -> None:
    database = reaching(postgres.database())

    def begin(_: int) -> None:
        with database.connect() as connection:
            SECOND.prepare(connection)

    with ThreadPoolExecutor(8) as together:
        list(together.map(begin, range(8)))
    with database.connect() as connection:
        connection.execute("INSERT INTO breb_thing VALUES ('a', 1)")
        found = connection.execute("SELECT part, version, least FROM breb_schema").fetchall()
        assert found == [("things", 2, 1)]


def test_an_older_program_goes_on_beside_a_newer_one(postgres: Postgres) -> None:
    with reaching(postgres.database()).connect() as connection:
        for each in (FIRST, SECOND, FIRST, SECOND):
            each.prepare(connection)
        assert connection.execute("SELECT version FROM breb_schema").fetchone() == (2,)


def test_an_older_program_is_refused_by_tables_that_it_would_not_understand(
    postgres: Postgres,
) -> None:
    with reaching(postgres.database()).connect() as connection:
        replace(SECOND, least=2).prepare(connection)
        with pytest.raises(DatabaseUnavailable, match="version 2, and this program knows 1"):
            FIRST.prepare(connection)


def test_tables_that_are_there_need_no_right_to_make_some(postgres: Postgres) -> None:
    database = postgres.database()
    name = database.rpartition("/")[2]
    with reaching(database).connect() as connection:
        SECOND.prepare(connection)
    postgres.execute(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'")
    postgres.execute("GRANT SELECT ON breb_schema TO reader", name)
    address = database.replace("breb@", "reader@")
    with reaching(address).connect() as connection:
        SECOND.prepare(connection)
        with pytest.raises(DatabaseUnavailable, match="lacks a right"):
            Schema("others", FIRST.steps).prepare(connection)
