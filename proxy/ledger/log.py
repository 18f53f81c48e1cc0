"""SQLite's log beside a ledger, and the index of the log: whether they are those it writes to.

What is committed may be in the log alone. Where its name is taken away, SQLite goes on writing to a
file that nobody will find; and where a ledger is replaced, SQLite takes the log for the new one's.
"""

import contextlib
import os
from pathlib import Path

from proxy.ledger.lock import Identity, identity
from proxy.ledger.trouble import LedgerRefused
from proxy.words import phrase

_MODE = slice(18, 20)  # of the file's head: how it is written
_WITHOUT_LOG = b"\1\1"
_WITH_LOG = b"\2\2"


class Log:
    """The log of one open ledger."""

    def __init__(self, ledger: Path) -> None:
        """Remember which files SQLite has open; those of a link lie where it leads."""
        real = ledger.resolve()
        self._path = _log(real)
        # As texts: they are looked at before each commit.
        self._files = (str(self._path), str(real.with_name(real.name + "-shm")))
        self._open = self._found()

    @property
    def in_place(self) -> bool:
        """Whether both are still where others look for them."""
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
    return _mode(descriptor) not in (_WITH_LOG, None)


def refuse_foreign_log(ledger: Path, descriptor: int) -> None:
    """Raise LedgerRefused if a log is beside a file that was closed without one, as backups are.

    The ledger's descriptor is the one that is held: SQLite's locks on a file are lost when anyone
    in the process closes that file.
    """
    real = ledger.resolve()
    log = _log(real)
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size and _mode(descriptor) == _WITHOUT_LOG:
            index = f"{real.name}-shm"
            raise LedgerRefused(
                phrase("ledger.log-foreign", log=str(log), path=str(ledger), index=index)
            )


def _mode(descriptor: int) -> bytes | None:
    """Return how a ledger is written; None where that cannot be asked (Windows)."""
    if not hasattr(os, "pread"):
        return None
    return os.pread(descriptor, 20, 0)[_MODE]


def _log(real: Path) -> Path:
    return real.with_name(real.name + "-wal")
