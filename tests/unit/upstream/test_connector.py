"""Ways to the upstream: names, addresses, tunnels; and what is said when there is none."""

import asyncio
import errno
import os
import socket

import pytest

from proxy.addresses import Url
from proxy.errors import (
    ConnectionFailed,
    ConnectionRefused,
    ConnectTimeout,
    EgressFailed,
    EgressLogin,
    NameNotResolved,
    NameTimeout,
    UpstreamError,
)
from proxy.upstream import Connector
from proxy.upstream.connector import _unreachable, tls_context
from tests.support.ports import free_port, refusing_port
from tests.support.scripted import OK, Peer, answering, fetch, pooled, serving, silent

pytestmark = pytest.mark.anyio


async def refused_by(host: str, port: int, **more: object) -> UpstreamError:
    async with pooled(port, host=host, **more) as pool:  # type: ignore[arg-type]
        with pytest.raises(UpstreamError) as caught:
            await pool.acquire()
        assert not caught.value.sent
        return caught.value


async def test_a_name_without_address_is_a_dns_error() -> None:
    error = await refused_by("does-not-exist.invalid", 80)
    assert type(error) is NameNotResolved
    assert str(error).startswith("no address for does-not-exist.invalid: ")
    assert "BREB_BASE_URL" in str(error.next_step)


async def test_a_name_that_cannot_be_one_is_a_dns_error() -> None:
    error = await refused_by("a" * 64 + ".example", 80)
    assert type(error) is NameNotResolved


async def test_a_name_server_that_says_nothing_is_a_time_out_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def says_nothing(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", says_nothing)
    error = await refused_by("slow.example", 80, connect_timeout=0.1)
    assert type(error) is NameTimeout
    assert (error.status, error.kind) == (504, "dns_timeout")
    assert str(error) == "no response from DNS for slow.example within 0.1 s"
    assert "DNS" in str(error.next_step)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_port_where_nothing_listens_is_a_refusal(host: str) -> None:
    """Also where the host has several addresses, each with a refusal of its own."""
    with refusing_port() as port:
        error = await refused_by(host, port)
    assert type(error) is ConnectionRefused
    assert str(error) == f"{host}:{port} refused the connection"


@pytest.mark.needs("posix")
@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        pytest.param(
            OSError(errno.ENETUNREACH, "Connect call failed ('192.0.2.1', 80)"),
            ConnectionFailed,
            "cannot reach x: " + os.strerror(errno.ENETUNREACH).lower(),
            id="no-route",
        ),
        pytest.param(
            OSError(
                "Multiple exceptions: [Errno 99] Connect call failed ('::1', 1, 0, 0),"
                f" [Errno {errno.ECONNREFUSED}] Connect call failed ('127.0.0.1', 1)"
            ),
            ConnectionRefused,
            "x refused the connection",
            id="refused-where-there-is-a-route",
        ),
        pytest.param(
            OSError(errno.ETIMEDOUT, "Connect call failed ('192.0.2.1', 80)"),
            ConnectTimeout,
            "no connection to x: connection timed out",
            id="kernel-lost-patience",
        ),
        pytest.param(
            RuntimeError("of uvloop"), ConnectionFailed, "cannot reach x: of uvloop", id="rt"
        ),
        pytest.param(OSError(), ConnectionFailed, "cannot reach x: OSError", id="wordless"),
    ],
)
def test_failures_are_told_apart(
    error: OSError | RuntimeError, kind: type[UpstreamError], words: str
) -> None:
    judged = _unreachable(error, "x")
    assert (type(judged), str(judged)) == (kind, words)


def test_a_connection_that_fails_as_it_starts_is_no_fault_of_tls() -> None:
    error = Connector(Url("http", "x", 80), 5)._not_started(OSError(errno.ENOTCONN, "x"))
    assert type(error) is ConnectionFailed


async def test_an_address_without_route_is_not_a_refusal() -> None:
    """A broadcast address is nowhere to connect to, on any machine."""
    error = await refused_by("255.255.255.255", 80)
    assert type(error) is ConnectionFailed
    assert str(error).startswith("cannot reach 255.255.255.255: ")


async def test_a_peer_that_does_not_answer_is_a_connect_time_out() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = []
        for _ in range(4):  # the backlog is full: further SYNs are dropped
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
            fillers.append(filler)
        error = await refused_by("127.0.0.1", port, connect_timeout=0.2)
        for filler in fillers:
            filler.close()
    assert type(error) is ConnectTimeout
    assert str(error) == f"no connection to 127.0.0.1:{port} within 0.2 s"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", pytest.param("::1", marks=pytest.mark.needs("localhost is ::1"))],
)
async def test_a_name_of_two_families_is_reached_over_the_one_that_listens(address: str) -> None:
    async with (
        serving(answering(OK), host=address) as server,
        pooled(server.port, host="localhost") as pool,
    ):
        assert (await fetch(pool))[1] == b"ok"


@pytest.mark.needs("ipv6")
async def test_a_literal_ipv6_address_is_reached() -> None:
    async with (
        serving(answering(OK), host="::1") as server,
        pooled(server.port, host="::1") as pool,
    ):
        assert (await fetch(pool))[1] == b"ok"


async def test_a_family_that_hangs_does_not_hold_up_the_other() -> None:
    """The first address never answers: the second is tried long before the time-out."""
    with socket.socket() as hole, socket.socket() as open_one:
        open_one.bind(("127.0.0.1", free_port()))
        port = open_one.getsockname()[1]
        hole.bind(("127.0.0.2", port))
        hole.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.2", port))
        open_one.listen()
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))
            for host in ("127.0.0.2", "127.0.0.1")
        ]
        connector = Connector(Url("http", "two.example", port), 5)
        with await connector._connect(asyncio.get_running_loop(), found) as sock:
            assert sock.getpeername() == ("127.0.0.1", port)
        for filler in fillers:
            filler.close()


