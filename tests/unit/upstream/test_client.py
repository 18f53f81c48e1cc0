"""Whole requests: how they arrive, what becomes of the answer, and what goes twice."""

import asyncio
import ssl
from dataclasses import dataclass

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.addresses import Url
from proxy.errors import (
    ConnectionBroken,
    ConnectionRefused,
    ConnectionStale,
    ConnectTimeout,
    PoolFull,
    ReadTimeout,
    ResponseInvalid,
    UpstreamError,
)
from proxy.http1.fields import Lines
from proxy.upstream import Client, Pool, Reply
from proxy.upstream.pool import ANY, NEW, Wanted
from tests.support import free_port
from tests.support.examples import examples
from tests.support.scripted import (
    OK,
    Peer,
    Script,
    answering,
    pooled,
    serving,
    silent,
    until,
)

pytestmark = pytest.mark.anyio

LIMIT = 65_536


def client_of(pool: Pool, port: int) -> Client:
    return Client(pool, Url("http", "127.0.0.1", port))


async def get(pool: Pool, port: int, target: str = "/") -> Reply:
    return await client_of(pool, port).send("GET", target, [], limit=LIMIT)


async def test_a_request_arrives_as_it_was_meant() -> None:
    arrived: list[bytes] = []

    async def script(peer: Peer) -> None:
        head = await peer.reader.readuntil(b"\r\n\r\n")
        arrived.append(head + await peer.reader.readexactly(5))
        await peer.send(b"HTTP/1.1 201 Made\r\nA: 1\r\na: 2\r\nContent-Length: 2\r\n\r\nok")
        await peer.closed()

    lines: Lines = [(b"X-Y", b"z"), (b"x-y", b"Z")]
    async with serving(script) as server, pooled(server.port) as pool:
        client = client_of(pool, server.port)
        reply = await client.send("POST", "/a%2Fb?c=d", lines, b"hello", limit=LIMIT)
        assert reply.status == 201
        assert reply.lines == [(b"A", b"1"), (b"a", b"2"), (b"Content-Length", b"2")]
        assert (reply.value(b"a"), reply.value(b"b"), reply.body) == ("1, 2", "", b"ok")
        assert arrived == [
            b"POST /a%%2Fb?c=d HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-Y: z\r\nx-y: Z\r\n"
            b"Content-Length: 5\r\n\r\nhello" % server.port
        ]
        assert pool.counts["idle"] == 1


def test_a_reply_prints_no_body() -> None:
    assert "s3cret" not in repr(Reply(200, [], b"s3cret"))


async def test_an_empty_post_says_so_and_a_get_says_nothing() -> None:
    arrived: list[bytes] = []

    async def script(peer: Peer) -> None:
        while True:
            arrived.append((await peer.request()).lower())
            await peer.send(OK)

    async with serving(script) as server, pooled(server.port) as pool:
        await client_of(pool, server.port).send("POST", "/", [], limit=LIMIT)
        await get(pool, server.port)
        assert b"content-length: 0" in arrived[0]
        assert b"content-length" not in arrived[1]


async def test_an_answer_is_read_to_a_bound_and_its_connection_closed() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 101)
        await peer.closed()

    async with serving(script) as server, pooled(server.port) as pool:
        reply = await client_of(pool, server.port).send("GET", "/", [], limit=100)
        assert reply.body == b"x" * 101
        await until(lambda: not any(pool.counts.values()))


async def once(peer: Peer) -> None:
    await peer.request()


async def cut(peer: Peer) -> None:
    await peer.request()
    await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok")


@pytest.mark.parametrize(
    ("script", "limits", "kind"),
    [
        pytest.param(silent, {"read_timeout": 0.05}, ReadTimeout, id="read"),
        pytest.param(answering(b"nonsense"), {}, ResponseInvalid, id="nonsense"),
        pytest.param(once, {}, ConnectionBroken, id="no-answer"),
        pytest.param(cut, {}, ConnectionBroken, id="cut"),
    ],
)
async def test_failures_are_told_and_close_the_connection(
    script: Script, limits: dict[str, float], kind: type[UpstreamError]
) -> None:
    async with serving(script) as server, pooled(server.port, **limits) as pool:
        with pytest.raises(kind) as caught:
            await get(pool, server.port)
        assert caught.value.sent
        await until(lambda: not any(pool.counts.values()))


async def test_failures_to_connect_are_told() -> None:
    port = free_port()
    async with pooled(port) as pool:
        with pytest.raises(ConnectionRefused, match="refused"):
            await get(pool, port)
    async with (
        serving(silent) as egress,
        pooled(port, egress=egress.port, connect_timeout=0.05) as pool,
    ):
        with pytest.raises(ConnectTimeout):
            await get(pool, port)


