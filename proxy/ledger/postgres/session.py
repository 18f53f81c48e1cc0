"""A session with the database that understands the ledger's SQL, and words what fails."""

import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

import psycopg

from proxy.errors import DatabaseUnavailable
from proxy.ledger.connection import Values
from proxy.ledger.postgres.tables import SCHEMA
from proxy.ledger.trouble import LedgerRefused, OutOfReach
from proxy.postgres.connection import Database
from proxy.postgres.pooler import keeps_session, process_of
from proxy.postgres.trouble import worded
from proxy.words import phrase

LOCKS = 0x6272656C  # the first half of the number of each of the ledger's locks: "brel" in ASCII
_CHAIN = 0  # the second half: the right to add to the chain; others are the replicas' numbers

# A session that has lost its peer must end soon, whichever side that is: its locks end with it. Who
# waits for the lock waits longer than who holds it may stand still.
_SETTINGS = """
SET search_path TO breb_ledger;
SELECT set_config('synchronous_commit', 'on', false)
WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply');
SET lock_timeout TO '8s';
SET idle_in_transaction_session_timeout TO '5s';
SET tcp_keepalives_idle TO 5;
SET tcp_keepalives_interval TO 5;
SET tcp_keepalives_count TO 3;
SET tcp_user_timeout TO '20s';
"""
_BEGIN = f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({LOCKS}, {_CHAIN})"
_DURABLE = "SELECT current_setting('fsync')"


class LedgerSession:
    """One connection; raises OutOfReach where the database does not do what is asked.

    ``process`` is the number of the server's process that serves it.
    """

    def __init__(self, database: Database) -> None:
        """Connect; `begin` must follow."""
        self._database = database
        try:
            self._connection = database.connect()
        except DatabaseUnavailable as away:
            raise OutOfReach(away.why) from None

    @classmethod
    def begun(cls, database: Database) -> "LedgerSession":
        """Connect and begin."""
        session = cls(database)
        try:
            session.begin()
        except BaseException:
            session.close()
            raise
        return session

    def begin(self) -> None:
        """Make the tables if there are none; raise LedgerRefused where that is no way to go on."""
        try:
            SCHEMA.prepare(self._connection)
            with _in_words():
                kept = keeps_session(self._connection, self._database)
                self.process = process_of(self._connection)
        except DatabaseUnavailable as away:
            kind = LedgerRefused if away.why.code == "database.newer" else OutOfReach
            raise kind(away.why) from None
        if not kept:
            raise LedgerRefused(phrase("ledger.pooled"))
        self.script(_SETTINGS)

    def check_durable(self) -> None:
        """Raise LedgerRefused unless what is committed survives the end of the server."""
        (fsync,) = self.execute(_DURABLE).fetchone() or ("",)
        if fsync != "on":
            raise LedgerRefused(phrase("ledger.not-durable"))

    @property
    def lost(self) -> bool:
        """Whether the session is over: it takes no more statements."""
        return self._connection.closed

    def script(self, statements: str) -> None:
        """Execute statements without values, at once."""
        with _in_words():
            self._connection.execute(statements.encode())

    def execute(self, statement: str, values: Values = ()) -> "psycopg.Cursor[tuple[Any, ...]]":
        """Execute one of the ledger's statements."""
        with _in_words():
            return self._connection.execute(_translated(statement), values)

    def executemany(
        self, statement: str, values: Sequence[Values]
    ) -> "psycopg.Cursor[tuple[Any, ...]]":
        """Execute a statement for each of ``values``, in one round trip."""
        with _in_words():
            cursor = self._connection.cursor()
            if values:
                cursor.executemany(_translated(statement), values)
            return cursor

    def copy(self, table: str, columns: Sequence[str], rows: Iterable[Values]) -> int:
        """Insert many rows at a fifth of what it costs to do that one by one; return how many."""
        with _in_words():
            cursor = self._connection.cursor()
            with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN".encode()) as copy:
                for row in rows:
                    copy.write_row(row)
            return cursor.rowcount

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Run the block in one transaction, while nobody else adds to the chain."""
        try:
            self.script(_BEGIN)
            yield
        except BaseException:
            with suppress(OutOfReach):
                self.script("ROLLBACK")
            raise
        self.script("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Have all reading in the block see one moment."""
        self.script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            yield
        finally:
            with suppress(OutOfReach):
                self.script("ROLLBACK")

    def break_off(self) -> None:
        """End the session from another thread, although it waits for an answer."""
        with suppress(OSError, psycopg.Error):
            descriptor = socket.dup(self._connection.fileno())
            with socket.socket(fileno=descriptor) as peer:
                peer.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the session."""
        self._connection.close()


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise OutOfReach(worded(error).why) from None


@cache
def _translated(statement: str) -> bytes:
    """Return a statement as psycopg takes it; only SQLite may read an index for a table."""
    return statement.replace("%", "%%").replace("?", "%s").replace(" NOT INDEXED", "").encode()
