"""Where a ledger is kept: a value names the place, and its archive opens what is there."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from proxy.ledger.chain import ChainLink
from proxy.ledger.connection import LedgerConnection
from proxy.ledger.store import Store

if TYPE_CHECKING:  # psycopg is imported only where a setting asks for a database
    from proxy.postgres.connection import Database

Where: TypeAlias = "Path | Database"
"""The name of a place; its text is for people."""


@dataclass(frozen=True, slots=True)
class Intake:
    """The result of an import: ``rows`` rows, the first of them with the number ``first``.

    ``first`` is 0 if they were there already; ``head`` is the head of the chain now.
    """

    rows: int
    first: int
    head: ChainLink


class LedgerArchive(Protocol):
    """One kind of place. Where it cannot be used, its methods raise LedgerRefused, in words."""

    def store(self, *, may_make: bool = True) -> Store:
        """Open the ledger to write rows, make it if there never was one.

        Trouble that may pass by itself is raised as it comes: as sqlite3.Error or OSError.
        """

    def reading(self) -> AbstractContextManager[LedgerConnection]:
        """Open a ledger that is there, for reading."""

    def snapshot(self) -> AbstractContextManager[LedgerConnection]:
        """Open the ledger for a walk over all of it, as it is at this moment."""

    def changing(self) -> AbstractContextManager[LedgerConnection]:
        """Open the ledger for a change beside a running proxy; the block's end commits it."""

    def in_use(self) -> bool:
        """Report whether a process writes rows to it."""

    def version(self, connection: LedgerConnection) -> int:
        """Return the version of its format."""

    def backup(self, target: Path) -> int:
        """Copy the ledger to a file that must not exist yet; return the copy's size in bytes."""

    def take_in(self, file: Path) -> Intake:
        """Take in the ledger of a file that no process uses, while none uses this one."""

    def forget_answers(self) -> int:
        """Delete the answers that are kept for repeats; return how many."""


def archive_of(where: Where) -> LedgerArchive:
    """Return the archive at a place."""
    if isinstance(where, Path):
        from proxy.ledger.sqlite.archive import FileArchive

        return FileArchive(where)
    from proxy.ledger.postgres.archive import DatabaseArchive

    return DatabaseArchive(where)