@pytest.mark.needs("posix")
async def test_requests_are_not_held_back_to_fill_packets() -> None:
    async with serving(answering(OK)) as server, pooled(server.port) as pool:
        connection = await pool.acquire()
        sock = connection.transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        pool.release(connection)


# -- the egress proxy ----------------------------------------------------------------------


def tunnelling(asked: list[bytes], answer: bytes = b"HTTP/1.1 200 Go\r\n\r\n") -> object:
    """An egress proxy: connects what it is asked for, piece by piece."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def script(peer: Peer) -> None:
        asked.append(await peer.request())
        for at in range(len(answer)):
            await peer.send(answer[at : at + 1])
        host, _, port = asked[-1].split(b" ")[1].decode().rpartition(":")
        reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
        try:
            await asyncio.gather(copy(peer.reader, writer), copy(reader, peer.writer))
        finally:
            writer.close()

    return script


async def test_an_http_upstream_is_reached_through_the_egress_proxy() -> None:
    asked: list[bytes] = []
    async with (
        serving(answering(OK)) as server,
        serving(tunnelling(asked)) as egress,  # type: ignore[arg-type]
        pooled(server.port, egress=egress.port) as pool,
    ):
        for _ in range(2):
            assert (await fetch(pool))[1] == b"ok"
        target = b"127.0.0.1:%d" % server.port
        assert asked == [b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (target, target)]


async def test_an_ipv6_upstream_is_asked_for_in_brackets() -> None:
    asked: list[bytes] = []

    async def script(peer: Peer) -> None:
        asked.append(await peer.request())
        await peer.send(b"HTTP/1.1 403 Forbidden\r\n\r\n")

    async with serving(script) as egress:
        await refused_by("::1", 443, egress=egress.port)
    assert asked == [b"CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(
            b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno",
            "the egress proxy answered 407 to CONNECT 127.0.0.1:9",
            id="refused",
        ),
        pytest.param(b"HTTP/1.1 403\r\n\r\n", "the egress proxy answered 403 to", id="no-reason"),
        pytest.param(
            b"HTTP/1.1 103 Wait\r\nX: y\r\n\r\nHTTP/1.1 102\r\n\r\nHTTP/1.1 403\r\n\r\n",
            "the egress proxy answered 403 to",
            id="interim",
        ),
        pytest.param(b"", "the egress proxy did not open a tunnel to 127.0.0.1:9", id="closed"),
        pytest.param(b"HTTP/1.1 200", "the egress proxy did not open a tunnel to", id="cut"),
        pytest.param(b"SSH-2.0-x\r\n\r\n", "is not valid HTTP", id="nonsense"),
        pytest.param(b"HTTP/1.1\r\n\r\n", "is not valid HTTP", id="no-status"),
        pytest.param(b"HTTP/1.1 abc\r\n\r\n", "is not valid HTTP", id="status-not-a-number"),
        pytest.param(
            b"HTTP/1.1 200 Go\r\n\r\nHTTP/1.1 200 OK", "data after its response", id="surplus"
        ),
        pytest.param(b"x" * 20_000, "the egress proxy did not open a tunnel to", id="endless"),
    ],
)
async def test_an_egress_proxy_that_gives_no_tunnel_is_named(answer: bytes, words: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.writer.write(answer)

    async with serving(script) as egress:
        error = await refused_by("127.0.0.1", 9, egress=egress.port)
    assert type(error) is (EgressLogin if "407" in words else EgressFailed)
    assert words in str(error)
    assert "BREB_EGRESS_PROXY" in str(error.next_step)
    assert ("BREB_EGRESS_CREDENTIALS" in str(error.next_step)) == ("407" in words)


async def test_an_egress_proxy_that_resets_is_named() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        peer.reset()

    async with serving(script) as egress:
        error = await refused_by("127.0.0.1", 9, egress=egress.port)
    assert (type(error), str(error)) == (
        EgressFailed,
        "the egress proxy did not open a tunnel to 127.0.0.1:9",
    )


async def test_a_slow_egress_proxy_is_a_connect_time_out() -> None:
    """It runs: what it does not do is to answer."""
    async with serving(silent) as egress:
        error = await refused_by("127.0.0.1", 9, egress=egress.port, connect_timeout=0.5)
        assert type(error) is ConnectTimeout
        named = f"the egress proxy 127.0.0.1:{egress.port}"
        assert str(error) == f"{named} did not answer CONNECT 127.0.0.1:9 within 0.5 s"
        assert "BREB_EGRESS_PROXY" in str(error.next_step)
        assert "whether it can reach 127.0.0.1:9" in str(error.next_step)


async def test_an_upstream_that_is_silent_in_the_tunnel_is_not_the_egress_proxys_fault() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 Go\r\n\r\n")
        await silent(peer)

    async with serving(script) as egress:
        more = {"egress": egress.port, "tls": tls_context(), "connect_timeout": 0.5}
        error = await refused_by("127.0.0.1", 9, **more)
        assert type(error) is ConnectTimeout
        assert str(error) == "no TLS with 127.0.0.1:9 within 0.5 s"
        assert "egress" not in str(error.next_step).lower()


async def test_an_egress_proxy_that_is_not_there_is_named_in_the_next_step() -> None:
    with refusing_port() as port:
        error = await refused_by("127.0.0.1", 9, egress=port)
    assert type(error) is ConnectionRefused
    assert "BREB_EGRESS_PROXY" in str(error.next_step)
