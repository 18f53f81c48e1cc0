"""The database that replicas share: the way to it, the server, the tables; nothing is changed."""

import asyncio
import time
from collections.abc import Callable
from contextlib import closing

import psycopg

from proxy.doctor import advice
from proxy.doctor.ledger_check import ledger
from proxy.doctor.steps import Finding, doubtful, failed, fine
from proxy.errors import DatabaseUnavailable
from proxy.postgres.connection import Connection, Database
from proxy.postgres.trouble import worded
from proxy.token.shelf import SCHEMA, TABLES
from proxy.words import phrase

OLDEST = 13  # the first version of PostgreSQL that we know to work
SKEW = 5.0  # seconds that the clocks may differ before that is worth a word
_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")
_MAY = "SELECT has_table_privilege(%s, %s)"
MOST = 6  # connections of a replica at once: one for the token, five for a ledger
_ROOM = """
SELECT current_setting('max_connections')::int, least(
    current_setting('max_connections')::int
        - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0)
        - (SELECT coalesce(sum(numbackends), 0) FROM pg_stat_database),
    (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user)
        - (SELECT count(*) FROM pg_stat_activity WHERE usename = current_user),
    (SELECT nullif(datconnlimit, -1) - numbackends FROM pg_database
        JOIN pg_stat_database USING (datname) WHERE datname = current_database())
)::int
"""


class DatabaseCheck:
    """The steps, each by a connection of its own, as a proxy would make it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def login(self) -> Finding:
        """Connect: name, TLS, certificate, user and password are all needed for that."""
        return await self._look(self._logged_in)

    async def server(self) -> Finding:
        """Look at version, role in a replication, and clock."""
        return await self._look(_server)

    async def tables(self) -> Finding:
        """Look at the tables, and at our rights."""
        return await self._look(_tables)

    async def ledger(self) -> Finding:
        """Look at the ledger there, if that is where it is."""
        return await self._look(lambda connection: ledger(connection, self._database))

    async def _look(self, look: Callable[[Connection], Finding]) -> Finding:
        return await asyncio.to_thread(self._looked, look)

    def _looked(self, look: Callable[[Connection], Finding]) -> Finding:
        try:
            with closing(self._database.connect()) as connection:
                return look(connection)
        except DatabaseUnavailable as error:
            return failed(error.why, advice.DATABASE)
        except psycopg.Error as error:
            return failed(worded(error).why, advice.DATABASE)

    def _logged_in(self, connection: Connection) -> Finding:
        user, name, tls = connection.info.user, connection.info.dbname, connection.pgconn.ssl_in_use
        mode = self._database.address.tls
        if tls and mode.startswith("verify"):
            return fine(phrase("check.database-proved", user=user, name=name), tls=mode)
        if self._database.address.private:
            return fine(phrase("check.database-here", user=user, name=name), tls=mode)
        open_way = phrase("check.database-unproved", user=user, name=name, mode=mode)
        return doubtful(open_way, phrase("check.database-prove"), tls=mode)


def _server(connection: Connection) -> Finding:
    version = connection.info.server_version // 10_000
    query = "SELECT pg_is_in_recovery(), extract(epoch FROM clock_timestamp())::float8"
    standby, now = connection.execute(query).fetchone() or (False, time.time())
    ahead = now - time.time()
    limit, room = connection.execute(_ROOM).fetchone() or (0, 0)
    facts: dict[str, object] = {
        "version": version,
        "clock_skew": round(ahead, 1),
        "max_connections": limit,
        "connections_left": room,
    }
    if version < OLDEST:
        old = phrase("check.database-old", version=version, oldest=OLDEST)
        return doubtful(old, advice.DATABASE, **facts)
    if standby:
        return failed(phrase("check.database-standby"), phrase("check.database-primary"), **facts)
    if abs(ahead) > SKEW:
        clock = phrase("check.database-clock", version=version, seconds=round(ahead))
        return doubtful(clock, phrase("check.database-clocks"), **facts)
    if room < MOST:
        few = phrase("check.database-few", left=max(room, 0), limit=limit, most=MOST)
        return doubtful(few, phrase("check.database-more"), **facts)
    return fine(phrase("check.database-server", version=version), **facts)


def _tables(connection: Connection) -> Finding:
    found = SCHEMA.found(connection)
    if not found:
        may = "SELECT has_schema_privilege(current_schema(), 'CREATE')"
        if connection.execute(may).fetchone() != (True,):
            return failed(phrase("check.database-no-right"), phrase("check.database-grant"))
        return fine(phrase("check.database-to-make"), tables=0)
    lacking = [
        f"{right} ON {table}"
        for table in TABLES
        for right in _RIGHTS
        if connection.execute(_MAY, (table, right)).fetchone() != (True,)
    ]
    if lacking:
        told = phrase("check.database-lacks", rights=", ".join(lacking))
        return failed(told, phrase("check.database-grant"))
    return fine(phrase("check.database-tables", version=found), tables=found)
