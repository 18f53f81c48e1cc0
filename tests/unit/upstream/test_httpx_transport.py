"""The httpx face of a pool: what any httpx client sees, and how it differs from httpx's own."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.addresses import Url
from proxy.upstream import Pool, PoolTransport
from tests.support import free_port
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


@contextlib.asynccontextmanager
async def client_of(pool: Pool, port: int) -> AsyncIterator[httpx.AsyncClient]:
    origin = Url("http", "127.0.0.1", port)
    transport = PoolTransport(pool, origin)
    async with httpx.AsyncClient(transport=transport, base_url=str(origin)) as client:
        yield client


async def test_a_request_arrives_as_httpx_meant_it() -> None:
    arrived: list[bytes] = []

    async def script(peer: Peer) -> None:
        head = await peer.reader.readuntil(b"\r\n\r\n")
        arrived.append(head + await peer.reader.readexactly(5))
        await peer.send(b"HTTP/1.1 201 Made\r\nA: 1\r\na: 2\r\nContent-Length: 2\r\n\r\nok")
        await peer.closed()

    async with (
        serving(script) as server,
        pooled(server.port) as pool,
        client_of(pool, server.port) as client,
    ):
        response = await client.post("/a%2Fb?c=d", content=b"hello", headers={"X-Y": "z"})
        assert (response.status_code, response.reason_phrase) == (201, "Made")
        assert response.headers.raw == [(b"A", b"1"), (b"a", b"2"), (b"Content-Length", b"2")]
        assert response.text == "ok"
        head = arrived[0]
        assert head.startswith(b"POST /a%2Fb?c=d HTTP/1.1\r\nHost: 127.0.0.1:")
        assert b"\r\nX-Y: z\r\n" in head
        assert head.lower().count(b"content-length: 5\r\n") == 1
        assert head.endswith(b"\r\n\r\nhello")
        assert pool.counts["idle"] == 1


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_a_streamed_request_body_gets_a_length(kind: str) -> None:
    arrived: list[bytes] = []

    async def script(peer: Peer) -> None:
        arrived.append(await peer.request())
        await peer.send(OK)
        await peer.closed()

    class Parts(httpx.SyncByteStream):
        def __iter__(self) -> "object":  # type: ignore[override]
            return iter([b"he", b"llo"])

    async def parts() -> AsyncIterator[bytes]:
        yield b"he"
        yield b"llo"

    async with serving(script) as server, pooled(server.port) as pool:
        origin = Url("http", "127.0.0.1", server.port)
        body = Parts() if kind == "sync" else parts()
        request = httpx.Request("PUT", f"{origin}/", content=body)  # type: ignore[arg-type]
        response = await PoolTransport(pool, origin).handle_async_request(request)
        await response.aread()
        assert b"content-length: 5\r\n" in arrived[0].lower()
        assert b"transfer-encoding" not in arrived[0].lower()


async def test_an_empty_post_says_so_and_a_get_says_nothing() -> None:
    arrived: list[bytes] = []

    async def script(peer: Peer) -> None:
        while True:
            arrived.append((await peer.request()).lower())
            await peer.send(OK)

    async with (
        serving(script) as server,
        pooled(server.port) as pool,
        client_of(pool, server.port) as client,
    ):
        await client.post("/")
        await client.get("/")
        assert b"content-length: 0" in arrived[0]
        assert b"content-length" not in arrived[1]


async def test_a_response_is_streamed_and_given_back_at_its_end_or_close() -> None:
    go = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
        await go.wait()
        await peer.send(b"cd")
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
        await peer.closed()

    async with (
        serving(script) as server,
        pooled(server.port) as pool,
        client_of(pool, server.port) as client,
    ):
        async with client.stream("GET", "/") as response:
            parts = response.aiter_raw()
            assert await anext(parts) == b"ab"
            go.set()
            assert [part async for part in parts] == [b"cd"]
        assert pool.counts["idle"] == 1
        async with client.stream("GET", "/") as response:
            assert await anext(response.aiter_raw()) == b"ab"
            for _ in range(2):  # given back once all the same
                await response.stream.aclose()  # type: ignore[union-attr]
        await until(lambda: not any(pool.counts.values()))
        assert server.connections == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://127.0.0.1:1/",
        "http://127.0.0.1/",
    ],
)
async def test_requests_go_to_the_one_origin_alone(url: str) -> None:
    async with serving(answering(OK)) as server, pooled(server.port) as pool:
        async with client_of(pool, server.port) as client:
            with pytest.raises(httpx.UnsupportedProtocol, match=r"127\.0\.0\.1:"):
                await client.get(url.format(port=server.port))
        assert server.connections == 0


@pytest.mark.parametrize("url", ["http://x.example/p", "http://X.example:80/p"])
def test_the_origin_is_compared_by_its_parts(url: str) -> None:
    transport = PoolTransport(None, Url("http", "x.example", 80))  # type: ignore[arg-type]
    assert transport._reaches(httpx.URL(url))
    assert not transport._reaches(httpx.URL("https://x.example/p"))
    secure = PoolTransport(None, Url("https", "::1", 443))  # type: ignore[arg-type]
    assert secure._reaches(httpx.URL("https://[::1]/"))


async def once(peer: Peer) -> None:
    await peer.request()


async def cut(peer: Peer) -> None:
    await peer.request()
    await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok")


@pytest.mark.parametrize(
    ("script", "limits", "kind"),
    [
        pytest.param(silent, {"read_timeout": 0.05}, httpx.ReadTimeout, id="read"),
        pytest.param(answering(b"nonsense"), {}, httpx.RemoteProtocolError, id="nonsense"),
        pytest.param(once, {}, httpx.ReadError, id="no-answer"),
        pytest.param(cut, {}, httpx.ReadError, id="cut"),
    ],
)
async def test_failures_are_those_of_httpx(
    script: Script, limits: dict[str, float], kind: type[httpx.TransportError]
) -> None:
    async with (
        serving(script) as server,
        pooled(server.port, **limits) as pool,
        client_of(pool, server.port) as client,
    ):
        with pytest.raises(httpx.TransportError) as caught:
            await client.get("/")
        assert caught.type is kind
        assert caught.value.__cause__ is not None


async def test_failures_to_connect_are_those_of_httpx() -> None:
    port = free_port()
    async with pooled(port) as pool, client_of(pool, port) as client:
        with pytest.raises(httpx.ConnectError, match="refused"):
            await client.get("/")
    async with (
        serving(silent) as egress,
        pooled(port, egress=egress.port, connect_timeout=0.05) as pool,
        client_of(pool, port) as client,
    ):
        with pytest.raises(httpx.ConnectTimeout):
            await client.get("/")


async def test_a_full_pool_is_one_of_httpx() -> None:
    async with (
        serving(silent) as server,
        pooled(server.port, connections=1, queue_timeout=0.05) as pool,
        client_of(pool, server.port) as client,
    ):
        first = asyncio.ensure_future(client.get("/"))
        await until(lambda: pool.counts["busy"] == 1)
        with pytest.raises(httpx.PoolTimeout):
            await client.get("/")
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


async def test_leaving_a_request_closes_its_connection() -> None:
    async with (
        serving(silent) as server,
        pooled(server.port) as pool,
        client_of(pool, server.port) as client,
    ):
        task = asyncio.ensure_future(client.get("/"))
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
    async with (
        serving(hanging_up(seen)) as server,
        pooled(server.port) as pool,
        client_of(pool, server.port) as client,
    ):
        await client.get("/1")
        assert (await client.get("/2")).text == "ok"
        assert [head.split()[1] for head in seen] == [b"/1", b"/2", b"/2"]


async def test_a_post_is_never_sent_twice() -> None:
    seen: list[bytes] = []
    async with (
        serving(hanging_up(seen)) as server,
        pooled(server.port) as pool,
        client_of(pool, server.port) as client,
    ):
        await client.get("/1")
        with pytest.raises(httpx.ReadError):
            await client.post("/2", content=b"x")
        assert [head.split()[1] for head in seen] == [b"/1", b"/2"]


async def test_a_post_goes_out_again_when_nothing_of_it_had_gone_out() -> None:
    async with serving(answering(OK)) as server, pooled(server.port) as pool:

        class Closing(Pool):
            """Lends connections that close before they are used, at first."""

            async def acquire(self, within: float = 0) -> object:  # type: ignore[override]
                connection = await pool.acquire(within)
                if within > 0:
                    connection.abort()
                return connection

            release = pool.release  # type: ignore[assignment]

        lender = Closing(pool._connector, pool._limits)
        async with client_of(lender, server.port) as client:
            assert (await client.post("/", content=b"x")).text == "ok"
        assert server.connections == 2


async def test_an_upstream_that_always_hangs_up_is_not_asked_for_ever() -> None:
    seen: list[bytes] = []

    async def script(peer: Peer) -> None:
        seen.append(await peer.request())
        if len(seen) == 1:
            await peer.send(OK)
            seen.append(await peer.request())

    async with (
        serving(script) as server,
        pooled(server.port) as pool,
        client_of(pool, server.port) as client,
    ):
        await client.get("/")
        with pytest.raises(httpx.ReadError):
            await client.get("/")
        assert len(seen) == 3


# -- the same answers through this transport and httpx's own ---------------------------------


@dataclass(frozen=True)
class Seen:
    """What a client got of an answer; all empty where it failed."""

    failed: bool
    status: int = 0
    lines: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""


async def seen_by(transport: httpx.AsyncBaseTransport, method: str, url: str) -> Seen:
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
        ours = await seen_by(PoolTransport(pool, Url.parse(url)), method, url)
        return ours, await seen_by(theirs, method, url)


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
    interim = b"HTTP/1.1 103 Hints\r\nLink: <x>\r\n\r\n" * draw(st.integers(0, 2))
    head = b"".join(b"%b: %b\r\n" % line for line in lines)
    return interim + start + b"\r\n" + head + b"\r\n" + wire


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    answer = draw(answers())
    at = draw(st.integers(0, len(answer) - 1))
    return answer[:at] + draw(st.binary(max_size=2)) + answer[at + 1 :]


def differs_by_design(answer: bytes) -> bool:
    """Refused here, taken there: chunks in HTTP/1.0 (RFC 9112 section 6.1), other versions."""
    start = answer[answer.rfind(b"HTTP/") :]
    return start.startswith(b"HTTP/3") or (
        start.startswith(b"HTTP/1.0") and b"Transfer-Encoding" in answer
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(answer=answers(), method=st.sampled_from(["GET", "GET", "HEAD"]))
async def test_any_answer_looks_the_same_through_httpxs_own_transport(
    answer: bytes, method: str
) -> None:
    ours, theirs = await both_see(answer, method)
    if differs_by_design(answer):
        assert ours.failed
    else:
        assert ours == theirs


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