async def test_a_full_pool_is_told() -> None:
    async with (
        serving(silent) as server,
        pooled(server.port, connections=1, queue_timeout=0.05) as pool,
    ):
        first = asyncio.ensure_future(get(pool, server.port))
        await until(lambda: pool.counts["busy"] == 1)
        with pytest.raises(PoolFull):
            await get(pool, server.port)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


async def test_leaving_a_request_closes_its_connection() -> None:
    async with serving(silent) as server, pooled(server.port) as pool:
        task = asyncio.ensure_future(get(pool, server.port))
        await until(lambda: server.open == 1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await until(lambda: server.open == 0)
        assert not any(pool.counts.values())


# -- what goes twice, and what never does ----------------------------------------------------


def hanging_up(seen: list[bytes]) -> Script:
    """Answer the first request of a connection and close at the second."""

    async def script(peer: Peer) -> None:
        seen.append(await peer.request())
        await peer.send(OK)
        seen.append(await peer.request())

    return script


async def test_an_idempotent_request_survives_a_stale_connection() -> None:
    seen: list[bytes] = []
    async with serving(hanging_up(seen)) as server, pooled(server.port) as pool:
        await get(pool, server.port, "/1")
        assert (await get(pool, server.port, "/2")).body == b"ok"
        assert [head.split()[1] for head in seen] == [b"/1", b"/2", b"/2"]


async def test_a_post_is_never_sent_twice() -> None:
    seen: list[bytes] = []
    async with serving(hanging_up(seen)) as server, pooled(server.port) as pool:
        await get(pool, server.port, "/1")
        with pytest.raises(ConnectionStale):
            await client_of(pool, server.port).send("POST", "/2", [], b"x", limit=LIMIT)
        assert [head.split()[1] for head in seen] == [b"/1", b"/2"]


async def test_a_post_goes_out_again_when_nothing_of_it_had_gone_out() -> None:
    async with serving(answering(OK)) as server, pooled(server.port) as pool:

        class Closing(Pool):
            """Lends connections that close before they are used, at first."""

            async def acquire(self, wanted: Wanted = ANY) -> object:  # type: ignore[override]
                connection = await pool.acquire(wanted)
                if wanted is not NEW:
                    connection.abort()
                return connection

            release = pool.release  # type: ignore[assignment]

        lender = Closing(pool._connector, pool._limits)
        reply = await client_of(lender, server.port).send("POST", "/", [], b"x", limit=LIMIT)
        assert reply.body == b"ok"
        assert server.connections == 2


async def test_an_upstream_that_always_hangs_up_is_not_asked_for_ever() -> None:
    seen: list[bytes] = []

    async def script(peer: Peer) -> None:
        seen.append(await peer.request())
        if len(seen) == 1:
            await peer.send(OK)
            seen.append(await peer.request())

    async with serving(script) as server, pooled(server.port) as pool:
        await get(pool, server.port)
        with pytest.raises(ConnectionBroken):
            await get(pool, server.port)
        assert len(seen) == 3


# -- the same answers through this client and httpx's own transport -------------------------


@dataclass(frozen=True)
class Seen:
    """What a client got of an answer; all empty where it failed."""

    failed: bool
    status: int = 0
    lines: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""


async def seen_by_us(client: Client, method: str) -> Seen:
    try:
        reply = await client.send(method, "/", [], limit=LIMIT)
    except UpstreamError:
        return Seen(failed=True)
    return Seen(False, reply.status, tuple(map(_as_h11_has_it, reply.lines)), reply.body)


async def seen_by_httpx(transport: httpx.AsyncHTTPTransport, method: str, url: str) -> Seen:
    request = httpx.Request(method, url)
    try:
        response = await transport.handle_async_request(request)
        try:
            body = b"".join([part async for part in response.stream])  # type: ignore[union-attr]
        finally:
            await response.aclose()
    except httpx.TransportError:
        return Seen(failed=True)
    return Seen(False, response.status_code, tuple(map(_as_h11_has_it, response.headers.raw)), body)


def _as_h11_has_it(line: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """It writes the one transfer coding that it knows in lower case."""
    name, value = line
    return (name, value.lower()) if name.lower() == b"transfer-encoding" else line


async def both_see(answer: bytes, method: str = "GET") -> tuple[Seen, Seen]:
    """Serve the same bytes to both, each on a connection that then ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # unused, but else it reads all authorities
    async with (
        serving(answering(answer, then_close=True)) as server,
        pooled(server.port) as pool,
        httpx.AsyncHTTPTransport(verify=context) as theirs,
    ):
        url = f"http://127.0.0.1:{server.port}/"
        ours = await seen_by_us(client_of(pool, server.port), method)
        return ours, await seen_by_httpx(theirs, method, url)


INTERIM = b"HTTP/1.1 103 Hints\r\nLink: <x>\r\n\r\n"
START = st.sampled_from(
    [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 200 OK",
        b"HTTP/1.0 200 OK",
        b"HTTP/1.1 404 Not Found",
        b"HTTP/1.1 204 No Content",
        b"HTTP/1.1 304 Not Modified",
        b"HTTP/1.1 500 ",
        b"HTTP/1.1 299 \xe9t\xe9",
        b"HTTP/1.1 999 Odd",
        b"HTTP/3.0 200 OK",
        b"HTTP/1.1 20 OK",
        b"HTTP/1.1 101 Switching Protocols",
        b"NONSENSE",
    ]
)
NAMES = st.sampled_from([b"A", b"x-b", b"Set-Cookie", b"DATE", b"Vary", b"bad name", b""])
VALUES = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f\x85\xa0"),
    max_size=12,
).map(lambda text: text.encode("latin-1"))
FRAMING = [b"length", b"chunked", b"trailers", b"until", b"short", b"long", b"cut", b"gzip"]


def framed(kind: bytes, body: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Return framing fields and the body's bytes on the wire."""
    size = len(body)
    chunk = b"%x;a=b\r\n%b\r\n" % (size, body) if body else b""
    coding = [(b"Transfer-Encoding", b"Chunked")]
    return {
        b"length": ([(b"Content-Length", b"%d" % size)], body),
        b"short": ([(b"content-length", b"%d" % (size // 2))], body),
        b"long": ([(b"Content-Length", b"%d" % (size + 1))], body),
        b"until": ([], body),
        b"chunked": (coding, chunk + b"0\r\n\r\n"),
        b"trailers": (coding, chunk + b"0\r\nA: b\r\n\r\n"),
        b"cut": (coding, chunk + b"0\r\n"),
        b"gzip": ([(b"Transfer-Encoding", b"gzip, chunked")], chunk + b"0\r\n\r\n"),
    }[kind]


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    start = draw(START)
    lines = draw(st.lists(st.tuples(NAMES, VALUES), max_size=4))
    framing, wire = framed(draw(st.sampled_from(FRAMING)), draw(st.binary(max_size=40)))
    at = draw(st.integers(0, len(lines)))
    lines[at:at] = framing
    interim = INTERIM * draw(st.integers(0, 2))
    head = b"".join(b"%b: %b\r\n" % line for line in lines)
    return interim + start + b"\r\n" + head + b"\r\n" + wire


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    answer = draw(answers())
    at = draw(st.integers(0, len(answer) - 1))
    return answer[:at] + draw(st.binary(max_size=2)) + answer[at + 1 :]


def differs_by_design(answer: bytes) -> bool:
    """Refused here, taken there: chunks in HTTP/1.0 (RFC 9112 section 6.1), other versions."""
    while answer.startswith(INTERIM):
        answer = answer.removeprefix(INTERIM)
    head = answer.partition(b"\r\n\r\n")[0]
    return head.startswith(b"HTTP/3") or (
        head.startswith(b"HTTP/1.0") and b"Transfer-Encoding" in head
    )


@settings(max_examples=examples(150))
@given(answer=answers(), method=st.sampled_from(["GET", "GET", "HEAD"]))
async def test_any_answer_looks_the_same_through_httpxs_own_transport(
    answer: bytes, method: str
) -> None:
    ours, theirs = await both_see(answer, method)
    if differs_by_design(answer):
        assert ours.failed
    else:
        assert ours == theirs


@settings(max_examples=examples(150))
@given(answer=damaged())
async def test_no_damaged_answer_passes_that_httpx_refuses(answer: bytes) -> None:
    ours, theirs = await both_see(answer)
    if not ours.failed:
        assert ours == theirs


STRICTER = {
    "both framings": b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "the same length twice": b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    "a list of lengths": b"Content-Length: 2, 2\r\n\r\nok",
    "a folded line": b"A: b\r\n c\r\nContent-Length: 2\r\n\r\nok",
    "a bare line feed": b"A: b\nContent-Length: 2\r\n\r\nok",
    "a control byte": b"A: b\x01\r\nContent-Length: 2\r\n\r\nok",
}


@pytest.mark.parametrize("rest", STRICTER.values(), ids=STRICTER)
async def test_we_are_stricter_where_others_downstream_could_read_it_another_way(
    rest: bytes,
) -> None:
    ours, theirs = await both_see(b"HTTP/1.1 200 OK\r\n" + rest)
    assert ours.failed
    assert not theirs.failed
