"""Where a service's lines go: a file that is turned, the Event Log; and its watchdog."""

import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.windows import event_log
from proxy.windows.event_log import EventLog
from proxy.windows.watchdog import Watchdog

WRITES = """
import os, sys
from pathlib import Path
from proxy.windows.log_file import LogFile

log = LogFile(Path(sys.argv[1]), most=100, kept=int(sys.argv[2]))
log.take()
for number in range(5):
    os.write(2, b"%d" % number * 150 + b"\\n")
    log.turn()
print("the end", flush=True)
"""


def test_a_large_file_is_turned_while_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "breb-proxy.log"
    write(file, kept=2)
    assert file.read_text() == "the end\n"
    assert file.with_suffix(".1.log").read_text() == "4" * 150 + "\n"
    assert file.with_suffix(".2.log").read_text() == "3" * 150 + "\n"
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "breb-proxy.1.log",
        "breb-proxy.2.log",
        "breb-proxy.log",
    ]


def test_a_file_that_a_reader_holds_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "breb-proxy.log"
    file.write_text("what was there before\n")
    with file.open() as reader:  # Python's lets nobody rename it
        write(file, kept=2)
        lines = reader.read().splitlines()
    assert [lines[0], lines[-1], len(lines)] == ["what was there before", "the end", 7]


def test_the_files_before_outlive_a_reader(tmp_path: Path) -> None:
    """It is tried each second: that must not push one file after the other out."""
    file = tmp_path / "breb-proxy.log"
    files = [file, *(file.with_suffix(f".{number}.log") for number in (1, 2, 3))]
    for number, each in enumerate(files):
        each.write_text(f"{number} {'x' * 150}\n")
    with file.open():
        write(file, kept=3)
    assert [each.read_text()[0] for each in files if each.exists()] == ["0", "1", "2"]


def write(file: Path, kept: int) -> None:
    """Let a process write, and turn the file five times."""
    subprocess.run([sys.executable, "-c", WRITES, str(file), str(kept)], check=True)


def test_warnings_and_errors_are_events_and_nothing_below(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, str]] = []

    class Windows:
        def RegisterEventSourceW(self, *_: object) -> int:  # noqa: N802
            return 7

        def ReportEventW(self, source: int, kind: int, *rest: object) -> None:  # noqa: N802
            assert source == 7
            told.append((kind, rest[-2][0]))  # type: ignore[index]

    monkeypatch.setattr(event_log, "_advapi", Windows())
    events = EventLog("a-source")
    log = logging.getLogger("proxy.test")
    monkeypatch.setattr(log, "handlers", [events])
    monkeypatch.setattr(log, "level", logging.DEBUG)
    log.info("nothing")
    log.warning("a payment is in doubt")
    log.error("no token")
    events.error("wrong settings")
    events.settle()
    error, warning = 1, 2
    assert told == [
        (warning, "a payment is in doubt"),
        (error, "no token"),
        (error, "wrong settings"),
    ]


def test_a_loop_that_turns_is_left_alone_and_one_that_does_not_is_noticed() -> None:
    watchdog = Watchdog(patience=3)
    waiting: list[Callable[[], None]] = []
    turns = [watchdog.look(lambda answer: answer()) for _ in range(10)]
    stuck = [watchdog.look(waiting.append) for _ in range(4)]
    assert turns == [False] * 10
    assert stuck == [False, False, False, True]
    waiting[-1]()
    assert not watchdog.look(waiting.append)
