"""The tables of each part, made and brought up to date under a lock; each part has its own number.

A step is never changed once it was released: a new one follows. ``least`` is the oldest version
that may go on beside the newest tables, so that replicas of both can run during an update.
"""

from dataclasses import dataclass

import psycopg

from proxy.errors import DatabaseUnavailable
from proxy.postgres.connection import Connection
from proxy.postgres.trouble import worded
from proxy.words import phrase

# Advisory locks are numbered for all of a database: ours begin with "breb" in ASCII.
LOCKS = 0x62726562
_MIGRATION = 1  # the second half of the number

_BOOK = (
    "CREATE TABLE IF NOT EXISTS breb_schema"
    " (part text PRIMARY KEY, version integer NOT NULL, least integer NOT NULL)"
)


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of one part: the statements that lead from each version to the next."""

    part: str
    steps: tuple[str, ...]
    least: int = 1

    @property
    def version(self) -> int:
        """The version that this program makes."""
        return len(self.steps)

    def prepare(self, connection: Connection) -> None:
        """Make the tables, or bring them up to date; raise DatabaseUnavailable.

        It changes nothing where that has been done: then it takes no right to make tables.
        """
        try:
            if self.found(connection) < self.version:
                with connection.transaction():
                    lock = "SELECT pg_advisory_xact_lock(%s, %s)"
                    connection.execute(lock, (LOCKS, _MIGRATION))
                    self._climb(connection)
        except psycopg.Error as error:
            raise worded(error) from None

    def _climb(self, connection: Connection) -> None:
        connection.execute(_BOOK)
        for step in self.steps[self.found(connection) :]:
            connection.execute(step.encode())
        connection.execute(
            "INSERT INTO breb_schema AS known VALUES (%s, %s, %s) ON CONFLICT (part) DO UPDATE"
            " SET version = excluded.version, least = excluded.least"
            " WHERE known.version < excluded.version",
            (self.part, self.version, self.least),
        )

    def found(self, connection: Connection) -> int:
        """Return the version that is there; raise DatabaseUnavailable if it is too new for us."""
        if connection.execute("SELECT to_regclass('breb_schema')").fetchone() == (None,):
            return 0
        query = "SELECT version, least FROM breb_schema WHERE part = %s"
        version, least = connection.execute(query, (self.part,)).fetchone() or (0, 0)
        if least > self.version:
            newer = phrase("database.newer", part=self.part, found=version, known=self.version)
            raise DatabaseUnavailable(newer)
        return int(version)
