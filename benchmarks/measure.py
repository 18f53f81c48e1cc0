"""One contender under one load: what it did and what it took."""

import time

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


def measure(fleet: Fleet, contender: Contender, scenario: Scenario, turn: int, seconds: int) -> Run:
    """Make one run; what goes wrong is part of it."""
    run = Run(contender.name, scenario.name, turn)
    try:
        if scenario.kind == "start":
            _start(fleet, contender, run)
        else:
            _load(fleet, contender, scenario, seconds, run)
    except (load.NonsenseError, NotStartedError, OSError, ValueError) as error:
        run.errors[f"{type(error).__name__}: {str(error)[:200]}"] = 1
    return run


def _load(fleet: Fleet, contender: Contender, scenario: Scenario, seconds: int, run: Run) -> None:
    pid = fleet.pid(contender, tls=scenario.tls)
    port = fleet.port(contender, tls=scenario.tls)
    before = 0.0
    if pid:
        _await_quiet(pid)
        procfs.forget_peak(pid)
        before = procfs.cpu_seconds(pid)
    if scenario.kind == "transfer":
        load.transfer(scenario, port, run)
    else:
        load.wrk(contender, scenario, port, seconds, run)
    if pid:
        time.sleep(SETTLE)
        run.cpu_seconds = procfs.cpu_seconds(pid) - before
        run.peak_kb = procfs.peak_kb(pid)


def _await_quiet(pid: int) -> None:
    deadline = time.monotonic() + QUIET_DEADLINE
    used = procfs.cpu_seconds(pid)
    while pause_until(deadline, SETTLE):
        before, used = used, procfs.cpu_seconds(pid)
        if used - before < QUIET_SHARE * SETTLE:
            return


def _start(fleet: Fleet, contender: Contender, run: Run) -> None:
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
