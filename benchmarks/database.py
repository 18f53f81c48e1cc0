"""A ledger in a database beside one in a file: ``python -m benchmarks.database``.

Some two minutes. They take turns, so that what else the machine does meets both; compare within a
line. The server is Debian's PostgreSQL with its defaults, on the same machine and disk.
"""

import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from benchmarks import load
from benchmarks.fleet import Fleet
from benchmarks.measure import measure
from benchmarks.model import Contender, Place, Run
from benchmarks.peers import ours
from benchmarks.process import Command
from benchmarks.scenarios import ALL
from tests.scratch import SHARED
from tests.support.postgres import PASSWORD, Postgres

_ROUNDS = 5
_SECONDS = 3
_LOADS = [
    replace(each, seconds=_SECONDS) for each in ALL if each.name in ("post1", "post8", "post32")
]
_LOADS.sort(key=lambda each: each.connections)
_REPLICAS = (1, 3, 10)


def main() -> None:
    """Measure, and print two tables."""
    with ExitStack() as stack:
        os.environ[SHARED] = stack.enter_context(tempfile.TemporaryDirectory())
        server = stack.enter_context(Postgres(fsync="on"))
        fleet = stack.enter_context(Fleet())
        _beside_a_file(fleet, _in_database("database", server.database()))
        print("\n| replicas, 8 connections each | rows a second, together |\n|---|---|")
        for count in _REPLICAS:
            print(f"| {count} | {_rows(fleet, server.database(), count):,.0f} |", flush=True)


def _keeping(name: str, *given: str) -> Contender:
    """Return this clone's program, which has the database's client, with more settings."""
    found = str(Path(sys.executable).with_name("breb-proxy"))

    def command(place: Place) -> Command:
        own = ours.command(place)
        ledger = given or (f"BREB_LEDGER={place.disk / 'ledger.db'}",)
        return Command((found, "serve"), {**own.env, **dict(each.split("=", 1) for each in ledger)})

    return replace(ours.OURS, name=name, command=command)


def _in_database(name: str, address: str) -> Contender:
    return _keeping(name, f"BREB_LEDGER={address}", f"BREB_DATABASE_PASSWORD={PASSWORD}")


def _beside_a_file(fleet: Fleet, database: Contender) -> None:
    both = (_keeping("file"), database)
    fleet.start_all(both, tls=False)
    print(
        "| POST 2 KiB, connections | file: CPU, p50 | database: CPU, p50 | CPU |\n|---|---|---|---|"
    )
    for scenario in _LOADS:
        runs: dict[str, list[Run]] = {each.name: [] for each in both}
        for turn in range(_ROUNDS):
            for each in both if turn % 2 else both[::-1]:
                runs[each.name].append(measure(fleet, each, scenario, turn))
        cells = [_cell(runs[each.name]) for each in both]
        times = _cpu_us(runs["database"]) / _cpu_us(runs["file"])
        print(
            f"| {scenario.connections} at once | {' | '.join(cells)} | {times:.1f} × |",
            flush=True,
        )


def _cpu_us(runs: Sequence[Run]) -> float:
    return statistics.median(1e6 * each.cpu_seconds / max(1, each.requests) for each in runs)


def _cell(runs: Sequence[Run]) -> str:
    wrong = {name for each in runs for name in each.errors}
    p50 = statistics.median(each.p50_us for each in runs) / 1000
    return f"{_cpu_us(runs):.0f} µs, {p50:.1f} ms" + (f" ({', '.join(wrong)})" if wrong else "")


def _rows(fleet: Fleet, address: str, count: int) -> float:
    """Let so many replicas write to one ledger, and return what they wrote a second."""
    names = [f"replica-{address.rpartition('/')[2]}-{number}" for number in range(count)]
    replicas = [_in_database(name, address) for name in names]
    fleet.start_all(replicas, tls=False)
    scenario = replace(_LOADS[1], seconds=2 * _SECONDS)
    runs = [Run(each.name, scenario.name, 0) for each in replicas]

    def write(replica: Contender, run: Run) -> None:
        load.wrk(replica, scenario, fleet.port(replica, tls=False), run)

    with ThreadPoolExecutor(count) as threads:
        list(threads.map(write, replicas, runs))
    return sum(each.requests / each.seconds for each in runs if not each.errors)


if __name__ == "__main__":
    main()
