"""Lines stand in the order of events, whoever writes them."""

import logging
import threading

import pytest

from proxy.telemetry.log_format import in_order


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What two writers wrote, in the order in which it came out."""
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    monkeypatch.setattr(logging.getLogger(), "handlers", [Kept()])
    return lines


def test_what_has_happened_is_written_before_a_record(lines: list[str]) -> None:
    log = logging.getLogger("proxy.test")
    with in_order(lambda: lines.append("exchanges")):
        log.warning("shutting down")
    assert lines.index("exchanges") < lines.index("shutting down")
    lines.clear()
    log.warning("afterwards")
    assert lines == ["afterwards"]


def test_a_record_of_another_thread_writes_itself_alone(lines: list[str]) -> None:
    log = logging.getLogger("proxy.test")
    with in_order(lambda: lines.append("exchanges")):
        other = threading.Thread(target=log.warning, args=("of another",))
        other.start()
        other.join()
    assert lines == ["of another"]
