"""Many bodies whose far side takes nothing: what they hold is bounded, and is given back."""

import contextlib
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.support import Program, RawUpstream, ask, exchange
from tests.support.front import until
from tests.support.patience import PATIENCE
from tests.support.sweeps import further
from tests.support.upstream import Call
from tests.support.wire import connect

BODY = random.Random(12).randbytes(8 << 20)
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
SHARE = BODY[: 2 << 20]
READERS = 150
# MiB, by whether it is TLS. As a rule it is 17 and 35; over TLS it was 51 on a busy machine, where
# all had begun to be read before less was read of each. If less never were, it would be 75 and 65.
MOST = {False: 30, True: 60}


def answer(call: Call) -> bytes:
    if not call.body:
        return WHOLE  # one for all: copies of it would take a gigabyte
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(call.body), call.body)


def resident(proxy: Program, what: str = "VmRSS") -> float:
    """Return the process's resident memory in MiB."""
    status = Path(f"/proc/{proxy.process.pid}/status").read_text()
    found = re.search(rf"{what}:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


@contextlib.contextmanager
def taking_nothing(proxy: Program) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for _ in range(READERS):
            reader = stack.enter_context(connect(proxy.port))
            reader.sock.sendall(b"GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until(lambda: proxy.status()["pool"]["busy"] == READERS, "all are under way")
        yield


@pytest.mark.slow
@pytest.mark.needs(files=600)
@pytest.mark.parametrize("tls", [False, *further(True)], ids=["plain", "tls"])
def test_readers_that_take_nothing_hold_little_and_others_are_served(
    tls: bool, tmp_path: Path
) -> None:
    settings: dict[str, object] = {
        "idle_timeout": 10 * PATIENCE
    }  # all stay until the last is there
    context = None
    if tls:
        import ssl

        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        settings["ca_bundle"] = tmp_path / "ca.pem"
    with RawUpstream(answer, tls=context) as upstream, Program(upstream.url, **settings) as proxy:
        assert ask(proxy.port, "/x", "POST", body=b"warm").status == 200
        rest = resident(proxy)
        with taking_nothing(proxy):
            head = b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
            for _ in range(2):
                got = exchange(proxy.port, head % len(SHARE) + SHARE)
                assert got is not None
                assert got.body == SHARE
                assert ask(proxy.port, "/x", "POST", body=b"small").body == b"small"
        assert resident(proxy, "VmHWM") - rest < MOST[tls]
        until(lambda: proxy.status()["in_flight"] == 0, "they have left")
        most = resident(proxy, "VmHWM") - rest
        until(lambda: resident(proxy) - rest < 25, f"memory is given back of {most:.0f} MiB")
