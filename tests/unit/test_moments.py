"""Times are read with any fraction and offset, and what is no time is none."""

from datetime import UTC, datetime

import pytest

from proxy.moments import moment


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-01T22:04:05-05:00", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05.123456789Z", datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        ("2026-01-02T03:04:05." + "1" * 64 + "Z", None),
    ],
)
def test_a_time_is_read_or_is_none(text: str, read: datetime | None) -> None:
    assert moment(text) == read
