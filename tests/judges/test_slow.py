"""slowhttptest sends and reads as slowly as it can: who does is left, or others are served."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import Call, Program, RawUpstream, ask
from tests.support.needs import need
from tests.support.patience import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.needs(files=1000)]  # waits for real time

LARGE = b"x" * 2_000_000
CALLERS = 100
LONG = 600  # seconds: longer than a test waits; it is ended when it has shown what it should


def answer(call: Call) -> bytes:
    body = LARGE if call.target == b"/large" else b"ok"
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


@pytest.fixture(scope="module")
def proxy() -> Iterator[Program]:
    with (
        RawUpstream(answer) as upstream,
        Program(
            upstream.url,
            log_level="warning",
            max_connections=2 * CALLERS,
            header_timeout=2,
            read_timeout=2,
            write_timeout=2,
            idle_timeout=2,
        ) as proxy,
    ):
        yield proxy


def slow(proxy: Program, *options: str, target: str = "/", seconds: int = 30) -> list[str]:
    """Return the command that comes with slow callers, for so long at most."""
    program = need("slowhttptest")
    general = ["-c", str(CALLERS), "-r", str(CALLERS), "-l", str(seconds), "-p", "5"]
    return [program, *options, *general, "-u", f"http://127.0.0.1:{proxy.port}{target}"]


def ending(command: list[str], cwd: Path) -> str:
    """Run it to its end; return how that came, in its own words."""
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=5 * PATIENCE, cwd=cwd
    )
    return done.stdout.rpartition("Exit status:")[2]


def others_are_served(proxy: Program, command: list[str], busy: int) -> None:
    """Let them in until that many connections to the upstream are theirs, and ask beside them."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=proxy.cwd)
    try:
        deadline = time.monotonic() + PATIENCE
        while proxy.status()["pool"]["busy"] < busy:
            assert process.poll() is None, "ended before it held what it should"
            assert time.monotonic() < deadline, proxy.status()["pool"]
            time.sleep(0.05)
        assert ask(proxy.port, "/beside").body == b"ok"
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(PATIENCE)


def test_heads_that_do_not_end_are_left(proxy: Program) -> None:
    """Each second a field more: the time-out is for the whole head."""
    assert "No open connections left" in ending(slow(proxy, "-H", "-i", "1"), proxy.cwd)


def test_bodies_that_do_not_come_are_left(proxy: Program) -> None:
    assert "No open connections left" in ending(slow(proxy, "-B", "-i", "60"), proxy.cwd)


def test_bodies_that_trickle_keep_nobody_else_from_being_served() -> None:
    """Four times as many as there are connections to the upstream."""
    most = CALLERS // 4
    with (
        RawUpstream(answer) as upstream,
        Program(upstream.url, log_level="warning", max_connections=most) as proxy,
    ):
        others_are_served(proxy, slow(proxy, "-B", "-i", "1", seconds=LONG), most // 2)


def test_answers_that_are_read_by_the_byte_keep_nobody_else_from_being_served() -> None:
    """None of them is left before all have come, however long a busy machine takes for that."""
    reading = ("-X", "-w", "64", "-y", "128", "-n", "2", "-z", "8")
    with (
        RawUpstream(answer) as upstream,
        Program(upstream.url, log_level="warning", max_connections=2 * CALLERS) as proxy,
    ):
        command = slow(proxy, *reading, target="/large", seconds=LONG)
        others_are_served(proxy, command, CALLERS // 2)


def test_ranges_by_the_thousand_are_the_upstreams_to_judge(proxy: Program) -> None:
    ranges = slow(proxy, "-R", "-a", "1", "-b", "3000")
    assert "No open connections left" in ending(ranges, proxy.cwd)
    assert ask(proxy.port, "/after").body == b"ok"
