"""One contender under one load: what it did and what it took."""

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import load, probe, procfs
from benchmarks.fleet import Fleet
from benchmarks.model import Contender, Run, Scenario
from benchmarks.process import NotStartedError, pause_until

SETTLE = 0.05  # seconds: time to notice that the callers have left
# A slow contender may still work off what the callers of the last run abandoned: that must
# not spoil the next run.
QUIET_SHARE = 0.1  # of one core
QUIET_DEADLINE = 4.0  # seconds
IDLE_AFTER = 0.5  # seconds after the first answer
_SYNCS = 100
_PAGE = 4096  # bytes


def measure(fleet: Fleet, contender: Contender, scenario: Scenario, turn: int) -> Run:
    """Make one run; what goes wrong is part of it."""
    run = Run(contender.name, scenario.name, turn)
    kinds = {"load": _load, "transfer": _transfer, "start": _start}
    try:
        kinds[scenario.kind](fleet, contender, scenario, run)
    except (load.NonsenseError, NotStartedError, OSError, ValueError) as error:
        run.errors[f"{type(error).__name__}: {str(error)[:200]}"] = 1
    return run


def _load(fleet: Fleet, contender: Contender, scenario: Scenario, run: Run) -> None:
    port = fleet.port(contender, tls=scenario.tls)
    if contender.command is None:
        load.wrk(contender, scenario, port, run)
        return
    load.warm(scenario, port)
    if scenario.upload and scenario.connections == 1:
        run.sync_us = 1e6 * bare_sync(fleet.disk / "bare-sync")
    with _watched(fleet.pid(contender, tls=scenario.tls), run):
        load.wrk(contender, scenario, port, run)


def _transfer(fleet: Fleet, contender: Contender, scenario: Scenario, run: Run) -> None:
    """Use a process of its own: its memory is then that of this one body."""
    process, port = fleet.fresh(contender)
    try:
        probe.await_first_answer(process, port, time.monotonic())
        with _watched(process.pid, run):
            load.transfer(scenario, port, run)
    finally:
        process.stop()


def _start(fleet: Fleet, contender: Contender, _: Scenario, run: Run) -> None:
    begin = time.monotonic()
    process, port = fleet.fresh(contender)
    try:
        run.seconds = probe.await_first_answer(process, port, begin)
        run.requests = 1
        time.sleep(IDLE_AFTER)
        run.cpu_seconds = procfs.cpu_seconds(process.pid)
        run.idle_kb = procfs.resident_kb(process.pid)
    finally:
        process.stop()


@contextmanager
def _watched(pid: int, run: Run) -> Iterator[None]:
    """Enter into ``run`` what the process takes in the meantime."""
    _await_quiet(pid)
    procfs.forget_peak(pid)
    before, written = procfs.cpu_seconds(pid), procfs.written(pid)
    yield
    time.sleep(SETTLE)
    run.cpu_seconds = procfs.cpu_seconds(pid) - before
    run.written = procfs.written(pid) - written
    run.peak_kb = procfs.peak_kb(pid)


def bare_sync(file: Path) -> float:
    """Return the seconds that the disk takes for a page and an fdatasync: the median of some."""
    took = []
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.pwrite(descriptor, bytes(_SYNCS * _PAGE), 0)
        os.fsync(descriptor)
        for number in range(_SYNCS):
            begin = time.perf_counter()
            os.pwrite(descriptor, b"x" * _PAGE, number * _PAGE)
            os.fdatasync(descriptor)
            took.append(time.perf_counter() - begin)
    finally:
        os.close(descriptor)
    return statistics.median(took)


def _await_quiet(pid: int) -> None:
    deadline = time.monotonic() + QUIET_DEADLINE
    used = procfs.cpu_seconds(pid)
    while pause_until(deadline, SETTLE):
        before, used = used, procfs.cpu_seconds(pid)
        if used - before < QUIET_SHARE * SETTLE:
            return
