"""The place of an open ledger: checks that others find the file that we write to."""

import contextlib
import errno
import os
import stat
import sys
from pathlib import Path

from proxy.ledger.sqlite.lock import Lock, identity, is_ours, of_open
from proxy.ledger.sqlite.log import overwritten, refuse_foreign_log
from proxy.ledger.trouble import LedgerInUse, LedgerRefused, Moved
from proxy.words import phrase

_OTHERS_WRITE = 0o002
_GROUP_WRITES = 0o020
_BLOCK = 4096  # bytes: with smaller blocks, SQLite gets less room than it assumes
_ROOM = 1 << 18  # bytes by which the index of the write-ahead log may grow


class Place:
    """Holds the file itself, even if its name changes. It is closed after SQLite has closed it.

    On Linux the file has a lock of its own, beside SQLite's: so a deleted lock file lets no second
    writer in.
    """

    def __init__(self, path: Path, lock: Lock) -> None:
        """Hold the file at ``path``; raise LedgerRefused if it is another's, or in use."""
        self._path = path
        self._name = str(path)
        self._lock = lock
        refuse_foreign(path)
        self._cramped = cramped(path)
        self._descriptor = os.open(path, os.O_RDONLY)
        self._identity = of_open(self._descriptor)
        try:
            _hold(self._descriptor, path)
            refuse_foreign_log(path, self._descriptor)
        except BaseException:
            os.close(self._descriptor)
            raise

    def check(self) -> None:
        """Raise Moved if the file is not at its place, OSError if there is no room to go on."""
        if not self.in_place:
            raise Moved(phrase("ledger.moved", path=str(self._path)))
        self.check_content()
        if not self._lock.in_place:
            self._lock_again()

    def check_content(self) -> None:
        """Check a file that is known to be at its place."""
        if overwritten(self._descriptor):
            raise LedgerRefused(phrase("ledger.overwritten", path=str(self._path)))
        if self._cramped:
            refuse_cramped(self._path)

    @property
    def in_place(self) -> bool:
        """Whether the name still leads to the file that is open."""
        return identity(self._name) == self._identity

    @property
    def deleted(self) -> bool:
        """Whether no name leads to it any more: all new rows in it would be lost."""
        return os.fstat(self._descriptor).st_nlink == 0

    def _lock_again(self) -> None:
        old, self._lock = self._lock, Lock(self._path)
        self._lock.sign(old.remembers)
        old.release()

    def sign(self, ledger: str) -> None:
        """Write the ledger's id into the lock file."""
        self._lock.remembers = ledger
        self._lock.sign(ledger)

    def let_go(self) -> None:
        """Let go of the file; the lock file belongs to the opener."""
        os.close(self._descriptor)

    def release(self) -> None:
        """Release the place for others."""
        self.let_go()
        self._lock.release()


def refuse_foreign(path: Path) -> None:
    """Raise LedgerRefused for a file that another user made, or may write to."""
    state = path.stat()
    if not is_ours(state):
        raise LedgerRefused(phrase("ledger.anothers", path=str(path), uid=state.st_uid))
    if sys.platform == "win32":
        return
    theirs = state.st_gid not in (os.getegid(), *os.getgroups())
    if state.st_mode & _OTHERS_WRITE or (state.st_mode & _GROUP_WRITES and theirs):
        raise LedgerRefused(phrase("ledger.open-to-others", path=str(path)))


def refuse_foreign_beside(path: Path) -> None:
    """Raise LedgerRefused if a file of SQLite's beside a ledger has another owner than the ledger.

    SQLite applies such a log: a user who can put one into the folder could add any rows.
    """
    if sys.platform == "win32":
        return
    real = path.resolve()
    with contextlib.suppress(FileNotFoundError):
        owners = {0, os.geteuid(), real.stat().st_uid}
        for ending in ("-journal", "-wal", "-shm"):
            beside = real.with_name(real.name + ending)
            with contextlib.suppress(FileNotFoundError):
                state = beside.lstat()
                if state.st_uid not in owners or not stat.S_ISREG(state.st_mode):
                    foreign = phrase("ledger.beside", path=str(beside), uid=state.st_uid)
                    raise LedgerRefused(foreign)


def cramped(path: Path) -> bool:
    """Report whether a file system has such small blocks that SQLite's files may lack some."""
    return hasattr(os, "statvfs") and os.statvfs(path.parent).f_frsize < _BLOCK


def refuse_cramped(path: Path) -> None:
    """Raise OSError if such a file system is full: SQLite would end the process by SIGBUS.

    It maps the index of its write-ahead log into memory, and makes room for it a byte in each 4096.
    """
    state = os.statvfs(path.parent)
    if state.f_bavail * state.f_frsize < _ROOM:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


if sys.platform == "linux":
    import fcntl

    def _hold(descriptor: int, path: Path) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            why = phrase("ledger.in-use-unlocked", path=str(path))
            raise LedgerInUse(why, phrase("another-process")) from None
        except OSError:
            pass  # a file system without such locks
else:

    def _hold(descriptor: int, path: Path) -> None:
        """Elsewhere such a lock would be one of SQLite's."""
