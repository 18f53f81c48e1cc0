"""Times are read with any fraction and offset, and what is no time is none."""

from datetime import UTC, datetime

import pytest

from proxy.moments import moment, stamp, stamp_millis, stamp_seconds


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


@pytest.mark.parametrize(
    "at", [-86_400.5, -0.25, 0.0, 1_767_225_600.25, 1_767_225_600.999_999, 1_767_225_599.0]
)
def test_a_time_is_written_so_that_it_is_read_again(at: float) -> None:
    for write, least in ((stamp, 1e-6), (stamp_millis, 1e-3), (stamp_seconds, 1.0)):
        read = moment(write(at))
        assert read is not None
        assert 0 <= at - read.timestamp() + 1e-6 <= least + 1e-6


def test_as_text_times_sort_as_they_passed() -> None:
    times = [stamp(1_767_225_599 + step / 7) for step in range(20)]
    assert times == sorted(times)
    assert stamp(1_767_225_600.25) == "2026-01-01T00:00:00.250000Z"
    assert stamp_millis(1_767_225_600.25) == "2026-01-01T00:00:00.250Z"
    assert stamp_seconds(1_767_225_600.25) == "2026-01-01T00:00:00Z"
    assert stamp(-1e12) == stamp(-1e15) == "0001-01-01T00:00:00.000000Z" < stamp(-1e10)
