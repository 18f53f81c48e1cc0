"""Slow and many callers, and callers who leave: the listener's bounds on real sockets."""

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import trustme
import uvicorn
from pydantic import SecretStr

from proxy.admin.access import Access
from proxy.asgi import App, Receive, Scope, Send
from proxy.credentials import Credentials, FixedCredentials
from proxy.errors import RequestRefused
from proxy.exchange.problem import problem
from proxy.http1.fields import Lines
from proxy.memory import Budget
from proxy.server import server
from proxy.server.build import build
from proxy.server.listener import Listener
from proxy.settings.model import Settings
from tests.support import Call, Program, RawUpstream, ask, exchange, read_answer
from tests.support.front import until
from tests.support.limits import listener_limits
from tests.support.patience import PATIENCE
from tests.support.wire import Reader, connect

HEADER_TIMEOUT, IDLE_TIMEOUT = 0.5, 1.0  # seconds, of the hasty program


@pytest.fixture(scope="module")
def upstream() -> Iterator[RawUpstream]:
    with RawUpstream() as running:
        yield running


@pytest.fixture(scope="module")
def hasty(upstream: RawUpstream) -> Iterator[Program]:
    times = {"header_timeout": HEADER_TIMEOUT, "idle_timeout": IDLE_TIMEOUT}
    with Program(upstream.url, max_callers=20, **times) as running:
        yield running


def sent(data: bytes, proxy: Program) -> Reader:
    """Connect and send within the time for a head; again, where the machine held us up."""
    while True:
        began = time.monotonic()
        caller = connect(proxy.port)
        caller.sock.sendall(data)
        if time.monotonic() - began < HEADER_TIMEOUT:
            return caller
        caller.sock.close()


def dripped(caller: Reader, count: int) -> bool:
    """Send a body byte by byte; report whether the machine let none of them come late."""
    for _ in range(count):
        began = time.monotonic()
        time.sleep(2 * IDLE_TIMEOUT / count)  # together longer than the idle time-out
        if time.monotonic() - began > IDLE_TIMEOUT / 2:
            return False
        caller.sock.sendall(b"x")
    return True


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
    with sent(b"GET / HTTP/1.1\r\nHost: local", hasty) as caller:
        answer = read_answer(caller)
        assert answer is not None
        assert (answer.status, answer["connection"]) == (408, "close")
        assert b"BREB_HEADER_TIMEOUT" in answer.body


def test_a_caller_that_says_nothing_is_closed(hasty: Program) -> None:
    with connect(hasty.port) as caller:
        assert until_closed(caller) == b""


