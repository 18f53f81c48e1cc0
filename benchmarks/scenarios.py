"""The loads, and who takes part in which."""

from dataclasses import replace

from benchmarks.model import GIB, KIB, MIB, SMALL, Contender, Scenario

_PAYMENT = Scenario("", "", path="/sink/4", upload=2 * KIB, answer=len('{"received":1234}'))


def _payment(
    name: str, title: str, connections: int, *, lines: str = "common", tls: bool = False
) -> Scenario:
    return replace(_PAYMENT, name=name, title=title, connections=connections, lines=lines, tls=tls)


ALL = (
    Scenario("get1", "GET, 1 connection", connections=1),
    Scenario("get32", "GET, 32 connections", connections=32),
    _payment("post32", "POST 2 KiB, 32 connections", 32),
    _payment("post1", "POST 2 KiB, 1 connection", 1),
    _payment("post8", "POST 2 KiB, 8 connections", 8),
    Scenario("tls32", "GET over TLS, 32 connections", connections=32, tls=True),
    _payment("tlspost32", "POST 2 KiB over TLS, 32 connections", 32, tls=True),
    Scenario("bare32", "GET, bare", connections=32, lines="bare"),
    Scenario("ids32", "GET, ids", connections=32, lines="ids"),
    Scenario("heavy32", "GET, heavy", connections=32, lines="heavy"),
    _payment("barepost32", "POST 2 KiB, bare", 32, lines="bare"),
    _payment("idspost32", "POST 2 KiB, ids", 32, lines="ids"),
    _payment("heavypost32", "POST 2 KiB, heavy", 32, lines="heavy"),
    Scenario("baretls32", "GET over TLS, bare", connections=32, tls=True, lines="bare"),
    Scenario("idstls32", "GET over TLS, ids", connections=32, tls=True, lines="ids"),
    _payment("idstlspost32", "POST 2 KiB over TLS, ids", 32, lines="ids", tls=True),
    Scenario("get10k", "GET 10 KiB, 32 connections", path="/10k", connections=32, answer=10 * KIB),
    Scenario("get1m", "GET 1 MiB, 8 connections", path="/1m", connections=8, answer=MIB),
    Scenario(
        "post1m",
        "POST 1 MiB, 8 connections",
        path="/sink/7",
        connections=8,
        upload=MIB,
        answer=len('{"received":1234567}'),
    ),
    Scenario(
        "tls1m", "GET 1 MiB over TLS, 8 connections", "/1m", connections=8, answer=MIB, tls=True
    ),
    Scenario(
        "tls1m32", "GET 1 MiB over TLS, 32 connections", "/1m", connections=32, answer=MIB, tls=True
    ),
    # Late, because what it leaves behind in a contender's pool would weigh on the others; longer,
    # because opening a thousand connections must not be what is measured.
    Scenario("get512", "GET, 512 connections", connections=512, seconds=3),
    Scenario("down1g", "GET 1 GiB", path="/1g", answer=GIB, kind="transfer"),
    Scenario(
        "up1g",
        "POST 1 GiB",
        path="/sink/10",
        upload=GIB,
        answer=len('{"received":1234567890}'),
        kind="transfer",
    ),
    Scenario("start", "Start to first answer", kind="start"),
)

PAYMENTS = ("post32", "post8", "post1")
SHARED = ("get32", "get512", "tls32", "tlspost32", "post32")  # what a second process may help
QUICK = ("get1", "get32", "bare32", "post32", "tls32", "get1m", "start")


def takes_part(contender: Contender, scenario: Scenario) -> bool:
    """Report whether the scenario says anything about the contender."""
    if contender.command is None:
        return scenario.name == "get1"
    if contender.name == "ledger":  # elsewhere it does nothing
        return scenario.name in ("get32", *PAYMENTS, "start")
    if contender.name == "pair":
        return scenario.name in SHARED
    if contender.name in ("keyed", "unasked"):  # only to compare with that
        return scenario.name in PAYMENTS
    if scenario.name in PAYMENTS[1:] and contender.name != "ours":  # only to compare with that
        return False
    if not contender.forwards:
        return scenario.answer == SMALL and not scenario.tls
    return True
