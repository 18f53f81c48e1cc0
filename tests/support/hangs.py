"""Ends a process in which a test hangs, and says where each of its threads stood.

pytest's own way begins a thread for each test and waits for its end, which is half of what a small
test costs. Here one thread watches until it is told anew, once a minute.
"""

import faulthandler
import os
import time

import pytest

_LONGEST = 600  # seconds for a test
_SELDOM = 60


class Watchdog:
    """A plug-in; to be made while standard error is not yet captured."""

    def __init__(self) -> None:
        self._told = os.dup(2)
        self._set = (0, 0.0)  # in which process, and when

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self) -> None:
        process, now = os.getpid(), time.monotonic()
        if process != self._set[0] or now - self._set[1] > _SELDOM:
            faulthandler.dump_traceback_later(_LONGEST, exit=True, file=self._told)
            self._set = process, now

    def pytest_enter_pdb(self) -> None:
        """Leave time to whoever looks."""
        faulthandler.cancel_dump_traceback_later()

    def pytest_unconfigure(self) -> None:
        faulthandler.cancel_dump_traceback_later()
        os.close(self._told)
