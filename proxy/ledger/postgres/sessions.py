"""Sessions beside the one that writes: few at once, and kept for the next question by a replica."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from proxy.ledger.postgres.session import LedgerSession
from proxy.ledger.trouble import OutOfReach
from proxy.postgres.connection import Database

_MOST = threading.BoundedSemaphore(4)
"""Sessions of a process at once."""
_IDLE = 2  # sessions that are kept

_guard = threading.Lock()
_kept: dict[Database, list[LedgerSession]] = {}


def keep(database: Database) -> None:
    """Keep idle sessions of a database from now on."""
    with _guard:
        _kept.setdefault(database, [])


def let_go(database: Database) -> None:
    """End all idle sessions."""
    with _guard:
        sessions = _kept.pop(database, [])
    for session in sessions:
        session.close()


@contextmanager
def lent(database: Database) -> Iterator[LedgerSession]:
    """Lend a session; raise OutOfReach. What fails in the block ends it."""
    with _MOST:
        session = _idle(database) or LedgerSession.begun(database)
        try:
            yield session
        except BaseException:
            session.close()
            raise
        if not _given_back(database, session):
            session.close()


def _given_back(database: Database, session: LedgerSession) -> bool:
    with _guard:
        kept = _kept.get(database)
        if kept is None or len(kept) == _IDLE:
            return False
        kept.append(session)
        return True


def _idle(database: Database) -> LedgerSession | None:
    """Return an idle session that still works; None if there is none."""
    while (session := _taken(database)) is not None:
        try:
            session.execute("SELECT 1")
        except OutOfReach:
            session.close()
        else:
            return session
    return None


def _taken(database: Database) -> LedgerSession | None:
    with _guard:
        kept = _kept.get(database)
        return kept.pop() if kept else None
