"""What else a proxy does meanwhile, beside its load: ``python -m benchmarks.beside``.

A scrape of /metrics each second, an open console, and renewals of the token: each load once with
that and once without, in turn, so that what else the machine does meets both. Five minutes.
"""

import contextlib
import socket
import statistics
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace

from benchmarks.fleet import Fleet
from benchmarks.measure import measure
from benchmarks.model import Contender, Place, Run, Scenario
from benchmarks.peers import ours
from benchmarks.process import Command
from benchmarks.scenarios import ALL
from proxy.addresses import ListenAddress
from proxy.admin import secret

_ROUNDS = 7
_SECONDS = 3
_LOADS = [replace(each, seconds=_SECONDS) for each in ALL if each.name in ("get1", "get32")]
_INTERVAL = 1.0  # seconds between two scrapes
_PATIENCE = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class _Beside:
    """What happens beside the load, and the contenders that are loaded with and without it."""

    title: str
    without: Contender
    with_it: Contender
    during: Callable[[int], AbstractContextManager[None]]  # takes the port of the admin listener


def main() -> None:
    """Measure, and print a table."""
    ports: dict[str, int] = {}
    plain, console = (_noting(each, ports) for each in (ours.OURS, ours.CONSOLE))
    renewing = replace(plain, name="renewing", command=_renewing)
    cases = [
        _Beside("/metrics each second", plain, plain, _scraped),
        _Beside("an open console", console, console, _watched),
        _Beside("a new token every 2 s", plain, renewing, lambda _: nullcontext()),
    ]
    print("| beside | load | p99 | p99.9 | slowest | p99.9, more | slowest, more |")
    print("|---|---|---|---|---|---|---|")
    with Fleet() as fleet:
        fleet.start_all((plain, console, renewing), tls=False)
        for load in _LOADS:
            for case in cases:
                print(_line(fleet, case, load, ports), flush=True)


def _noting(contender: Contender, ports: dict[str, int]) -> Contender:
    """Return it with a command that notes its newest admin port."""
    command = contender.command
    assert command is not None

    def noting(place: Place) -> Command:
        ports[contender.name] = place.admin_port
        return command(place)

    return replace(contender, command=noting)


def _renewing(place: Place) -> Command:
    """Return the program before those paths of the upstream where each token lives two seconds."""
    plain = ours.command(place)
    return Command(plain.argv, {**plain.env, "BREB_BASE_URL": f"{place.origin}/fresh"})


def _line(fleet: Fleet, case: _Beside, load: Scenario, ports: dict[str, int]) -> str:
    """Measure one case, and return its line of the table: milliseconds, medians of the rounds."""
    pairs: list[tuple[Run, Run]] = []
    for turn in range(_ROUNDS):
        found: dict[bool, Run] = {}
        for busy in (False, True) if turn % 2 else (True, False):
            contender = case.with_it if busy else case.without
            beside = case.during(ports[case.without.name]) if busy else nullcontext()
            with beside:
                found[busy] = measure(fleet, contender, load, turn)
            if found[busy].errors:
                raise SystemExit(f"{case.title}, {load.title}: {found[busy].errors}")
        pairs.append((found[False], found[True]))
    both = (_both(pairs, name) for name in ("p99_us", "p999_us", "max_us"))
    more = (_more(pairs, name) for name in ("p999_us", "max_us"))
    return f"| {case.title} | {load.title} | {' | '.join((*both, *more))} |"


def _both(pairs: list[tuple[Run, Run]], name: str) -> str:
    without, with_it = (
        statistics.median(getattr(pair[side], name) / 1000 for pair in pairs) for side in (0, 1)
    )
    return f"{without:.2f}, {with_it:.2f}"


def _more(pairs: list[tuple[Run, Run]], name: str) -> str:
    found = statistics.median(
        (getattr(with_it, name) - getattr(without, name)) / 1000 for without, with_it in pairs
    )
    return f"{found:+.2f} ms"


@contextmanager
def _scraped(port: int) -> Iterator[None]:
    over = threading.Event()

    def scrape() -> None:
        while not over.wait(_INTERVAL):
            with _asked(port, "/metrics") as peer:
                _drained(peer)

    with _running(scrape):
        try:
            yield
        finally:
            over.set()


@contextmanager
def _watched(port: int) -> Iterator[None]:
    with _asked(port, "/console/api/events") as peer, _running(lambda: _drained(peer)):
        try:
            yield
        finally:
            peer.shutdown(socket.SHUT_RDWR)


@contextmanager
def _running(work: Callable[[], None]) -> Iterator[None]:
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _asked(port: int, path: str) -> socket.socket:
    """Return a connection on which this was asked of the admin listener."""
    own = next(secret.found(ListenAddress("127.0.0.1", port), []))
    peer = socket.create_connection(("127.0.0.1", port), _PATIENCE)
    lines = (f"Host: 127.0.0.1:{port}", f"Authorization: Bearer {own}", "Connection: close")
    peer.sendall("\r\n".join((f"GET {path} HTTP/1.1", *lines, "", "")).encode())
    return peer


def _drained(peer: socket.socket) -> None:
    """Read to the end of the answer, which must be one."""
    begin = peer.recv(65_536)
    if not begin.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"the admin listener answered {begin[:60]!r}")
    with contextlib.suppress(OSError):
        while peer.recv(65_536):
            pass


if __name__ == "__main__":
    main()
