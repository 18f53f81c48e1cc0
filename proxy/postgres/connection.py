"""Connections to the database, made by psycopg in plain calls that may wait: for threads.

The login is read anew for each connection, so that a password can change without a restart. Where
there is none, libpq looks into ~/.pgpass, as it does for psql; PG* variables, which may be the
application's, do not say where we go. Nothing of a session outlives its transaction (no prepared
statements), so that pgbouncer may give each transaction another connection.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from proxy.errors import SettingsError
from proxy.postgres.address import DatabaseAddress
from proxy.words import phrase

try:
    import psycopg
    from psycopg.conninfo import make_conninfo
except ImportError:
    raise SettingsError([phrase("database.no-library")]) from None

from proxy.postgres.trouble import worded

Connection = psycopg.Connection[tuple[Any, ...]]
APPLICATION = "breb-proxy"  # how pg_stat_activity names us
# Seconds, and times: when a server is given up that has gone without a word.
_MARKS = (("keepalives_idle", 5), ("keepalives_interval", 5), ("keepalives_count", 3))


@dataclass(frozen=True, slots=True)
class Database:
    """How to reach the database; ``timeout`` is the seconds for one server to be reached."""

    address: DatabaseAddress
    password: Callable[[], SecretStr | None] = field(repr=False)
    authorities: Path | None
    timeout: float

    def connect(self) -> Connection:
        """Return a connection, each statement its own transaction; raise DatabaseUnavailable."""
        given = self.password()
        password = "" if given is None else given.get_secret_value()
        try:
            where = make_conninfo("", **self._parameters(), password=password)
            return psycopg.connect(where, autocommit=True, prepare_threshold=None)
        except psycopg.Error as error:
            raise worded(error, password) from None

    def __str__(self) -> str:
        """Return its address."""
        return str(self.address)

    def _parameters(self) -> dict[str, str | int | None]:
        address = self.address
        return {
            "user": address.user or None,
            "host": ",".join(address.hosts),
            "port": ",".join(address.ports),
            "dbname": address.name or address.user or None,
            "options": "",
            "application_name": APPLICATION,
            "connect_timeout": max(2, round(self.timeout)),  # psycopg takes no less
            "sslmode": address.tls,
            "sslrootcert": self._authorities(),
            "tcp_user_timeout": 15_000,  # milliseconds
            **dict(_MARKS),
            **dict(address.parameters),
        }

    def _authorities(self) -> str | None:
        """Return the file of the authorities; psycopg's own OpenSSL does not know the system's."""
        if self.authorities is not None:
            return str(self.authorities)
        checked = self.address.tls.startswith("verify")
        return (ssl.get_default_verify_paths().cafile or "system") if checked else None
