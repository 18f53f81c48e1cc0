"""TLS on a connection, over a transport that is a list."""

import asyncio
import socket
import ssl
from typing import Any, cast

import pytest
import trustme

from proxy.http1.response_parser import ResponseParser
from proxy.upstream.ending import read_what_came_before
from proxy.upstream.secured import RECORD, Secured
from proxy.upstream.tls import ResumingContext, tls_context

pytestmark = pytest.mark.anyio


class Wire:
    """Takes what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.ends: list[str] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def set_protocol(self, protocol: asyncio.Protocol) -> None:
        pass

    def is_closing(self) -> bool:
        return bool(self.ends)

    def close(self) -> None:
        self.ends.append("close")

    def abort(self) -> None:
        self.ends.append("abort")

    def take(self) -> bytes:
        data, self.written[:] = b"".join(self.written), []
        return data


class Above(asyncio.Protocol):
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def data_received(self, data: bytes) -> None:
        self.told.append(data)

    def eof_received(self) -> None:
        self.told.append("end")

    def connection_lost(self, exc: Exception | None) -> None:
        self.told.append(exc)

    def pause_writing(self) -> None:
        self.told.append("pause")

    def resume_writing(self) -> None:
        self.told.append("resume")


class Server:
    """The other end."""

    def __init__(self, authority: trustme.CA, version: ssl.TLSVersion) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = version
        authority.issue_cert("localhost").configure_cert(context)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)

    def sealed(self, *parts: bytes) -> bytes:
        for part in parts:
            self.tls.write(part)
        return self.outgoing.read()

    def opened(self, data: bytes) -> bytes:
        self.incoming.write(data)
        parts = []
        try:
            while part := self.tls.read(RECORD):
                parts.append(part)
        except ssl.SSLWantReadError:
            pass
        return b"".join(parts)


class Ends:
    """Both ends, after the handshake."""

    def __init__(self, authority: trustme.CA, context: ResumingContext) -> None:
        self.authority, self.context = authority, context
        self.wire, self.above = Wire(), Above()

    async def shake(self, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> None:
        self.server = Server(self.authority, version)
        below = cast("asyncio.Transport", self.wire)
        self.secured = Secured(below, self.above, self.context, "localhost")
        shaken = asyncio.ensure_future(self.secured.handshake())
        done = False
        while not (done and shaken.done()):
            await asyncio.sleep(0)
            self.server.incoming.write(self.wire.take())
            try:
                self.server.tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                pass
            if data := self.server.outgoing.read():
                self.secured.data_received(data)
        await shaken


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ends(authority: trustme.CA, tmp_path: Any) -> Ends:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return Ends(authority, tls_context(tmp_path / "ca.pem"))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_records_may_come_in_any_pieces(ends: Ends, version: ssl.TLSVersion) -> None:
    await ends.shake(version)
    for cut in range(1, 120):
        data = ends.server.sealed(b"one", b"two" * 9, b"three")
        for piece in (data[:cut], data[cut : cut + 2], data[cut + 2 :]):
            ends.secured.data_received(piece)
        assert b"".join(cast("list[bytes]", ends.above.told)) == b"one" + b"two" * 9 + b"three"
        ends.above.told.clear()


@pytest.mark.parametrize("size", [1, RECORD, RECORD + 1, 300_000])
async def test_bytes_of_any_length_pass_both_ways_and_no_memory_is_kept_for_them(
    ends: Ends, size: int
) -> None:
    await ends.shake()
    data = bytes(size)
    ends.secured.data_received(
        ends.server.sealed(*(data[start : start + RECORD] for start in range(0, size, RECORD)))
    )
    assert ends.above.told == [data]
    ends.secured.write(data)
    assert all(len(each) < RECORD + 64 for each in ends.wire.written)
    assert ends.server.opened(ends.wire.take()) == data


async def test_what_came_before_an_error_is_handed_on_before_it(ends: Ends) -> None:
    """An answer is an answer, whatever comes behind it; and the server is told."""
    await ends.shake()
    ends.secured.data_received(ends.server.sealed(b"answer") + b"\0" * 100)
    assert ends.above.told == [b"answer"]
    assert ends.wire.ends == ["abort"]
    with pytest.raises(ssl.SSLError, match="ALERT"):
        ends.server.opened(ends.wire.take())
    ends.secured.connection_lost(None)
    assert isinstance(ends.above.told[1], ssl.SSLError)


@pytest.mark.parametrize("behind", [0, 1, 5 * RECORD])
async def test_a_signed_end_is_told_after_what_came_before_it_and_answered(
    ends: Ends, behind: int
) -> None:
    """Whatever comes behind it."""
    await ends.shake()
    answer = ends.server.sealed(b"answer")
    with pytest.raises(ssl.SSLWantReadError):
        ends.server.tls.unwrap()
    ends.secured.data_received(answer + ends.server.outgoing.read() + b"x" * behind)
    assert ends.above.told == [b"answer", "end"]
    assert ends.wire.ends == ["close"]
    ends.server.incoming.write(ends.wire.take())
    ends.server.tls.unwrap()


async def test_an_end_that_meets_an_abort_is_left_at_that(ends: Ends) -> None:
    await ends.shake()
    ends.above.eof_received = ends.wire.abort  # type: ignore[method-assign]
    with pytest.raises(ssl.SSLWantReadError):
        ends.server.tls.unwrap()
    ends.secured.data_received(ends.server.outgoing.read())
    assert ends.wire.ends == ["abort"]
    assert not ends.wire.written


async def test_an_end_that_is_not_signed_is_told_as_well(ends: Ends) -> None:
    await ends.shake()
    ends.secured.eof_received()
    assert ends.above.told == ["end"]


class Busy:
    """TLS that waits for the server while it is in another handshake.

    With TLS 1.2 a server may want one; Python's cannot, so its first step is played here.
    """

    def __init__(self, tls: ssl.SSLObject) -> None:
        self.tls = tls
        self.busy = True

    def write(self, data: bytes) -> int:
        if self.busy:
            raise ssl.SSLWantReadError
        return self.tls.write(data)

    def __getattr__(self, name: str) -> object:
        return getattr(self.tls, name)


@pytest.fixture
async def busy(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> Busy:
    await ends.shake(ssl.TLSVersion.TLSv1_2)
    busy = Busy(ends.secured.tls)
    monkeypatch.setattr(ends.secured, "tls", busy)
    return busy


@pytest.mark.parametrize("first", [b"one", bytes(3 * RECORD)], ids=["small", "large"])
async def test_what_is_written_during_another_handshake_waits_and_keeps_its_order(
    ends: Ends, busy: Busy, first: bytes
) -> None:
    large = bytes(2 * RECORD)
    for data in (first, b"two", large, b"three"):
        ends.secured.write(data)
    ends.secured.data_received(ends.server.sealed(b"not yet"))
    assert not b"".join(ends.wire.written)
    busy.busy = False
    ends.secured.data_received(ends.server.sealed(b"now"))
    assert [each for each in ends.above.told if isinstance(each, bytes)] == [b"not yet", b"now"]
    assert ends.server.opened(ends.wire.take()) == first + b"two" + large + b"three"


async def test_nothing_more_is_to_be_written_until_another_handshake_is_over(
    ends: Ends, busy: Busy
) -> None:
    """A server that begins one and is silent then would have a whole upload wait here."""
    ends.secured.write(b"one")
    assert ends.above.told == ["pause"]
    ends.secured.pause_writing()
    ends.secured.resume_writing()
    assert ends.above.told[-1] == "pause"
    busy.busy = False
    ends.secured.data_received(ends.server.sealed(b"now"))
    assert ends.above.told[-2:] == [b"now", "resume"]


async def test_after_another_handshake_the_transport_below_may_still_be_full(
    ends: Ends, busy: Busy
) -> None:
    ends.secured.write(b"one")
    ends.secured.pause_writing()
    busy.busy = False
    ends.secured.data_received(ends.server.sealed(b"now"))
    assert "resume" not in ends.above.told
    ends.secured.resume_writing()
    assert ends.above.told[-1] == "resume"


@pytest.mark.needs("posix")
async def test_a_part_of_a_record_before_a_reset_is_no_part_of_a_body(ends: Ends) -> None:
    """An empty part is the end of a body."""
    await ends.shake()
    answer = ResponseParser(head_only=False)
    answer.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    ours, theirs = socket.socketpair()

    class Transport(asyncio.Transport):
        def get_extra_info(self, name: str, default: object = None) -> object:
            return ours if name == "socket" else default

    with ours, theirs:
        theirs.sendall(ends.server.sealed(bytes(100))[:50])
        read_what_came_before(Transport(), answer, ends.secured)
    assert not answer.chunks


async def test_an_error_of_a_write_ends_the_connection(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ends.shake()

    class Broken:
        def write(self, data: bytes) -> int:
            raise ssl.SSLError(1, str(len(data)))

    monkeypatch.setattr(ends.secured, "tls", Broken())
    ends.secured.write(b"x")
    assert ends.wire.ends == ["abort"]
    ends.secured.connection_lost(None)
    assert isinstance(ends.above.told[0], ssl.SSLError)


async def test_the_flow_below_is_that_above(ends: Ends) -> None:
    await ends.shake()
    ends.secured.pause_writing()
    ends.secured.resume_writing()
    assert ends.above.told == ["pause", "resume"]
    error = ConnectionResetError()
    ends.secured.connection_lost(error)
    assert ends.above.told[2] is error
