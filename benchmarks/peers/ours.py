"""This program with its defaults: guard, metrics and access log on; with the console; a ledger."""

from dataclasses import replace

from benchmarks import tools
from benchmarks.model import Contender, Place
from benchmarks.process import Command


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
    number = tools.package_version("program", "breb-proxy")
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
