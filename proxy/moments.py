"""Times as the API, the ledger and the log write them (RFC 3339)."""

import math
import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1)  # UTC: its zone is written apart
_FIRST = -62_135_596_800  # the first second of year 1: of what is before, it is written
_second = (0, "1970-01-01T00:00:00")  # the last one that was worded: many share it


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
    second = math.floor(at)
    return f"{_worded(second)}.{int((at - second) * 1e6):06d}Z"


def stamp_millis(at: float) -> str:
    """Write a time with milliseconds; called for each exchange, so it saves every call it can."""
    second = math.floor(at)
    last, text = _second
    if second != last:
        text = _worded(second)
    return f"{text}.{int((at - second) * 1e3):03d}Z"


def stamp_seconds(at: float) -> str:
    """Write a time in whole seconds."""
    return f"{_worded(math.floor(at))}Z"


def to_the_second(written: str) -> str:
    """Return a time that `stamp` wrote as people read it: UTC, without its fraction and zone."""
    return written[:19].replace("T", " ")


def _worded(second: int) -> str:
    global _second
    last, text = _second  # both at once: other threads write here, too
    if second != last:
        # Windows' gmtime knows no time before 1970, where a clock that was never set may lead.
        text = (_EPOCH + timedelta(seconds=max(second, _FIRST))).isoformat()
        _second = second, text
    return text
