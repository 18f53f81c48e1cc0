"""Tells that no name beside a ledger has changed since all of them were looked at.

To make, move or remove a name changes the time of its folder. So one look at the folder stands for
one at each file, before each commit: each look costs a hand-over of the interpreter's lock.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

_TICK = 100_000_000  # nanoseconds: two changes within a tick of the file system have one time
_SECOND = 1_000_000_000  # nanoseconds; a file system that counts whole seconds tells too little
_TRUSTED = 1.0  # seconds: another file system may be mounted over a file

State = tuple[int, int, int]
"""Device and inode of a folder, and the time of its last change (nanoseconds)."""


class Folder:
    """The folder of a ledger's files."""

    def __init__(
        self,
        ledger: Path,
        wall: Callable[[], int] = time.time_ns,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take two clocks: nanoseconds since 1970, and seconds of one that is never set."""
        self._ledger = ledger
        self._wall = wall
        self._steady = steady
        self._name = str(ledger.parent)
        self._known: State | None = None
        self._until = 0.0

    def state(self) -> State | None:
        """Return its state as it is now; None if it cannot be told."""
        if sys.platform == "win32":  # there the time is that of its making
            return None
        try:
            state = os.stat(self._name)  # noqa: PTH116  called before each commit
        except OSError:
            return None
        return state.st_dev, state.st_ino, state.st_ctime_ns

    def unchanged(self, state: State | None) -> bool:
        """Report whether all names lead where they led when `remember` was told so."""
        return state is not None and state == self._known and self._steady() < self._until

    def remember(self, state: State | None) -> None:
        """Take that all names were right after the folder had this ``state``."""
        self._known = state if state is not None and self._settled(state[2]) else None
        self._until = self._steady() + _TRUSTED

    def _settled(self, changed: int) -> bool:
        """Report whether the next change will have another time.

        The name of a link tells nothing of where the link leads.
        """
        old = changed % _SECOND != 0 and self._wall() - changed > _TICK
        return old and not self._ledger.is_symlink()
