"""Log records as lines: text for people, JSON for machines.

Nothing here waits for the reader of the lines: a reader that stalls must not stop payments.
"""

import contextlib
import json
import logging
import sys
import threading
import time
from collections.abc import Callable, Generator
from typing import TextIO

from proxy.moments import stamp_millis
from proxy.telemetry.sink import Sink
from proxy.terminal.plain import lines
from proxy.terminal.screen import coloured, is_terminal

EVENT = "event_fields"
"""The attribute of a record that is an event: the fields of its line, in place of a message."""

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
# Their request logs would show whole query strings: Bre-B keys are phone and document numbers.
_SILENCED = (
    *("httpx", "httpcore", "httpx2", "httpcore2"),
    *("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio"),
)
_COLOURS = {"debug": "2", "info": "36", "warning": "33", "error": "31", "critical": "31"}


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Word a record."""
        line = {
            "time": stamp_millis(record.created),
            "level": record.levelname.lower(),
            **(getattr(record, EVENT, None) or _message(record)),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, separators=(",", ":")).replace("\x7f", "\\u007f")


def _message(record: logging.LogRecord) -> dict[str, object]:
    return {"logger": record.name, "message": record.getMessage()}


class TextFormatter(logging.Formatter):
    """Time, level and message: on a terminal the time of day, elsewhere the whole moment."""

    def __init__(self, *, colour: bool, terminal: bool) -> None:
        super().__init__()
        self._colour = colour
        self._clock = time_of_day if terminal else stamp_millis

    def format(self, record: logging.LogRecord) -> str:
        """Word a record."""
        level = record.levelname.lower()
        shown = f"\x1b[{_COLOURS[level]}m{level:7}\x1b[0m" if self._colour else f"{level:7}"
        line = f"{self._clock(record.created)} {shown} {lines(record.getMessage())}"
        if record.exc_info:
            line += "\n" + lines(self.formatException(record.exc_info))
        return line


def configure(level: str, style: str, stream: TextIO = sys.stderr) -> bool:
    """Set up logging to ``stream``; return whether lines are JSON."""
    terminal = is_terminal(stream)
    as_json = style == "json" or (style == "auto" and not terminal)
    handler = logging.StreamHandler(_sink(stream))
    colour = coloured(stream)
    handler.setFormatter(
        JsonFormatter() if as_json else TextFormatter(colour=colour, terminal=terminal)
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(_LEVELS[level])
    for name in _SILENCED:
        logging.getLogger(name).setLevel(logging.WARNING)
    return as_json


def _sink(stream: TextIO) -> TextIO | Sink:
    try:
        return Sink(stream.fileno())
    except OSError:  # one in memory
        return stream


@contextlib.contextmanager
def in_order(flush: Callable[[], None]) -> Generator[None, None, None]:
    """Call ``flush`` before each record, so that lines stand in the order of their events."""
    here = threading.get_ident()

    def first(record: logging.LogRecord) -> bool:
        del record
        if threading.get_ident() == here:  # other threads' records have no order with events here
            flush()
        return True

    handlers = list(logging.getLogger().handlers)
    for handler in handlers:
        handler.addFilter(first)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(first)


def time_of_day(moment: float) -> str:
    """Return hour, minute and second here."""
    return time.strftime("%H:%M:%S", time.localtime(moment))
