"""The archive of a ledger that is in a database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from proxy.ledger.archive import Intake
from proxy.ledger.connection import LedgerConnection
from proxy.ledger.postgres.replicas import any_alive
from proxy.ledger.postgres.session import LedgerSession
from proxy.ledger.postgres.sessions import lent
from proxy.ledger.postgres.store import DatabaseStore
from proxy.ledger.postgres.walk import Cursors
from proxy.ledger.trouble import LedgerRefused, OutOfReach
from proxy.postgres.connection import Database
from proxy.words import phrase


class DatabaseArchive:
    """See `proxy.ledger.archive`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._session: LedgerSession | None = None

    def store(self, *, may_make: bool = True) -> DatabaseStore:
        """Join as a replica that writes rows."""
        del may_make  # an empty database in place of a full one is another database
        return DatabaseStore(self._database)

    @contextmanager
    def _opened(self) -> Iterator[LedgerSession]:
        try:
            with lent(self._database) as self._session:
                yield self._session
        except OutOfReach as away:
            raise LedgerRefused(away.why) from None
        finally:
            self._session = None

    @contextmanager
    def reading(self) -> Iterator[LedgerConnection]:
        """Open the ledger for reading, as it is at this moment."""
        with self._opened() as session, session.reading():
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[LedgerConnection]:
        """Open the ledger for a walk, which never has all of it in memory."""
        with self._opened() as session, session.reading():
            yield Cursors(session)

    @contextmanager
    def changing(self) -> Iterator[LedgerConnection]:
        """Open the ledger for a change, while no replica writes."""
        with self._opened() as session, session.writing():
            yield session

    def in_use(self) -> bool:
        """Report whether any replica is alive."""
        if self._session is not None:
            return any_alive(self._session)
        with self._opened() as session:
            return any_alive(session)

    def version(self, connection: LedgerConnection) -> int:
        """Return the version of the rows' format."""
        del connection
        return 3

    def backup(self, target: Path) -> int:
        """Refuse: a database is copied by its own tools."""
        del target
        raise LedgerRefused(phrase("ledger.backup-database", address=str(self._database)))

    def take_in(self, file: Path) -> Intake:
        """Take in the ledger of a file, in one transaction."""
        from proxy.ledger.postgres.intake import take_in

        with self._opened() as session:
            return take_in(session, file)

    def forget_answers(self) -> int:
        """Delete the answers that are kept for repeats."""
        with self.changing() as connection:
            return connection.execute("DELETE FROM reply").rowcount
