"""Measure, check that measuring works, or write the report."""

import argparse
import signal
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NoReturn, TypeVar

from benchmarks import peers, report, results, run, scenarios, smoke, table, tools
from benchmarks.model import Contender, Scenario
from benchmarks.progress import Progress

Named = TypeVar("Named", Contender, Scenario)


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, _end)
    if options.what == "report":
        return report.main()
    try:
        tools.install_system()
        if not options.no_install:
            tools.install_program()
        if not (options.smoke or options.no_install):
            tools.install_peers()
        return _smoke(options) if options.smoke else _measure(options)
    except tools.MissingError as missing:
        print(missing, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "what",
        nargs="?",
        choices=("measure", "report"),
        default="measure",
        help="measure (the default), or write docs/performance.md from the newest results",
    )
    parser.add_argument("--quick", action="store_true", help="under 2 minutes, fewer figures")
    parser.add_argument("--smoke", action="store_true", help="all start and answer; no times")
    parser.add_argument("--no-install", action="store_true", help="use what is there")
    parser.add_argument("--rounds", type=int, help="instead of the plan's")
    parser.add_argument("--only", help="contenders, e.g. ours,envoy")
    parser.add_argument("--scenario", help="scenarios, e.g. get32,tls32")
    return parser.parse_args()


def _measure(options: argparse.Namespace) -> int:
    plan = run.QUICK if options.quick else run.FULL
    if options.rounds or options.only or options.scenario:
        plan = replace(plan, rounds=options.rounds or plan.rounds, kind="part")
    names = options.scenario or (",".join(scenarios.QUICK) if options.quick else None)
    chosen = _choose(scenarios.ALL, names)
    with Progress() as progress:
        found = run.run(plan, _contenders(options.only), chosen, progress)
    print(table.render(found, colour=sys.stdout.isatty()))
    print(f"\nwritten to {results.save(found)}")
    return 0 if run.complete(found) else 1


def _smoke(options: argparse.Namespace) -> int:
    contenders = _contenders(options.only)
    with Progress() as progress:
        wrong = smoke.smoke(contenders, progress)
    for line in wrong:
        print(line)
    print(f"{len(contenders)} contenders, {len(wrong)} complaints")
    return 1 if wrong else 0


def _contenders(only: str | None) -> list[Contender]:
    chosen = _choose(peers.ALL, only)
    for absent in (each for each in chosen if not each.installed()):
        print(f"{absent.label} is not installed: left out", file=sys.stderr)
    return [each for each in chosen if each.installed()]


def _choose(known: Sequence[Named], names: str | None) -> list[Named]:
    if names is None:
        return list(known)
    wanted = set(names.split(","))
    if unknown := wanted - {each.name for each in known}:
        _refuse(unknown, (each.name for each in known))
    return [each for each in known if each.name in wanted]


def _refuse(unknown: Iterable[str], known: Iterable[str]) -> NoReturn:
    raise SystemExit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(known)}")


def _end(signum: int, frame: object) -> NoReturn:
    """End as Ctrl-C does, so that the children are ended and the files removed."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
