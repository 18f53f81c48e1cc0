"""The log of a service: what the process prints, in a file that does not grow without end."""

import contextlib
import msvcrt
import os
from pathlib import Path
from typing import Final

from proxy.windows import files

_MOST: Final = 10 << 20  # bytes of one file
_KEPT: Final = 5  # files before this one
_STREAMS: Final = (1, 2)


class LogFile:
    """Takes what goes to standard output and error; earlier files are ``name.1.log`` and so on."""

    def __init__(self, path: Path, most: int = _MOST, kept: int = _KEPT) -> None:
        self.path = path
        self._most = most
        self._kept = kept

    def take(self) -> None:
        """Let standard output and error be the file, and the input nothing; raise OSError."""
        nothing = os.open(os.devnull, os.O_RDONLY)
        if nothing:
            os.dup2(nothing, 0)
            os.close(nothing)
        self._write_to_it()

    def _write_to_it(self) -> None:
        new = self._opened()
        for stream in _STREAMS:
            os.dup2(new, stream)
        if new not in _STREAMS:
            os.close(new)

    def turn(self) -> None:
        """Begin a new file if this one is large; if that cannot be, go on with this one.

        A reader may let nobody rename the file that it holds. We come again in a second: the gap
        that was made before it takes the next file, and those behind the gap stay.
        """
        with contextlib.suppress(OSError):
            if self.path.stat().st_size < self._most:
                return
            before = map(self._before, range(1, self._kept + 1))
            free = next((n for n, each in enumerate(before, 1) if not each.exists()), self._kept)
            for number in range(free, 1, -1):
                self._before(number - 1).replace(self._before(number))
            self.path.replace(self._before(1))
            self._write_to_it()

    def last_line(self) -> str:
        """Return the last that was written, empty if there is nothing."""
        with contextlib.suppress(OSError):
            lines = self.path.read_text("utf-8", "replace").splitlines()
            return lines[-1] if lines else ""
        return ""

    def _before(self, number: int) -> Path:
        return self.path.with_suffix(f".{number}{self.path.suffix}")

    def _opened(self) -> int:
        """Open the file so that others can read it, and we can rename it, while it is written."""
        handle = files.opened(self.path, files.APPEND, make=True)
        return msvcrt.open_osfhandle(handle, os.O_APPEND | os.O_BINARY)
