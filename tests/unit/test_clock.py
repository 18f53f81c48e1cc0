"""The clock counts on while the machine sleeps, and does not care for the wall clock."""

import time

import pytest

from proxy import clock
from proxy.clock import sleepless
from tests.support.own_time import own_time


def test_it_counts_seconds_forward() -> None:
    counting = sleepless()
    before = counting()
    time.sleep(0.02)
    assert 0.02 <= counting() - before < 10


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="Linux alone has this clock")
def test_on_linux_it_is_the_clock_that_counts_suspended_time() -> None:
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    now = sleepless()()
    assert before <= now <= time.clock_gettime(time.CLOCK_BOOTTIME)


@pytest.mark.needs("posix")
def test_the_best_clock_that_the_system_has_is_taken() -> None:
    counting = sleepless(("CLOCK_OF_ANOTHER_SYSTEM", "CLOCK_MONOTONIC"))
    before = time.clock_gettime(time.CLOCK_MONOTONIC)
    assert before <= counting() <= time.clock_gettime(time.CLOCK_MONOTONIC)


@pytest.mark.needs("posix")
def test_a_clock_that_the_kernel_refuses_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    own_time(monkeypatch, clock, CLOCK_BOOTTIME=987_654)
    before = time.clock_gettime(time.CLOCK_MONOTONIC)
    assert before <= sleepless()() <= time.clock_gettime(time.CLOCK_MONOTONIC)


def test_where_there_is_no_such_clock_the_monotonic_one_has_to_do() -> None:
    assert sleepless(()) is time.monotonic


def test_steps_of_the_wall_clock_do_not_touch_it(monkeypatch: pytest.MonkeyPatch) -> None:
    counting = sleepless()
    before = counting()
    own_time(monkeypatch, clock, time=lambda: 0.0)
    assert 0 <= counting() - before < 10
