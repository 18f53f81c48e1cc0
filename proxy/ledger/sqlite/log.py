"""Checks that SQLite's log beside a ledger, and the log's index, are the files it writes to.

A committed row may be only in the log. If the log's name is removed, SQLite goes on writing to a
file that nobody will find; and if a ledger is replaced, SQLite takes the log for the new one's.
"""

import contextlib
import os
from pathlib import Path

from proxy.ledger.sqlite.lock import Identity, identity
from proxy.ledger.trouble import LedgerRefused
from proxy.words import phrase

_MODE = slice(18, 20)  # bytes of the file's head: its journal mode
_WITHOUT_LOG = b"\1\1"
_WITH_LOG = b"\2\2"


class Log:
    """The log of one open ledger."""

    def __init__(self, ledger: Path) -> None:
        """Remember the files that SQLite has open; for a link they lie beside its target."""
        real = ledger.resolve()
        self._path = _log(real)
        # As texts, since they are checked before each commit.
        self._files = (str(self._path), str(real.with_name(real.name + "-shm")))
        self._open = self._found()

    @property
    def in_place(self) -> bool:
        """Whether both are still at the place where others look."""
        return self._found() == self._open

    @property
    def size(self) -> int:
        """Return its bytes."""
        try:
            return self._path.stat().st_size
        except OSError:
            return 0

    def _found(self) -> list[Identity | None]:
        return [identity(file) for file in self._files]


def overwritten(descriptor: int) -> bool:
    """Report whether the file of an open ledger was emptied, or copied over."""
    return _mode(descriptor) != _WITH_LOG


def refuse_foreign_log(ledger: Path, descriptor: int) -> None:
    """Raise LedgerRefused if a log lies beside a file that was closed without one, like a backup.

    It uses the ledger's open descriptor: SQLite's locks on a file are lost when any code in the
    process closes that file.
    """
    real = ledger.resolve()
    log = _log(real)
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size and _mode(descriptor) == _WITHOUT_LOG:
            index = f"{real.name}-shm"
            raise LedgerRefused(
                phrase("ledger.log-foreign", log=str(log), path=str(ledger), index=index)
            )


def _mode(descriptor: int) -> bytes:
    """Return a ledger's journal mode."""
    if hasattr(os, "pread"):
        return os.pread(descriptor, 20, 0)[_MODE]
    os.lseek(descriptor, 0, os.SEEK_SET)  # on Windows
    return os.read(descriptor, 20)[_MODE]


def _log(real: Path) -> Path:
    return real.with_name(real.name + "-wal")
