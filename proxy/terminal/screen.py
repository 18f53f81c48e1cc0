"""Output for people: colours if the terminal shows them, marks of its encoding, aligned rows."""

import os
import sys
from collections.abc import Iterable, Mapping
from typing import TextIO

from proxy.terminal.plain import lines

_SHADES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_PLAIN = {"✓": "ok", "✗": "XX", "≈": "~", "!": "!!", "-": "--", "●": "*", "→": "->"}


def is_terminal(stream: TextIO) -> bool:
    """Report whether a person sees it, or types there."""
    if not stream.isatty():
        return False
    if sys.platform == "win32":  # which says so of NUL, too
        from proxy.windows import console

        return console.is_console(stream.fileno())
    return True


def coloured(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Say whether colours are shown and wanted there (no-color.org)."""
    return _obeys(stream, environment) and not environment.get("NO_COLOR")


def _obeys(stream: TextIO, environment: Mapping[str, str]) -> bool:
    if not is_terminal(stream) or environment.get("TERM") == "dumb":
        return False
    if sys.platform == "win32":
        from proxy.windows import console

        return console.takes_escapes(stream.fileno())
    return True


class Screen:
    """A stream to print on; it knows whether it is a terminal, and which signs that can show."""

    def __init__(self, stream: TextIO, environment: Mapping[str, str] = os.environ) -> None:
        self._stream = stream
        self.terminal = _obeys(stream, environment)
        self._colour = coloured(stream, environment)
        self._marks = _encodes(stream, "✓✗●→⠋")

    def shade(self, text: str, *shades: str) -> str:
        """Colour ``text``, if colours are wanted."""
        if not (self._colour and text and shades):
            return text
        codes = ";".join(_SHADES[shade] for shade in shades)
        return f"\x1b[{codes}m{text}\x1b[0m"

    def mark(self, mark: str) -> str:
        """Return ``mark``, or its ASCII form where the stream's encoding lacks it."""
        return mark if self._marks else _PLAIN.get(mark, mark)

    def rows(self, rows: Iterable[tuple[str, str]], indent: str = "  ") -> str:
        """Align labels and values in two columns, labels dimmed."""
        pairs = list(rows)
        width = max((len(label) for label, _ in pairs), default=0)
        return "\n".join(
            f"{indent}{self.shade(label.ljust(width), 'dim')}  {value}".rstrip()
            for label, value in pairs
        )

    def line(self, text: str = "") -> None:
        """Print text at once; a terminal obeys nothing in it but our own colours."""
        print(lines(text, coloured=self._colour), file=self._stream, flush=True)

    def passing(self, text: str) -> None:
        """Show ``text`` in place of the last passing text; nothing if it could not be erased."""
        if self.terminal:
            self._stream.write(f"\r{lines(text, coloured=self._colour)}\x1b[K")
            self._stream.flush()


def _encodes(stream: TextIO, text: str) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
