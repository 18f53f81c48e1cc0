"""What the ledger's SQL needs of a connection: `sqlite3.Connection` has it as it is."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from proxy.ledger.row import Value

Values = Sequence[Value | bytes]


class Cursor(Protocol):
    """The result of a statement."""

    @property
    def rowcount(self) -> int:
        """The number of rows that it changed."""

    def fetchone(self) -> Any:  # noqa: ANN401  a row, None if there is none
        """Return the next row."""

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""

    def __iter__(self) -> Iterator[Any]:
        """Yield the rows that are left."""


class LedgerConnection(Protocol):
    """A connection to an open ledger. A question mark in a statement stands for a value."""

    def execute(self, statement: str, values: Values = ..., /) -> Cursor:
        """Execute a statement."""

    def executemany(self, statement: str, values: Sequence[Values], /) -> Cursor:
        """Execute a statement for each of ``values``."""
