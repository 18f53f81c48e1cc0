"""Strangers who make the proxy hold what it can: it stays within its budget, and serves others."""

import contextlib
import re
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.support import Answer, Call, Program, RawUpstream, ask, read_answer
from tests.support.front import until
from tests.support.patience import PATIENCE
from tests.support.sweeps import further
from tests.support.wire import Reader, connect

BUDGET = 2 << 20
CROWD = 120
GET = b"GET %b HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /pay HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
LINES = b"".join(b"X-%d: %b\r\n" % (number, b"x" * 1000) for number in range(117))
BIG = b"x" * (4 << 20)
CROWDS = {
    "a head, unfinished": GET % b"/" + LINES,
    "tiny lines of a head": GET % b"/" + b"a:\r\n" * 1_900,
    "requests behind an answer that does not come": GET % b"/never"
    + b"\r\n"
    + (GET % b"/x" + b"\r\n") * 6_000,
    "a body, one byte short": POST % 60_001 + b"x" * 60_000,
    "a part of a longer body": POST % 1_000_000 + b"x" * 70_000,
    "an answer that is not read": GET % b"/big" + b"\r\n",
    "nothing": b"",
}


def answer(call: Call) -> bytes | None:
    if call.target == "/never":
        return None
    body = BIG if call.target == "/big" else call.body
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def scrape(proxy: Program) -> str:
    """Return its metrics; who asks may have to give way, too, and asks again."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(ConnectionError):
            return proxy.admin("/metrics")[1]
    raise AssertionError("no answer with metrics")


def held(proxy: Program) -> int:
    """Return what the proxy says that it holds."""
    found = re.search(r"^breb_proxy_memory_held_bytes (\S+)$", scrape(proxy), re.MULTILINE)
    assert found is not None
    return int(float(found[1]))


def refused(proxy: Program) -> int:
    """Return how many were told that there is no room for them."""
    wanted = r'^breb_proxy_refusals_total\{reason="memory"\} (\S+)$'
    found = re.search(wanted, scrape(proxy), re.MULTILINE)
    return 0 if found is None else int(float(found[1]))


@contextlib.contextmanager
def crowd(port: int, sends: bytes, count: int = CROWD) -> Iterator[list[Reader]]:
    """So many strangers, each of whom sends as much as is taken, and reads nothing."""
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(connect(port)) for _ in range(count)]
        for reader in readers:
            reader.sock.settimeout(0.01)
            with contextlib.suppress(OSError):
                reader.sock.sendall(sends)
        yield readers


def pay(port: int, body: bytes = b"payment") -> Answer:
    """Pay as a good caller does."""
    return ask(port, "/pay", "POST", body=body)


@pytest.fixture(scope="module")
def proxy() -> Iterator[Program]:
    settings = {"memory_budget": 2, "max_connections": 64, "header_timeout": 60}
    with RawUpstream(answer) as upstream, Program(upstream.url, **settings) as running:
        yield running


@pytest.mark.needs(files=600)
@pytest.mark.parametrize("admin", [False, *further(True)], ids=["callers", "admin"])
@pytest.mark.parametrize("sends", [pytest.param(v, id=k) for k, v in CROWDS.items()])
def test_a_crowd_is_kept_within_the_budget_and_a_good_caller_is_served(
    proxy: Program, sends: bytes, admin: bool
) -> None:
    with crowd(proxy.admin_port if admin else proxy.port, sends):
        for _ in range(3):
            assert pay(proxy.port).body == b"payment"
        # What has gone up is not ended for it; what waits at the upstream's connections counts.
        until(lambda: held(proxy) < 2 * BUDGET, "they are kept within the budget")
        assert pay(proxy.port).body == b"payment"
    until(lambda: held(proxy) < BUDGET // 4, "they have left")


@pytest.mark.needs(files=600)
def test_who_has_to_give_way_is_told_so(proxy: Program) -> None:
    before = refused(proxy)
    with crowd(proxy.port, CROWDS["a body, one byte short"]) as readers:
        until(lambda: refused(proxy) > before, "some have been told")
        answers = []
        for reader in readers:
            with contextlib.suppress(OSError):
                answers.append(read_answer(reader))
    told = [got for got in answers if got is not None and got.status == 503]
    assert told
    for got in told:
        assert b"BREB_MEMORY_BUDGET" in got.body
        assert b'"outcome": "not-sent"' in got.body
        assert got["connection"] == "close"


@pytest.mark.needs(files=600)
def test_what_has_gone_up_is_not_ended_for_others() -> None:
    """Its body is not whole: it has gone up, since the upstream may answer before that."""
    with (
        RawUpstream(answer) as upstream,
        Program(upstream.url, memory_budget=1, header_timeout=60) as proxy,
        connect(proxy.port) as reader,
    ):
        reader.sock.sendall(POST % 12 + b"slow ")
        until(lambda: proxy.status()["pool"]["busy"] == 1, "it has gone up")
        with crowd(proxy.port, CROWDS["a head, unfinished"]):
            until(lambda: refused(proxy) > 0, "others give way")
            assert pay(proxy.port).status == 200
        reader.sock.sendall(b"payment")
        got = read_answer(reader)
        assert got is not None
        assert (got.status, got.body) == (200, b"slow payment")


@pytest.mark.needs(files=1300)
def test_who_has_shown_a_key_gives_way_after_strangers() -> None:
    key = "a-key-of-sixteen-characters"
    own = GET % b"/x" + b"X-Proxy-Key: %b\r\n" % key.encode()
    settings = {"caller_key": key, "memory_budget": 2, "header_timeout": 60}
    with (
        RawUpstream(answer) as upstream,
        Program(upstream.url, **settings) as proxy,
        connect(proxy.port) as known,
    ):
        known.sock.sendall(own + b"\r\n")
        assert read_answer(known) is not None
        known.sock.sendall(own + LINES[:15_000])  # more than each of the strangers
        with crowd(proxy.port, GET % b"/" + LINES[:12_000], 400):
            until(lambda: refused(proxy) > 0, "strangers give way")
            known.sock.sendall(b": end\r\n\r\n")
            got = read_answer(known)
            assert got is not None
            assert got.status == 200


@pytest.mark.parametrize("done", [False, True], ids=["begun", "done"])
def test_handshakes_are_kept_within_the_budget(done: bool, tmp_path: Path) -> None:
    certificate = trustme.CA().issue_cert("localhost")
    key, chain = tmp_path / "key.pem", tmp_path / "chain.pem"
    certificate.private_key_pem.write_to_path(key)
    certificate.cert_chain_pems[0].write_to_path(chain)
    settings = {"tls_cert": chain, "tls_key": key, "memory_budget": 2, "header_timeout": 60}
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    with RawUpstream(answer) as upstream, Program(upstream.url, **settings) as proxy:
        with contextlib.ExitStack() as stack:
            for _ in range(60):
                reader = stack.enter_context(connect(proxy.port))
                if done:
                    with contextlib.suppress(OSError):
                        reader.sock = stack.enter_context(client.wrap_socket(reader.sock))
                else:
                    reader.sock.sendall(b"\x16\x03\x01\x02\x00\x01")
            with client.wrap_socket(connect(proxy.port).sock) as good:
                good.sendall(POST % 7 + b"payment")
                got = read_answer(Reader(good))
                assert got is not None
                assert got.body == b"payment"
            until(lambda: held(proxy) <= BUDGET, "they are kept within the budget")
        until(lambda: held(proxy) < BUDGET // 4, "they have left")


def test_where_all_places_are_taken_who_stands_still_makes_room() -> None:
    with (
        RawUpstream(answer) as upstream,
        Program(upstream.url, max_callers=20) as proxy,
        crowd(proxy.port, b"", 20),
    ):
        until(lambda: served(proxy), "a newcomer has a place")


def served(proxy: Program) -> bool:
    """Report whether a newcomer is served; the others have not stood still for long at first."""
    with contextlib.suppress(OSError, AssertionError):
        return pay(proxy.port).status == 200
    return False