def test_an_idle_connection_is_closed(hasty: Program) -> None:
    with sent(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", hasty) as caller:
        assert read_answer(caller) is not None
        assert until_closed(caller) == b""


def test_a_body_that_stops_is_given_up(hasty: Program) -> None:
    data = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf"
    with sent(data, hasty) as caller:
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
        assert answer["retry-after"] == "1"
        assert b"BREB_MAX_CALLERS" in answer.body
    finally:
        for reader in held:
            reader.sock.close()


@pytest.mark.needs(files=1200)
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


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01\x02\x00"], ids=["nothing", "a part"])
def test_a_tls_handshake_has_the_time_of_a_head(
    upstream: RawUpstream, tmp_path: Path, said: bytes
) -> None:
    leaf = trustme.CA().issue_cert("localhost")
    leaf.private_key_pem.write_to_path(tmp_path / "key.pem")
    leaf.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    files = {"tls_cert": tmp_path / "cert.pem", "tls_key": tmp_path / "key.pem"}
    with (
        Program(upstream.url, header_timeout=0.5, **files) as proxy,
        socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as sock,
    ):
        sock.sendall(said)
        assert sock.recv(1) == b""


def test_https_to_a_plain_listener_is_told_in_the_log(upstream: RawUpstream) -> None:
    """The caller's own library says "wrong version number" and no more."""
    context = ssl.create_default_context()
    with Program(upstream.url) as proxy:
        with (
            socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as plain,
            pytest.raises(ssl.SSLError),
        ):
            context.wrap_socket(plain, server_hostname="localhost")
        (line,) = proxy.exchanges()
        assert line["reason"] == "malformed"
        assert "http://" in line["error"]
        assert "BREB_TLS_CERT" in line["error"]


def test_half_of_a_new_certificate_leaves_the_old_one_in_use(
    upstream: RawUpstream, tmp_path: Path
) -> None:
    """The files are replaced one after the other, and may be looked at in between."""
    authority = trustme.CA()
    leaf, successor = (authority.issue_cert("localhost") for _ in range(2))
    leaf.private_key_pem.write_to_path(tmp_path / "key.pem")
    leaf.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    files = {"tls_cert": tmp_path / "cert.pem", "tls_key": tmp_path / "key.pem"}
    with Program(upstream.url, **files) as proxy:
        successor.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
        deadline = time.monotonic() + PATIENCE
        while "the old one stays" not in proxy.output:
            assert time.monotonic() < deadline, "the change was not seen"
            time.sleep(0.1)
        with (
            socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as sock,
        ):
            certificate = ssl.DER_cert_to_PEM_cert(sock.getpeercert(binary_form=True) or b"")
        assert certificate.encode() == leaf.cert_chain_pems[0].bytes()


def test_the_apps_run_under_any_asgi_server(upstream: RawUpstream) -> None:
    """Shell, guard and forwarder are plain ASGI: stock uvicorn serves them too."""
    pair = Credentials(SecretStr("a"), SecretStr("b"))
    chosen = Settings(
        base_url=upstream.url,  # type: ignore[arg-type]
        client_id=pair.client_id,
        client_secret=pair.client_secret,
        access_log=False,
    )

    async def scenario() -> int:
        given = FixedCredentials(pair)
        parts = build(chosen, given, lambda *_: None, Access(), as_json=True)
        sock = socket.create_server(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        server = uvicorn.Server(
            uvicorn.Config(
                parts.shell,  # type: ignore[arg-type]
                interface="asgi3",  # it would take a function that returns an awaitable for ASGI 2
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
            for pool in parts.closing:
                await pool.aclose()
        return got.status

    assert asyncio.run(scenario()) == 200
    call: Call = upstream.requests[-1]
    assert (call.target, call.body) == (b"/any?x", b"body")


# -- sizes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "status"),
    [
        pytest.param(b"X: " + b"x" * 120_000, 200, id="a large field"),
        pytest.param(b"X: " + b"x" * 131_072, 431, id="too large a field"),
        pytest.param(b"\r\n".join(b"X: " + b"x" * 1000 for _ in range(140)), 431, id="many"),
        pytest.param(b"\r\n".join(b"X: y" for _ in range(1_900)), 200, id="short fields"),
        pytest.param(b"\r\n".join(b"X: y" for _ in range(2_100)), 431, id="too many fields"),
    ],
)
def test_the_head_of_a_request_is_bounded(
    hasty: Program, upstream: RawUpstream, head: bytes, status: int
) -> None:
    before = len(upstream.requests)
    answer = exchange(hasty.port, b"GET / HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n\r\n")
    assert answer is not None
    assert answer.status == status
    assert len(upstream.requests) - before == (1 if status == 200 else 0)


@pytest.mark.parametrize(("size", "status"), [(60_000, 200), (131_072, 414), (1_000_000, 414)])
def test_the_target_of_a_request_is_bounded(hasty: Program, size: int, status: int) -> None:
    data = b"GET /%b HTTP/1.1\r\nHost: localhost\r\n\r\n" % (b"x" * size)
    answer = exchange(hasty.port, data)
    assert answer is not None
    assert answer.status == status


def test_a_head_without_an_end_is_given_up_at_its_bound(hasty: Program) -> None:
    with connect(hasty.port) as caller:
        caller.sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 200_000)
        answer = read_answer(caller)
        assert answer is not None
        assert (answer.status, answer["connection"]) == (431, "close")


# -- time --------------------------------------------------------------------------------


def test_the_time_for_a_head_counts_for_the_second_request_too(hasty: Program) -> None:
    with sent(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET", hasty) as caller:
        assert read_answer(caller) is not None
        answer = read_answer(caller)
        assert answer is not None
        assert answer.status == 408


def test_empty_lines_after_a_request_are_no_late_head(hasty: Program) -> None:
    with sent(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n\r\n", hasty) as caller:
        answer = read_answer(caller)
        assert answer is not None
        assert answer.status == 200
        assert until_closed(caller) == b""


def test_a_body_may_be_slow_as_long_as_it_moves(hasty: Program, upstream: RawUpstream) -> None:
    head = b"POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 24\r\n\r\n"
    caller = sent(head, hasty)
    while not dripped(caller, 24):
        caller.sock.close()
        caller = sent(head, hasty)
    with caller:
        answer = read_answer(caller)
    assert answer is not None
    assert answer.status == 200
    assert upstream.requests[-1].body == b"x" * 24


@pytest.mark.needs("posix")  # sockets as Linux shows them
@pytest.mark.parametrize(
    ("connection", "size"),
    [
        pytest.param("keep-alive", 1, id="between answers"),
        pytest.param("keep-alive", 16, id="within an answer"),
        pytest.param("close", 16, id="within the last answer"),
    ],
)
def test_a_caller_that_takes_nothing_is_given_up(connection: str, size: int) -> None:
    """Also when the exchange is over, and its answer only waits to be taken."""
    block = b"x" * (size << 20)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(block) + block
    data = f"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\n\r\n".encode()
    with RawUpstream(answer) as upstream, Program(upstream.url, idle_timeout=0.5) as proxy:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with sock:
            sock.connect(("127.0.0.1", proxy.port))
            sock.sendall(data * 40 if connection == "keep-alive" else data)
            until(lambda: upstream.requests, "the connection is taken")
            until(lambda: not open_sockets(proxy, sock), "the connection is let go")
        assert proxy.status()["pool"]["busy"] == 0


def open_sockets(proxy: Program, caller: socket.socket) -> bool:
    """Report whether the program still holds its end of the caller's connection (Linux)."""
    port = f":{caller.getsockname()[1]:04X}"
    lines = Path(f"/proc/{proxy.process.pid}/net/tcp").read_text().splitlines()
    rows = [line.split() for line in lines[1:]]
    inodes = {row[9] for row in rows if row[2].endswith(port)}
    held = set()
    for entry in Path(f"/proc/{proxy.process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            held.add(str(entry.readlink()))
    return any(f"socket:[{inode}]" in held for inode in inodes if inode != "0")


# -- apps that misbehave: whatever they do, the connection ends up in a defined state ------

PROMISE = {"type": "http.response.start", "status": 200, "headers": [(b"Content-Length", b"5")]}
OPEN = {"type": "http.response.start", "status": 200, "headers": []}


async def fails(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("on purpose")


async def fails_late(scope: Scope, receive: Receive, send: Send) -> None:
    await send(PROMISE)
    await send({"type": "http.response.body", "body": b"abc", "more_body": True})
    raise RuntimeError("on purpose")


async def says_nothing(scope: Scope, receive: Receive, send: Send) -> None:
    pass


async def says_too_little(scope: Scope, receive: Receive, send: Send) -> None:
    await send(PROMISE)
    await send({"type": "http.response.body", "body": b"abc"})


async def says_too_much(scope: Scope, receive: Receive, send: Send) -> None:
    await send(PROMISE)
    await send({"type": "http.response.body", "body": b"abcdefgh"})


async def stops_halfway(scope: Scope, receive: Receive, send: Send) -> None:
    await send(OPEN)
    await send({"type": "http.response.body", "body": b"abc", "more_body": True})


async def listens_on(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer, then ask for more than there is: told at once that it is over."""
    assert (await receive())["type"] == "http.request"
    await send({**PROMISE, "headers": [(b"Connection", b"close")]})
    await send({"type": "http.response.body", "body": b"fine"})
    assert (await receive())["type"] == "http.disconnect"
    raise ConnectionAbortedError


@pytest.fixture(scope="module")
def apps() -> Iterator[dict[str, int]]:
    """Each app behind a listener of its own; its port by its name."""
    ports: dict[str, int] = {}
    ready, stop = threading.Event(), threading.Event()
    tried = (fails, fails_late, says_nothing, says_too_little, says_too_much)
    thread = threading.Thread(
        target=lambda: server.run(_listen((*tried, stops_halfway, listens_on), ports, ready, stop))
    )
    thread.start()
    assert ready.wait(PATIENCE)
    yield ports
    stop.set()
    thread.join()


def refused(error: RequestRefused) -> tuple[int, Lines, bytes]:
    return problem(error, "a-1", "GET")


async def _listen(
    served: tuple[App, ...], ports: dict[str, int], ready: threading.Event, stop: threading.Event
) -> None:
    listeners = []
    for app in served:
        sock = socket.create_server(("127.0.0.1", 0))
        ports[app.__name__] = sock.getsockname()[1]  # type: ignore[attr-defined]  # a function
        listener = Listener(app, refused, listener_limits(), 1, None)
        listeners.append((listener, asyncio.ensure_future(listener.serve([sock]))))
    ready.set()
    await asyncio.to_thread(stop.wait)
    for listener, serving in listeners:
        listener.drain()
        await serving


def test_where_tls_cannot_be_read_by_records_the_event_loop_does_handshakes() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    async def main() -> None:
        budget = Budget()
        budget.by_records = False
        listener = Listener(listens_on, refused, listener_limits(), 1, context, budget)
        with socket.create_server(("127.0.0.1", 0)) as sock:
            serving = asyncio.ensure_future(listener.serve([sock]))
            await listener.listening.wait()
            reader, writer = await asyncio.open_connection(
                *sock.getsockname(), ssl=trusting, server_hostname="localhost"
            )
            while not (connections := list(listener.callers.connections)):  # noqa: ASYNC110
                await asyncio.sleep(0)
            (connection,) = connections
            assert connection.transport.get_protocol() is connection
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            writer.close()
            listener.drain()
            await serving

    asyncio.run(main())


def test_a_turn_of_the_event_loop_accepts_several_callers() -> None:
    """With one a turn, a caller waits for as many turns as strangers have come before it."""
    uvloop = pytest.importorskip("uvloop")  # Windows' loop accepts as many as there are

    async def main() -> list[int]:
        listener = Listener(listens_on, refused, listener_limits(), 1, None)
        with socket.create_server(("127.0.0.1", 0)) as sock:
            serving = asyncio.ensure_future(listener.serve([sock]))
            await listener.listening.wait()
            address = sock.getsockname()
            callers = [socket.create_connection(address) for _ in range(16)]
            accepted = []
            while len(listener.callers.connections) < len(callers):
                await asyncio.sleep(0)
                accepted.append(len(listener.callers.connections))
            for caller in callers:
                caller.close()
            listener.drain()
            await serving
        return accepted

    assert max(b - a for a, b in pairwise([0, *uvloop.run(main())])) > 1


@pytest.mark.parametrize("app", [fails, says_nothing])
@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_an_app_without_an_answer_ends_the_connection(
    apps: dict[str, int], app: App, version: str
) -> None:
    port = apps[app.__name__]  # type: ignore[attr-defined]  # a function
    with connect(port) as caller:
        caller.sock.sendall(f"GET / HTTP/{version}\r\nHost: x\r\n\r\n".encode())
        assert until_closed(caller) == b""


@pytest.mark.parametrize("app", [fails_late, says_too_little, says_too_much, stops_halfway])
def test_an_app_with_half_an_answer_never_looks_complete(apps: dict[str, int], app: App) -> None:
    port = apps[app.__name__]  # type: ignore[attr-defined]  # a function
    answer = exchange(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer is None or not answer.complete


def test_half_an_answer_without_framing_ends_in_a_reset(apps: dict[str, int]) -> None:
    with connect(apps["stops_halfway"]) as caller:
        caller.sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            read_to_the_end(caller.sock)


def read_to_the_end(sock: socket.socket) -> None:
    while sock.recv(65536):
        pass


def test_an_app_may_ask_for_the_end_of_the_connection(apps: dict[str, int]) -> None:
    with connect(apps["listens_on"]) as caller:
        caller.sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = read_answer(caller)
        assert answer is not None
        assert (answer.body, answer["connection"]) == (b"fine", "close")
        assert until_closed(caller) == b""
