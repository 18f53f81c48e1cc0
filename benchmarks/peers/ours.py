"""This program with its defaults: guard, metrics and access log on; with the console; a ledger."""

import sys
from dataclasses import replace
from pathlib import Path

from benchmarks import tools
from benchmarks.model import Contender, Place
from benchmarks.process import Command

SIDE_BY_SIDE = Path(__file__).parents[1] / "apps" / "side_by_side.py"


def command(place: Place) -> Command:
    env = {
        "BREB_CLIENT_ID": "benchmark",
        "BREB_CLIENT_SECRET": "benchmark-secret",
        "BREB_BASE_URL": place.origin,
        "BREB_LISTEN": f"127.0.0.1:{place.port}",
        "BREB_ADMIN_LISTEN": f"127.0.0.1:{place.admin_port}",
    }
    if place.tls:
        env["BREB_CA_BUNDLE"] = str(place.authority)
    return Command((str(tools.cached("program", "breb-proxy")), "serve"), env)


def version() -> str:
    number = tools.first_version(str(tools.cached("program", "breb-proxy")), "--version")
    return f"{number} on Python {tools.python_version('program')}"


def with_console(place: Place) -> Command:
    plain = command(place)
    return Command((*plain.argv, "--console"), plain.env)


def with_ledger(place: Place) -> Command:
    plain = command(place)
    return Command((*plain.argv, "--ledger", str(place.disk / "ledger.db")), plain.env)


def without_questions(place: Place) -> Command:
    plain = with_ledger(place)
    return Command(plain.argv, {**plain.env, "BREB_LEDGER_ASK": "false"})


def side_by_side(place: Place) -> Command:
    plain = command(place)
    env = {k: v for k, v in plain.env.items() if k != "BREB_LISTEN"}
    env["BREB_ADMIN_LISTEN"] = "127.0.0.1:0"
    return Command((sys.executable, str(SIDE_BY_SIDE), "2", str(place.port), *plain.argv), env)


OURS = Contender(
    name="ours",
    label="breb-proxy",
    setup="defaults: guard, metrics and access log on; fetches its token from the upstream",
    installed=lambda: True,  # a benchmark without it has failed
    version=version,
    command=command,
)
CONSOLE = replace(
    OURS,
    name="console",
    label="breb-proxy --console",
    setup="the same, and each exchange kept for the console, masked; no page open",
    command=with_console,
)
LEDGER = replace(
    OURS,
    name="ledger",
    label="breb-proxy --ledger",
    setup="the same, and what may change something is synced to the disk before it is sent",
    command=with_ledger,
)
KEYED = replace(
    LEDGER,
    name="keyed",
    label="breb-proxy --ledger, with keys",
    setup="the same, and each request has an Idempotency-Key of its own",
    keyed=True,
)
UNASKED = replace(
    LEDGER,
    name="unasked",
    label="breb-proxy --ledger, asks nothing",
    setup="with a ledger and BREB_LEDGER_ASK=false: nobody stands by to ask about rows in doubt",
    command=without_questions,
)
PAIR = replace(
    OURS,
    name="pair",
    label="two breb-proxy",
    setup="two processes on one port; the kernel deals connections out among them",
    command=side_by_side,
)
