"""How far the tests are, in words: a line for each folder that is done, and for each failure."""

import time
from collections import Counter
from collections.abc import Iterable

import pytest

_OFTEN = 0.2  # seconds between two looks of the line that moves
_SELDOM = 15  # and between two lines, where nothing moves


class Progress:
    """Stands for the dots, one a test; says from time to time what is under way.

    On a terminal that is a line that moves; in a file, or on a build server, a line now and then.
    """

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self._terminal = terminal
        self._left: Counter[str] = Counter()
        self._began: dict[str, float] = {}
        self._outcomes: dict[str, Counter[str]] = {}
        self._all = self._failed = 0
        self._shown = time.monotonic()

    def pytest_collection(self) -> None:
        if self._terminal.isatty:
            self._terminal.rewrite("looking for tests", erase=True)

    def expect(self, nodes: Iterable[str]) -> None:
        """Take note of the tests that will run."""
        if self._all:
            return
        self._left.update(map(_folder, nodes))
        self._all = self._left.total()
        if self._all:
            folders = "folder" if len(self._left) == 1 else "folders"
            self._say(f"{self._all} tests in {len(self._left)} {folders}")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.expect(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self.expect(ids)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Count as pytest does, and print nothing."""
        if hasattr(report, "wasxfail"):
            return None
        if report.failed and report.when != "call":
            return "error", "", "ERROR"
        told = report.outcome if report.when == "call" or not report.passed else ""
        return told, "", told.upper()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        folder = _folder(report.nodeid)
        self._began.setdefault(folder, time.monotonic() - report.duration)
        outcomes = self._outcomes.setdefault(folder, Counter())
        if report.when == "call" or not report.passed:
            outcomes[report.outcome] += 1
        if report.failed:
            self._failed += 1
            how = "" if report.when == "call" else f" (in its {report.when})"
            self._say(f"FAILED {report.nodeid}{how}", red=True)
        if report.when == "teardown":
            self._left[folder] -= 1
            if not self._left[folder]:
                self._tell(folder)
        self._move()

    def _tell(self, folder: str) -> None:
        outcomes = self._outcomes[folder]
        counts = (f"{outcomes[name]:5} {name}" for name in ("passed", "failed", "skipped"))
        told = "".join(each if int(each.split()[0]) else " " * len(each) for each in counts)
        seconds = time.monotonic() - self._began[folder]
        good = not outcomes["failed"]
        self._say(f"{folder:12}{told}{seconds:6.0f} s", green=good, red=not good)

    def _move(self) -> None:
        """Say what is under way: over the last line, where there is a terminal to do it on."""
        now = time.monotonic()
        if now - self._shown < (_OFTEN if self._terminal.isatty else _SELDOM):
            return
        self._shown = now
        under_way = [name for name in self._began if self._left[name]]
        if not under_way:
            return
        done = self._all - self._left.total()
        failed = f", {self._failed} failed" if self._failed else ""
        line = f"{done} of {self._all} done{failed}; under way: {', '.join(under_way)}"
        if self._terminal.isatty:
            self._terminal.rewrite(line, erase=True)
        else:
            self._terminal.write_line(line)

    def _say(self, line: str, **colours: bool) -> None:
        if self._terminal.isatty:
            self._terminal.rewrite("", erase=True)
        self._terminal.write_line(line, **colours)


def _folder(node: str) -> str:
    """Return the folder below tests/ that a test is in."""
    parts = node.split("::")[0].split("/")
    return parts[1] if len(parts) > 2 else parts[0]
