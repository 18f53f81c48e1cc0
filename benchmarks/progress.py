"""What is going on, for the one who waits."""

import sys
import time
from types import TracebackType
from typing import TextIO


class Progress:
    """One line that changes on a terminal; elsewhere a line for every new heading."""

    def __init__(self, out: TextIO = sys.stderr) -> None:
        self._out = out
        self._live = out.isatty()
        self._begin = time.monotonic()
        self._heading = ""

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live:
            self._out.write("\r\x1b[K")

    def show(self, heading: str, detail: str = "") -> None:
        """Tell what is being done now."""
        took = time.monotonic() - self._begin
        if self._live:
            self._out.write(f"\r\x1b[K{took:4.0f} s  {heading}  {detail}")
        elif heading != self._heading:
            self._out.write(f"{took:4.0f} s  {heading}\n")
        self._heading = heading
        self._out.flush()
