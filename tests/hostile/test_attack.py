"""An attack on the running program: what was made to cost much costs what any request costs."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import Program, RawUpstream, read_answer
from tests.support.patience import PATIENCE
from tests.support.wire import connect

KEY = "key-of-a-caller-16"
SIZE = 60_000  # bytes of one field or query; all heads together may have 128 KiB
TIMES = 40
# Of the CPU time of as many harmless requests of that length. What was quadratic took 10,000 times.
MOST = 10.0
HEADS = {
    "harmless": b"X: " + b"x" * SIZE,
    "a token of plus signs": b"X: Bearer " + b"+" * SIZE + b'="',
    "names of parts": b"X: --" + b"name=" * (SIZE // 5),
    "cookies": b"Cookie: " + b";".join(b"a=%08d" % n for n in range(SIZE // 11)),
    "encoded pairs": b"X: " + b"a=%41%3D&" * (SIZE // 9),
    "many lines": b"\r\n".join(b"X%d: a=%%41&--name=" % n for n in range(1900)),
}
pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux")


@pytest.fixture(scope="module")
def proxy() -> Iterator[Program]:
    with (
        RawUpstream() as upstream,
        Program(upstream.url, console=True, caller_key=KEY, log_level="error") as proxy,
    ):
        cost(proxy, b"GET /v1/x HTTP/1.1\r\nHost: localhost\r\n", b"")  # all is imported now
        yield proxy


def cost(proxy: Program, head: bytes, lines: bytes) -> float:
    """Send a refused request a number of times, until it is masked; return seconds of CPU."""
    began = spent(proxy)
    with connect(proxy.port) as caller:
        for _ in range(TIMES):
            caller.sock.sendall(head + lines + b"\r\n\r\n" if lines else head + b"\r\n")
            answer = read_answer(caller)
            assert answer is not None
            assert answer.status == 403
            assert proxy.admin("/livez")[0] == 200
    assert proxy.admin("/console/api/find?term=x")[0] == 200
    return spent(proxy) - began


def spent(proxy: Program) -> float:
    """Return the CPU time that the process has taken, in seconds."""
    fields = Path(f"/proc/{proxy.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ratio(proxy: Program, head: bytes, lines: bytes) -> float:
    """Compare with harmless requests; the best of some tries, since others may disturb."""
    plain = b"GET /v1/x HTTP/1.1\r\nHost: localhost\r\n"
    best, until = float("inf"), time.monotonic() + PATIENCE
    while best >= MOST and time.monotonic() < until:
        harmless = max(cost(proxy, plain, HEADS["harmless"]), 0.02)
        best = min(best, cost(proxy, head, lines) / harmless)
    return best


@pytest.mark.parametrize("kind", [kind for kind in HEADS if kind != "harmless"])
def test_a_refused_request_costs_no_more_than_its_length(proxy: Program, kind: str) -> None:
    plain = b"GET /v1/x HTTP/1.1\r\nHost: localhost\r\n"
    assert ratio(proxy, plain, HEADS[kind]) < MOST


@pytest.mark.parametrize("query", [b"--" + b"name=" * (SIZE // 5), b"a=%41%3D&" * (SIZE // 9)])
def test_neither_does_one_with_a_query(proxy: Program, query: bytes) -> None:
    head = b"GET /v1/x?" + query + b" HTTP/1.1\r\nHost: localhost\r\n"
    assert ratio(proxy, head, b"") < MOST


def test_neither_do_empty_lines_before_it(proxy: Program) -> None:
    head = b"\r\n" * 1_900 + b"GET /v1/x HTTP/1.1\r\nHost: localhost\r\n"
    assert ratio(proxy, head, b"") < MOST


def test_neither_does_a_probe_with_a_query(proxy: Program) -> None:
    best, until = float("inf"), time.monotonic() + PATIENCE
    while best >= MOST and time.monotonic() < until:
        harmless = max(probes(proxy, "a" * 2 * SIZE), 0.02)
        best = min(best, probes(proxy, "a&" * SIZE) / harmless)
    assert best < MOST


def probes(proxy: Program, query: str) -> float:
    """Ask a number of times whether it is ready; return seconds of CPU."""
    began = spent(proxy)
    for _ in range(TIMES):
        assert proxy.admin(f"/readyz?verbose&{query}")[1].endswith("ready\n")
    return spent(proxy) - began
