"""The event loop ends connections as we want, and loses nothing that has arrived."""

import asyncio
import socket
import struct
import time
from collections.abc import Callable, Iterator

import pytest

from proxy.windows.loop import new_event_loop
from tests.support.patience import PATIENCE

RESETTING = struct.pack("HH", 1, 0)


class Told(asyncio.Protocol):
    """What a connection's protocol was told."""

    def __init__(self) -> None:
        self.came = b""
        self.lost = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self.came += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set_result(exc)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        sock.settimeout(PATIENCE)
        yield sock


async def connected(listener: socket.socket) -> tuple[asyncio.Transport, Told, socket.socket]:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_connection(Told, *listener.getsockname())
    peer, _ = listener.accept()
    peer.settimeout(PATIENCE)
    return transport, protocol, peer


def run(main: Callable[[], object]) -> None:
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(main())  # type: ignore[arg-type]


def test_a_connection_that_is_to_be_reset_is_not_shut_down_first(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the peer sees an orderly end, if it looks before the reset has come."""
    shut: list[object] = []
    monkeypatch.setattr(socket.socket, "shutdown", lambda *_: shut.append(_))

    async def main() -> None:
        transport, protocol, peer = await connected(listener)
        with peer:
            transport.write(b"half an answer")
            assert await asyncio.to_thread(peer.recv, 100) == b"half an answer"
            sock = transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESETTING)
            transport.abort()
            await protocol.lost
            with pytest.raises(ConnectionResetError):
                peer.recv(100)
        assert shut == []

    run(main)


@pytest.mark.parametrize(
    "sent", [b"HTTP/1.1 408 Request Timeout\r\n\r\n", b""], ids=["bytes", "end"]
)
def test_what_has_arrived_is_known_before_the_loop_tells_it(
    listener: socket.socket, sent: bytes
) -> None:
    async def main() -> None:
        transport, protocol, peer = await connected(listener)
        arrivals = transport.get_extra_info("arrivals")
        await asyncio.sleep(0)
        assert not arrivals.poll(0)
        if sent:
            peer.sendall(sent)
        else:
            peer.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + PATIENCE
        while not arrivals.poll(0):  # no await: the loop cannot tell it meanwhile
            assert time.monotonic() < deadline
        assert protocol.came == b""
        transport.abort()
        await protocol.lost
        peer.close()

    run(main)


@pytest.mark.parametrize("known", [False, True], ids=["not yet known", "known to the loop"])
def test_what_came_before_a_reset_is_handed_on_once_before_a_write_that_meets_it_ends_all(
    listener: socket.socket, known: bool
) -> None:
    async def main() -> None:
        transport, protocol, peer = await connected(listener)
        await asyncio.sleep(0)
        arrivals = transport.get_extra_info("arrivals")
        peer.sendall(b"HTTP/1.1 413 No\r\n\r\n")
        while not arrivals.poll(0):
            pass
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESETTING)
        peer.close()
        if known:  # the loop takes the end of the read in the turn in which this is called
            asyncio.get_running_loop().call_soon(write_until_it_fails, transport)
        else:
            write_until_it_fails(transport)
        assert isinstance(await protocol.lost, ConnectionError)
        assert protocol.came == b"HTTP/1.1 413 No\r\n\r\n"

    run(main)


def write_until_it_fails(transport: asyncio.Transport) -> None:
    """Let the loop read nothing meanwhile."""
    deadline = time.monotonic() + PATIENCE
    while not transport._conn_lost:  # type: ignore[attr-defined]
        assert time.monotonic() < deadline
        transport.write(b"x" * 1_000)


def test_what_waits_to_be_written_is_not_copied_for_each_piece_of_it(
    listener: socket.socket,
) -> None:
    """Else 32 MB took seconds, in which nobody else was served."""

    async def main() -> None:
        transport, protocol, peer = await connected(listener)
        transport.write(bytes(8 << 20))
        waiting = transport._buffer  # type: ignore[attr-defined]
        while len(waiting) > 1 << 20:
            assert transport._buffer is waiting  # type: ignore[attr-defined]
            await asyncio.to_thread(peer.recv, 1 << 20)
        transport.abort()
        await protocol.lost
        peer.close()

    run(main)
