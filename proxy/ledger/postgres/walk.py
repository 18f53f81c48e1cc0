"""Reads all of a ledger without having it in memory: each question is a cursor of the server's."""

from collections.abc import Iterator, Sequence
from typing import Any

from proxy.ledger.connection import Values
from proxy.ledger.postgres.session import LedgerSession

_AT_ONCE = 2000  # rows


class CursorPages:
    """The rows of one question; its cursor ends with the transaction."""

    rowcount = -1

    def __init__(self, session: LedgerSession, name: str) -> None:
        self._session = session
        self._fetch = f"FETCH {_AT_ONCE} FROM {name}"
        self._page: list[Any] = []

    def fetchone(self) -> Any:  # noqa: ANN401  as the protocol has it
        """Return the next row."""
        if not self._page:
            self._page = self._session.execute(self._fetch).fetchall()[::-1]
        return self._page.pop() if self._page else None

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        return list(self)

    def __iter__(self) -> Iterator[Any]:
        """Yield the rows that are left."""
        return iter(self.fetchone, None)


class Cursors:
    """A session, in the transaction of which each question has a cursor."""

    def __init__(self, session: LedgerSession) -> None:
        self._session = session
        self._count = 0

    def execute(self, statement: str, values: Values = ()) -> CursorPages:
        """Ask one question."""
        self._count += 1
        name = f"walk_{self._count}"
        self._session.execute(f"DECLARE {name} NO SCROLL CURSOR FOR {statement}", values)
        return CursorPages(self._session, name)

    def executemany(self, statement: str, values: Sequence[Values]) -> CursorPages:
        """Refuse: a walk changes nothing."""
        raise NotImplementedError
