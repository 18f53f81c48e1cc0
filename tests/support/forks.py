"""Runs files of tests in forks of the process that has collected them: ``-n N --dist loadfile``.

pytest-xdist starts Python for each worker, and each collects all tests by itself: as many seconds
as hundreds of tests take, so that one thinks twice about one worker more. It does the work where
there is no fork to rely on, and for whoever distributes single tests.
"""

import atexit
import contextlib
import itertools
import mmap
import os
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any, NoReturn

import pytest

_OFTEN = 0.2  # seconds between two messages of a worker: each wakes the process that tells
_SOON = 5  # seconds for workers to end by themselves
_AGAIN = 5  # seconds after which one is interrupted again
_PATIENCE = 120  # seconds for what interrupted tests began to end
_TELL = ("terminalreporter", "progress", "guard")  # plug-ins of the process that tells


def count(config: pytest.Config) -> int:
    """Return how many forks shall run the tests, and let xdist start no workers then."""
    option = config.option
    wanted = getattr(option, "dist", "no") == "loadfile" and not option.collectonly
    if sys.platform != "linux" or not wanted or hasattr(config, "workerinput"):
        return 0
    found = len(option.tx)
    option.dist, option.tx = "no", []
    return found


class Forks:
    """A plug-in; ``begin`` makes a fork ready to run tests, as a process of its own."""

    def __init__(self, most: int, begin: Callable[[], None]) -> None:
        self._most = most
        self._begin = begin

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Hand out files in their order, each to a worker that has none."""
        if session.testsfailed or not session.items:
            return None  # nothing runs, and pytest's own loop says why
        by_file = itertools.groupby(session.items, key=lambda item: item.path)
        files = [list(items) for _, items in by_file]
        session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        workers: list[_Worker] = []
        try:
            for _ in range(min(self._most, len(files))):
                workers.append(_Worker(session, files, workers, self._begin))
            _Leader(session, workers, deque(range(len(files)))).run()
        except KeyboardInterrupt:
            _end(workers, _SOON)  # a terminal has told them as well
            raise
        finally:
            _end(workers, 0)
        return True


class _Leader:
    """Hands out what is to be done, and passes on what is reported."""

    def __init__(self, session: pytest.Session, workers: list["_Worker"], left: deque[int]) -> None:
        self._session = session
        self._left = left
        self._busy = {worker.channel: worker for worker in workers}

    def run(self) -> None:
        for worker in list(self._busy.values()):
            self._give(worker)
        while self._busy:
            for channel in wait(list(self._busy)):
                self._hear(self._busy[channel])  # type: ignore[index]
                if self._session.shouldfail:
                    raise self._session.Failed(self._session.shouldfail)
                if self._session.shouldstop:
                    raise self._session.Interrupted(self._session.shouldstop)
        if self._left:
            raise self._session.Failed(f"{len(self._left)} files are left, and nobody to run them")

    def _give(self, worker: "_Worker") -> None:
        with contextlib.suppress(BrokenPipeError):  # it has ended, which is heard
            if self._left:
                worker.take(self._left.popleft())
            else:
                worker.channel.send(None)

    def _hear(self, worker: "_Worker") -> None:
        hook = self._session.config.hook
        try:
            reports, done = worker.channel.recv()
        except (EOFError, OSError):
            del self._busy[worker.channel]
            if report := worker.lost():
                hook.pytest_runtest_logreport(report=report)
            return
        for data in reports:
            config = self._session.config
            report = hook.pytest_report_from_serializable(config=config, data=data)
            hook.pytest_runtest_logreport(report=report)
        if done:
            worker.file = []
            self._give(worker)


class _Worker:
    """A fork, as the process that leads sees it."""

    def __init__(
        self,
        session: pytest.Session,
        files: list[list[pytest.Item]],
        others: list["_Worker"],
        begin: Callable[[], None],
    ) -> None:
        self._files = files
        self.file: list[pytest.Item] = []
        self._code = 0
        self._place = mmap.mmap(-1, 4)  # of the test that it runs, in its file
        self.channel, theirs = Pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            for each in [self, *others]:  # else nobody hears that the process that leads is gone
                each.channel.close()
            _Fork(session, files, theirs, self._place).live(begin, len(others))
        theirs.close()

    def take(self, number: int) -> None:
        self.file = self._files[number]
        self.channel.send(number)

    def ended(self, how: int = 0) -> bool:
        """Wait for it, or look, as waitpid does; report whether it has ended."""
        pid, status = os.waitpid(self.pid, how)
        if pid:
            self.pid, self._code = 0, os.waitstatus_to_exitcode(status)
        return bool(pid)

    def lost(self) -> pytest.TestReport | None:
        """Wait for it; return a report if there was something that it had to do."""
        self.ended()
        if not self.file:
            return None
        place = int.from_bytes(self._place[:], "little")
        item, more = self.file[place], len(self.file) - place - 1
        how = f"signal {-self._code}" if self._code < 0 else f"exit code {self._code}"
        words = f"the process that ran it ended: {how}; {more} more of its file were not run"
        return pytest.TestReport(item.nodeid, item.location, {}, "failed", words, "call")


class _Fork:
    """This process, once it is a worker. Warnings are errors, so there are none to pass on."""

    def __init__(
        self,
        session: pytest.Session,
        files: list[list[pytest.Item]],
        channel: Connection,
        place: mmap.mmap,
    ) -> None:
        self._session = session
        self._files = files
        self._channel = channel
        self._place = place
        self._reports: list[Any] = []
        self._sent = time.monotonic()

    def live(self, begin: Callable[[], None], number: int) -> NoReturn:
        """Work, and end: whatever happens, nothing goes on as if this were who collected."""
        code = 1
        try:
            self._become(begin, number)
            self._work()
            code = 0
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        except (EOFError, ConnectionError):
            pass  # who led is gone
        except BaseException:  # noqa: BLE001 # it is told
            self._complain()
        finally:
            with contextlib.suppress(BaseException):
                self._session._setupstate.teardown_exact(None)  # of a test that was interrupted
            atexit._run_exitfuncs()
            os._exit(code)

    def _become(self, begin: Callable[[], None], number: int) -> None:
        config = self._session.config
        for name in _TELL:
            config.pluginmanager.unregister(name=name)
        config.pluginmanager.register(self)
        capture = config.pluginmanager.get_plugin("capturemanager")
        assert capture is not None
        capture.stop_global_capturing()  # its file is everybody's
        capture.start_global_capturing()
        folders = config._tmp_path_factory  # type: ignore[attr-defined]
        folders._basetemp = folders.mktemp(f"fork-{number}", numbered=False)
        begin()

    def _work(self) -> None:
        hook, session = self._session.config.hook, self._session
        while (number := self._channel.recv()) is not None:
            items = self._files[number]
            for place, item in enumerate(items):
                self._place[:] = place.to_bytes(4, "little")
                following = items[place + 1] if place + 1 < len(items) else None
                hook.pytest_runtest_protocol(item=item, nextitem=following)
                if session.shouldfail or session.shouldstop:
                    return
            self._send(done=True)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        config = self._session.config
        data = config.hook.pytest_report_to_serializable(config=config, report=report)
        self._reports.append(data)
        if report.failed or time.monotonic() - self._sent > _OFTEN:
            self._send(done=False)

    def _send(self, *, done: bool) -> None:
        self._channel.send((self._reports, done))
        self._reports, self._sent = [], time.monotonic()

    def _complain(self) -> None:
        capture = self._session.config.pluginmanager.get_plugin("capturemanager")
        if capture is not None:
            capture.stop_global_capturing()
        traceback.print_exc()


def _end(workers: list[_Worker], seconds: float) -> None:
    """Wait until all have ended; interrupt those that are there after so many seconds.

    An interrupt may be lost, since Python drops what is raised while it frees an object.
    """
    left = [worker for worker in workers if worker.pid]
    for worker in left:
        worker.channel.close()
    left = _after(left, seconds)
    deadline = time.monotonic() + _PATIENCE
    while left:
        how = signal.SIGINT if time.monotonic() < deadline else signal.SIGKILL
        for worker in left:
            os.kill(worker.pid, how)
        left = _after(left, _AGAIN)


def _after(workers: list[_Worker], seconds: float) -> list[_Worker]:
    """Wait so long for workers to end; return those that have not."""
    deadline = time.monotonic() + seconds
    left = workers
    while left and time.monotonic() < deadline:
        left = [worker for worker in left if not worker.ended(os.WNOHANG)]
        if left:
            time.sleep(0.02)
    return left
