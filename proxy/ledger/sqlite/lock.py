"""Only one process writes to a ledger: it holds a lock file beside it until it ends.

The lock is the kernel's, so that it ends with the process in any case. It is not on the ledger
itself: SQLite's own locks on a file are lost when any code in the process closes that file.

The lock file has the id of the ledger beside it, so that a ledger that has vanished is not taken
for one that never was.
"""

import contextlib
import os
import stat
import sys
import time
from pathlib import Path

from proxy.ledger.trouble import LedgerInUse, LedgerRefused
from proxy.words import phrase

_A_MOMENT = 0.05  # seconds; `in_use` needs some microseconds of it
# Windows promises no time in which it takes the locks of a killed process from it.
_MOMENTS = 40 if sys.platform == "win32" else 1
_LONGEST = 64  # bytes of a lock file


class Lock:
    """The right to write to one ledger; raises LedgerRefused if another process has it."""

    def __init__(self, ledger: Path) -> None:
        """Take the lock, or name its holder."""
        self.path = _beside(ledger)
        self._name = str(self.path)
        self._descriptor = _open(self.path)
        self._identity = of_open(self._descriptor)
        try:
            self._take()
        except OSError:
            raise self._taken() from None
        self.remembers = self._lines()[1]
        self.sign(self.remembers)

    def _take(self) -> None:
        for _ in range(_MOMENTS):
            try:
                _lock(self._descriptor)
            except OSError:  # perhaps another process only asks, with `in_use`
                time.sleep(_A_MOMENT)
            else:
                return
        _lock(self._descriptor)

    def _taken(self) -> LedgerRefused:
        holder = self._lines()[0]
        self.release()
        who = phrase("process", number=holder) if holder.isdigit() else phrase("another-process")
        return LedgerInUse(phrase("ledger.in-use", who=who, lock=str(self.path)), who)

    def _lines(self) -> tuple[str, str]:
        """Return the holder's number, and the ledger's id; empty where there is none."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        text = os.read(self._descriptor, _LONGEST).decode("ascii", "replace")
        holder, ledger, *_ = (line.strip() for line in (*text.splitlines(), "", ""))
        return holder, ledger

    def sign(self, ledger: str) -> None:
        """Write our number and the ledger's id; the lock is held even if the disk is full."""
        with contextlib.suppress(OSError):
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            # Always the same length: even a full disk can replace the old text.
            os.write(self._descriptor, b"%-20d\n%-16s\n" % (os.getpid(), ledger.encode()))

    @property
    def in_place(self) -> bool:
        """Whether the file is still at the place where others look."""
        return identity(self._name) == self._identity

    def release(self) -> None:
        """Release the lock; the file stays, since another process may wait with it open."""
        os.close(self._descriptor)


Identity = tuple[int, int]
"""Device and inode, which identify a file while it is open."""


def identity(name: str) -> Identity | None:
    """Return the identity of the file of that name, None if there is none.

    It is called for some names before each commit, where a Path would cost more than the rest.
    """
    try:
        state = os.stat(name)  # noqa: PTH116
    except OSError:
        return None
    return state.st_dev, state.st_ino


def of_open(descriptor: int) -> Identity:
    """Return the identity of an open file."""
    state = os.fstat(descriptor)
    return state.st_dev, state.st_ino


def in_use(ledger: Path) -> bool:
    """Report whether a process holds the right to write to a ledger; makes no file."""
    try:
        descriptor = os.open(_beside(ledger), os.O_RDONLY | _CAREFUL)
    except FileNotFoundError:
        return False
    except OSError:  # another user's file: unknown
        return True
    try:
        _lock(descriptor, shared=True)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _beside(ledger: Path) -> Path:
    """Return the file of the lock: two names of one ledger have one."""
    real = ledger.resolve()
    return real.with_name(real.name + ".lock")


def _open(path: Path) -> int:
    """Open the file of the lock, or make it; refuse another user's file in its place."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _CAREFUL, 0o600)
    except OSError as error:
        if path.is_symlink():
            raise LedgerRefused(phrase("ledger.lock-link", path=str(path))) from error
        raise
    state = os.fstat(descriptor)
    if stat.S_ISREG(state.st_mode) and is_ours(state):
        return descriptor
    os.close(descriptor)
    raise LedgerRefused(phrase("ledger.lock-foreign", path=str(path)))


# Strangers may put anything there: a link is not followed, and a pipe is not waited for.
_CAREFUL = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def is_ours(state: os.stat_result) -> bool:
    """Report whether a file belongs to this user, or to the superuser."""
    return sys.platform == "win32" or state.st_uid in (0, os.geteuid())


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, shared: bool = False) -> None:
        del shared  # there is no shared lock
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # beyond the text, which others may read
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int, *, shared: bool = False) -> None:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
