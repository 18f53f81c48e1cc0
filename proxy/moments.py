"""Times as the API, the ledger and the log write them (RFC 3339)."""

import re
import time
from datetime import UTC, datetime

_second: tuple[int, str] = (-1, "")  # the last one that was worded: many share it


def moment(text: str) -> datetime | None:
    """Read a time with any number of fraction digits; None if it is none."""
    if len(text) > 64:
        return None
    try:
        read = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def stamp(at: float) -> str:
    """Write a Unix time in UTC, with microseconds: as text it sorts by time."""
    second = int(at)
    return f"{_worded(second)}.{int((at - second) * 1e6):06d}Z"


def stamp_millis(at: float) -> str:
    """Write it with milliseconds; once for each exchange, so that a call less is worth it."""
    second = int(at)
    last, text = _second
    if second != last:
        text = _worded(second)
    return f"{text}.{int((at - second) * 1e3):03d}Z"


def stamp_seconds(at: float) -> str:
    """Write it in whole seconds."""
    return f"{_worded(int(at))}Z"


def to_the_second(written: str) -> str:
    """Return a time that `stamp` wrote as people read it: UTC, without its fraction and zone."""
    return written[:19].replace("T", " ")


def _worded(second: int) -> str:
    global _second
    last, text = _second  # both at once: other threads write here, too
    if second != last:
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        _second = second, text
    return text
