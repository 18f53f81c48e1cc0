"""The archive of a ledger that is a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from proxy.ledger.archive import Intake
from proxy.ledger.connection import LedgerConnection
from proxy.ledger.sqlite.lock import in_use
from proxy.ledger.sqlite.opening import opened
from proxy.ledger.sqlite.renewal import renew
from proxy.ledger.sqlite.store import FileStore, format_of
from proxy.ledger.trouble import LedgerRefused
from proxy.words import phrase


class FileArchive:
    """See `proxy.ledger.archive`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def store(self, *, may_make: bool = True) -> FileStore:
        """Open the file to write rows."""
        return FileStore.open(self._path, may_make=may_make)

    @contextmanager
    def reading(self) -> Iterator[LedgerConnection]:
        """Open the file for reading, also while a proxy writes to it.

        A value that is damaged or was edited, and is no text, hides no other.
        """
        with opened(self._path, "ro") as connection:
            connection.text_factory = partial(str, encoding="utf-8", errors="replace")
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[LedgerConnection]:
        """Open the file for a walk; a value that was edited, and is no text, is no error."""
        with opened(self._path, "ro") as connection:
            connection.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
            connection.execute("BEGIN")
            yield connection

    @contextmanager
    def changing(self) -> Iterator[LedgerConnection]:
        """Open the file for a change, also while a proxy writes to it."""
        with opened(self._path, "rw") as connection:
            renew(connection, self._path)
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    def in_use(self) -> bool:
        """Report whether a process holds the right to write to it."""
        return in_use(self._path)

    def version(self, connection: LedgerConnection) -> int:
        """Return the version of the file's format."""
        return format_of(connection)

    def backup(self, target: Path) -> int:
        """Copy the file."""
        from proxy.ledger.sqlite.backup import backup

        return backup(self._path, target)

    def take_in(self, file: Path) -> Intake:
        """Refuse: a ledger in a file is moved, and takes in no other."""
        raise LedgerRefused(phrase("ledger.intake-file", path=str(file)))

    def forget_answers(self) -> int:
        """Delete the answers for repeats, and overwrite their place in the file."""
        from proxy.ledger.sqlite.forgetting import forget_answers

        return forget_answers(self._path)
