"""What tests leave open: descriptors, threads, processes, temporary files; and whose each is.

After each test there must be no more of them than before it. Where the module holds something of
its own while its tests run, a server say, connections to that come and go when they like: then what
counts is the end of the module.
"""

import contextlib
import gc
import os
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests import scratch
from tests.support import ports, spawner
from tests.support.patience import PATIENCE

_LINUX = sys.platform == "linux"
# Asked for each of ten thousand tests: without pathlib that costs a third.
_HERE = "/proc/self" if _LINUX else "/dev"
Held = dict[tuple[str, object], str]


class Watch:
    """A plug-in that fails the test, or the last test of the module, which leaves something."""

    def __init__(self) -> None:
        self._module = ""
        self._at_first: Held = {}
        self._before: Held | None = None
        self._more = True  # a fixture that outlives a test has been set up since
        self._failed = False

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        if self._module != _module(item):
            self._module, self._at_first, self._failed = _module(item), held(), False
            self._before = None
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> None:
        self._more |= fixturedef.scope != "function"

    @pytest.fixture(autouse=True)
    def _what_is_there_before(self) -> None:
        """Look once the fixtures of the module stand, and before any of the test's own.

        What was there before the test before, and not more after it, need not be looked at again.
        """
        if self._more or self._before is None:
            self._before, self._more = held(), False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._failed |= report.failed

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Iterator[None]:
        yield
        if self._failed:  # it did not come to clean up
            self._before = None
            return
        if nextitem is None or _module(nextitem) != self._module:
            _compare(self._at_first, self._module)
        elif self._before is not None and self._before.keys() == self._at_first.keys():
            _compare(self._before, item.nodeid)
        else:
            self._before = None


def _module(item: pytest.Item) -> str:
    return str(item.path)


def _compare(before: Held, who: str) -> None:
    more = more_than(before)
    assert not more, f"{who} leaves behind: {', '.join(more)}"


def held() -> Held:
    """Return what this process holds: a key each, and what it is in the kernel's words."""
    threads: Held = {
        ("thread", each): each.name
        for each in threading.enumerate()
        if each.name != "breb-proxy log"  # Windows' log lines: one for each descriptor, for good
    }
    files: Held = {("file", each): each for each in scratch.left()}
    return threads | _descriptors() | _processes() | files


def more_than(before: Held) -> list[str]:
    """Return in words what there is more of than ``before``, once nothing of it goes by itself."""
    deadline, pause = time.monotonic() + PATIENCE, 0.01
    while more := [(*key, words) for key, words in held().items() if key not in before]:
        if time.monotonic() > deadline:
            return [_told(*each) for each in more]
        gc.collect()  # what is closed by that is warned of, and so fails its test
        _reap(what for kind, what, _ in more if kind == "process")
        time.sleep(pause)
        pause = min(2 * pause, 1.0)
    return []


def _reap(processes: Iterable[object]) -> None:
    """Wait for those that have ended: children of programs, whose parents were gone before them."""
    for pid in processes:
        with contextlib.suppress(OSError):
            os.waitpid(int(str(pid)), os.WNOHANG)


def _descriptors() -> Held:
    ours = {0, 1, 2} | spawner.descriptors() | ports.reserved()  # pytest changes those three
    found: Held = {}
    for name in os.listdir(f"{_HERE}/fd") if sys.platform != "win32" else ():  # noqa: PTH208
        if int(name) not in ours:
            with contextlib.suppress(OSError):  # the one of this listing is gone by now
                target = os.readlink(f"{_HERE}/fd/{name}") if _LINUX else ""  # noqa: PTH115
                found["descriptor", (int(name), target)] = target
    return found


def _processes() -> Held:
    found: Held = {}
    known = spawner.processes()
    for task in os.listdir(f"{_HERE}/task") if _LINUX else ():  # noqa: PTH208
        with contextlib.suppress(OSError):  # a thread that has ended by now
            with open(f"{_HERE}/task/{task}/children", "rb") as file:  # noqa: PTH123
                pids = map(int, file.read().split())
            found |= {("process", pid): "" for pid in pids if pid not in known}
    return found


def _told(kind: str, what: object, words: str) -> str:
    with contextlib.suppress(OSError, ValueError):
        if isinstance(what, tuple):
            with socket.socket(fileno=os.dup(what[0])) as copy:
                words += f" {copy.family.name} {copy.getsockname()} to {copy.getpeername()}"
        elif isinstance(what, int):
            command = Path(f"/proc/{what}/cmdline").read_text().replace("\0", " ")
            words = f"{what}: {command or 'ended, and nobody waited for it'}"
        elif isinstance(what, threading.Thread):
            words += "".join(f" in {name}" for name in _stands(what))
    return f"{kind} {words}"


def _stands(thread: threading.Thread) -> list[str]:
    """Return which functions of ours a thread is in, the outermost first."""
    frames = traceback.extract_stack(sys._current_frames().get(thread.ident or 0))
    return [f"{each.name} ({each.lineno})" for each in frames if "/tests/" in each.filename]
