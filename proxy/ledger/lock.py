"""One process writes to a ledger: it holds a lock file beside it as long as it lives.

The lock is the kernel's, so that it ends with the process, however that ends. It is not on the
ledger itself: SQLite's own locks on a file are lost when anyone in the process closes that file.
"""

import contextlib
import os
import sys
import time
from pathlib import Path

from proxy.ledger.trouble import LedgerRefused

_A_MOMENT = 0.05  # seconds; `in_use` needs some microseconds of it


class Lock:
    """The right to write to one ledger; raises LedgerRefused if another process has it."""

    def __init__(self, ledger: Path) -> None:
        """Take it, or say who has it."""
        path = _beside(ledger)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._take()
        except OSError:
            raise self._taken(path) from None
        self._sign()

    def _take(self) -> None:
        try:
            _lock(self._descriptor)
        except OSError:  # perhaps it is somebody who only asks
            time.sleep(_A_MOMENT)
            _lock(self._descriptor)

    def _taken(self, path: Path) -> LedgerRefused:
        holder = os.read(self._descriptor, 20).decode("ascii", "replace").strip()
        self.release()
        who = f"process {holder}" if holder.isdigit() else "another process"
        return LedgerRefused(
            f"{who} uses it (it holds the lock {path}); give each proxy its own ledger"
        )

    def _sign(self) -> None:
        """Leave our number for whoever comes; it is held all the same if the disk is full."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            os.write(self._descriptor, b"%d\n" % os.getpid())

    def release(self) -> None:
        """Give it back; the file stays, since another may be waiting with it open."""
        os.close(self._descriptor)


def in_use(ledger: Path) -> bool:
    """Report whether a process may write to a ledger; leaves nothing, and makes no file."""
    try:
        descriptor = os.open(_beside(ledger), os.O_RDONLY)
    except FileNotFoundError:
        return False
    except OSError:  # another user's: nobody knows
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


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, shared: bool = False) -> None:
        del shared  # there is none
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # beyond the text: others may read that
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int, *, shared: bool = False) -> None:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
