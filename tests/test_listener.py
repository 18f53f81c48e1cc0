"""Slow and many callers, and callers who leave: the listener's bounds on real sockets."""

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator

import pytest
import trustme
import uvicorn

from proxy import settings
from proxy.app import build
from tests.kit import Call, Program, RawUpstream, ask, read_answer
from tests.kit.wire import Reader, connect

PATIENCE = 10.0


@pytest.fixture(scope="module")
def upstream() -> Iterator[RawUpstream]:
    with RawUpstream() as running:
        yield running


@pytest.fixture(scope="module")
def hasty(upstream: RawUpstream) -> Iterator[Program]:
    with Program(upstream.url, header_timeout=0.5, idle_timeout=1, max_callers=20) as running:
        yield running


def until_closed(reader: Reader) -> bytes:
    reader.sock.settimeout(PATIENCE)
    return reader.rest()


def test_a_head_that_drips_in_is_given_up(hasty: Program) -> None:
    """The time is for the whole head, not for each byte."""
    with connect(hasty.port) as caller:
        began = time.monotonic()
        try:
            for byte in b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"x" * 100:
                caller.sock.sendall(bytes([byte]))
                if time.monotonic() - began > PATIENCE:
                    pytest.fail("the caller is still listened to")
                time.sleep(0.02)
        except OSError:
            return
        answer = read_answer(caller)
        assert answer is None or answer.status == 408


def test_a_caller_is_told_that_its_head_was_late(hasty: Program) -> None:
    with connect(hasty.port) as caller:
        caller.sock.sendall(b"GET / HTTP/1.1\r\nHost: local")
        answer = read_answer(caller)
        assert answer is not None
        assert (answer.status, answer["connection"]) == (408, "close")
        assert b"BREB_HEADER_TIMEOUT" in answer.body


def test_a_caller_that_says_nothing_is_closed(hasty: Program) -> None:
    with connect(hasty.port) as caller:
        assert until_closed(caller) == b""


def test_an_idle_connection_is_closed(hasty: Program) -> None:
    with connect(hasty.port) as caller:
        caller.sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert read_answer(caller) is not None
        assert until_closed(caller) == b""


def test_a_body_that_stops_is_given_up(hasty: Program) -> None:
    with connect(hasty.port) as caller:
        caller.sock.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf")
        answer = read_answer(caller)
        assert answer is not None
        assert answer.status == 408
        assert b'"outcome": "unknown"' in answer.body


def test_too_many_connections_are_told_so(hasty: Program) -> None:
    held = [connect(hasty.port) for _ in range(20)]
    try:
        with connect(hasty.port) as caller:
            answer = read_answer(caller)
        assert answer is not None
        assert answer.status == 503
        assert b"BREB_MAX_CALLERS" in answer.body
    finally:
        for reader in held:
            reader.sock.close()


def test_half_open_connections_do_not_keep_a_good_caller_waiting(upstream: RawUpstream) -> None:
    with Program(upstream.url) as proxy:
        slow = [connect(proxy.port) for _ in range(500)]
        try:
            for reader in slow:
                reader.sock.sendall(b"GET / HTTP/1.1\r\nHost: loc")
            assert ask(proxy.port, "/x").status == 200  # within the reader's deadline
        finally:
            for reader in slow:
                reader.sock.close()


class Silent:
    """An upstream that keeps its answer back."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.open = threading.Event()

    def __call__(self, call: Call) -> bytes | None:
        del call
        self.arrived.set()
        self.open.wait(PATIENCE * 2)
        return None


@pytest.mark.parametrize("abrupt", [False, True], ids=["closing", "resetting"])
def test_a_caller_who_leaves_frees_the_upstream(abrupt: bool) -> None:
    silent = Silent()
    with RawUpstream(silent) as upstream, Program(upstream.url) as proxy:
        with connect(proxy.port) as caller:
            caller.sock.sendall(b"GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert silent.arrived.wait(PATIENCE)
            if abrupt:
                linger = struct.pack("ii", 1, 0)
                caller.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        (line,) = proxy.exchanges()  # written although the upstream never answered
        assert line["reason"] == "caller-left"
        assert proxy.status()["pool"]["busy"] == 0
        silent.open.set()


def test_a_caller_who_half_closes_still_gets_a_quick_answer(upstream: RawUpstream) -> None:
    with Program(upstream.url) as proxy, connect(proxy.port) as caller:
        caller.sock.sendall(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        caller.sock.shutdown(socket.SHUT_WR)
        answer = read_answer(caller)
        assert answer is not None
        assert answer.body == b"ok"


def test_callers_over_tls(upstream: RawUpstream, tmp_path_factory: pytest.TempPathFactory) -> None:
    """And the certificate is loaded again when its files change."""
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()

    def issue() -> int:
        leaf = authority.issue_cert("localhost", "127.0.0.1")
        leaf.private_key_pem.write_to_path(folder / "key.pem")
        leaf.cert_chain_pems[0].write_to_path(folder / "cert.pem")
        return 0

    issue()
    files = {"tls_cert": folder / "cert.pem", "tls_key": folder / "key.pem"}
    context = ssl.create_default_context()
    authority.configure_trust(context)

    def serial(port: int) -> str:
        with (
            socket.create_connection(("127.0.0.1", port), PATIENCE) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as sock,
        ):
            sock.sendall(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = read_answer(Reader(sock))
            assert answer is not None
            assert answer.status == 200
            certificate = sock.getpeercert()
            assert certificate is not None
            return str(certificate["serialNumber"])

    with Program(upstream.url, **files) as proxy:
        first = serial(proxy.port)
        issue()
        deadline = time.monotonic() + PATIENCE
        while serial(proxy.port) == first:
            assert time.monotonic() < deadline, "the new certificate was not loaded"
            time.sleep(0.1)


def test_the_apps_run_under_any_asgi_server(upstream: RawUpstream) -> None:
    """Shell, guard and forwarder are plain ASGI: stock uvicorn serves them too."""
    chosen = settings.load(
        {"base_url": upstream.url, "client_id": "a", "client_secret": "b", "access_log": False},
        **settings.sources(None, None),
    )

    async def scenario() -> int:
        where = {"client_id": "a", "client_secret": "b"}
        parts = build(chosen, where, lambda *_: None, as_json=True)
        sock = socket.create_server(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        server = uvicorn.Server(
            uvicorn.Config(
                parts.shell,  # type: ignore[arg-type]
                http="httptools",
                lifespan="off",
                log_config=None,
                date_header=False,
                server_header=False,
            )
        )
        keeper = asyncio.ensure_future(parts.keeper.run())
        serving = asyncio.ensure_future(server.serve([sock]))
        try:
            got = await asyncio.to_thread(ask, port, "/any?x", "POST", None, b"body")
        finally:
            server.should_exit = True
            await serving
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper
            for pool in parts.pools:
                await pool.aclose()
        return got.status

    assert asyncio.run(scenario()) == 200
    call: Call = upstream.requests[-1]
    assert (call.target, call.body) == (b"/any?x", b"body")
