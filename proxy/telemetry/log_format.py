"""Log lines: text for people, JSON for machines, and one line for each exchange.

The exchanges of a tenth of a second are written together: a system call for each would cost a
twentieth of the exchange itself. `AccessLog.flush` writes what is left at the end.

Nothing here waits for whoever reads the lines: a reader that stalls must not stop payments.
"""

import asyncio
import json
import logging
import os
import re
import select
import stat
import sys
import time
from typing import IO

from proxy.exchange.record import Exchange

_GATHER = 0.1
_MANY = 256
_KEPT = 1 << 20  # bytes of lines that wait for a reader who stalls
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
# Their request logs would show whole query strings: keys here are phone and document numbers.
_SILENCED = ("httpx", "httpcore", "uvicorn", "uvicorn.error", "uvicorn.access", "asyncio")
_COLOURS = {"debug": "2", "info": "36", "warning": "33", "error": "31", "critical": "31"}


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Word a record."""
        line = {
            "time": _stamp(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


class TextFormatter(logging.Formatter):
    """Time, level and message, coloured on a terminal."""

    def __init__(self, *, colour: bool) -> None:
        super().__init__()
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        """Word a record."""
        level = record.levelname.lower()
        shown = f"\x1b[{_COLOURS[level]}m{level:7}\x1b[0m" if self._colour else f"{level:7}"
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        line = f"{clock} {shown} {record.getMessage()}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def configure(level: str, style: str, stream: IO[str] = sys.stderr) -> bool:
    """Set up logging to ``stream``; return whether lines are JSON."""
    terminal = stream.isatty()
    as_json = style == "json" or (style == "auto" and not terminal)
    handler = logging.StreamHandler(_sink(stream))
    colour = terminal and "NO_COLOR" not in os.environ
    handler.setFormatter(JsonFormatter() if as_json else TextFormatter(colour=colour))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(_LEVELS[level])
    for name in _SILENCED:
        logging.getLogger(name).setLevel(logging.WARNING)
    return as_json


class Sink:
    """A descriptor that lines are written to, without ever waiting until it takes them.

    Its flags stay as they are: other processes may share the open file.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        # POSIX: a pipe that poll() calls ready takes that many bytes at once.
        self._piece = _KEPT if regular or sys.platform == "win32" else select.PIPE_BUF

    def put(self, data: bytes) -> bytes:
        """Write lines; return those for which there was no room."""
        while data and self._ready():
            end = self._piece
            if len(data) > end:
                end = data.rfind(b"\n", 0, end) + 1 or end  # whole lines, if they are not longer
            try:
                data = data[os.write(self._descriptor, data[:end]) :]
            except BlockingIOError:
                return data
            except OSError:  # the reader is gone: logging must not end payments
                return b""
        return data

    def _ready(self) -> bool:
        if sys.platform == "win32":
            return True
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        return bool(poll.poll(0))

    def write(self, text: str) -> int:
        """Write a record, or lose it if there is no room: what logging asks of a stream."""
        self.put(text.encode(errors="replace"))
        return len(text)

    def flush(self) -> None:
        """Do nothing: nothing is kept."""


def _sink(stream: IO[str]) -> IO[str] | Sink:
    try:
        return Sink(stream.fileno())
    except OSError:  # one in memory
        return stream


class AccessLog:
    """Observer: writes one line for each exchange, without query values."""

    def __init__(self, *, as_json: bool, descriptor: int, colour: bool = False) -> None:
        self._word = _json_line if as_json else _coloured if colour else _text_line
        self._sink = Sink(descriptor)
        self._lines: list[str] = []
        self._left = b""
        self._loop: asyncio.AbstractEventLoop | None = None

    def observe(self, exchange: Exchange) -> None:
        """Take one exchange that is over."""
        lines = self._lines
        if not lines:
            if self._loop is None:
                self._loop = asyncio.get_running_loop()
            self._loop.call_later(_GATHER, self.flush)
        lines.append(self._word(exchange))
        if len(lines) >= _MANY:
            self.flush()

    def flush(self) -> None:
        """Write what has been gathered; keep what does not go, up to `_KEPT` bytes of lines."""
        data = self._left + "".join(self._lines).encode()
        self._lines.clear()
        left = self._sink.put(data)
        self._left = left if len(left) <= _KEPT else left[: left.rfind(b"\n", 0, _KEPT) + 1]


_NEEDS_ESCAPE = re.compile(r"[^ !#-\[\]-~]")
_second = 0
_second_text = ""


def _stamp(moment: float) -> str:
    """Return RFC 3339 in UTC with milliseconds; the seconds' part is kept for the second."""
    global _second, _second_text
    whole = int(moment)
    if whole != _second:
        _second, _second_text = whole, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
    return f"{_second_text}.{int((moment - whole) * 1000):03d}Z"


def _path(exchange: Exchange) -> str:
    path = exchange.path.decode("latin-1")
    return json.dumps(path)[1:-1] if _NEEDS_ESCAPE.search(path) else path


def _json_line(exchange: Exchange) -> str:
    upstream = exchange.upstream_seconds
    status = exchange.status
    line = (
        f'{{"time":"{_stamp(time.time())}","level":"info","event":"exchange","id":"{exchange.id}"'
        f',"method":"{exchange.method}","path":"{_path(exchange)}"'
        f',"status":{"null" if status is None else status}'
        f',"received":{exchange.received},"sent":{exchange.sent}'
        f',"ms":{(exchange.ended - exchange.started) * 1000:.2f}'
        f',"upstream_ms":{"null" if upstream is None else f"{upstream * 1000:.2f}"}'
        f',"attempts":{exchange.attempts}'
    )
    if exchange.failure is not None or exchange.left or exchange.note or exchange.traceparent:
        line += _extra(exchange)
    return line + "}\n"


def _extra(exchange: Exchange) -> str:
    parts = {}
    if exchange.reason:
        parts["reason"] = exchange.reason
    if exchange.failure is not None:
        parts["error"] = str(exchange.failure)
    if exchange.note:
        parts["note"] = exchange.note
    if exchange.traceparent:
        parts["traceparent"] = exchange.traceparent.decode("latin-1")
    return "," + json.dumps(parts)[1:-1] if parts else ""


def _text_line(exchange: Exchange, colour: str = "", end: str = "") -> str:
    upstream = exchange.upstream_seconds
    share = "" if upstream is None else f", upstream {upstream * 1000:.1f}"
    failure = exchange.failure
    # The id is what the caller has of it, in the problem document.
    why = "" if failure is None else f" {exchange.reason}: {failure} [{exchange.id}]"
    if exchange.left:
        why = " the caller left"
    note = f" ({exchange.note})" if exchange.note else ""
    status = exchange.status or "---"
    return (
        f"{time.strftime('%H:%M:%S')} {colour}{status}{end} {exchange.method:6} {_path(exchange)}"
        f"  {(exchange.ended - exchange.started) * 1000:.1f} ms{share}, {exchange.sent} B"
        f"{why}{note}\n"
    )


def _coloured(exchange: Exchange) -> str:
    status = exchange.status or 599
    shade = "32" if status < 300 else "36" if status < 400 else "33" if status < 500 else "31"
    return _text_line(exchange, f"\x1b[{shade}m", "\x1b[0m")
