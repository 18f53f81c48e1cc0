"""What the kernel keeps for a connection is bounded where memory is scarce."""

import asyncio
import socket
from typing import cast

import pytest

from proxy.memory import Budget
from proxy.memory.kernel import bound, forget
from proxy.memory.rules import MIB, UNLIMITED

pytestmark = pytest.mark.anyio


def kept(sock: socket.socket) -> int:
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)


async def test_little_is_kept_where_memory_is_scarce_and_as_ever_elsewhere() -> None:
    with socket.socket() as sock:
        usual = kept(sock)
        bound(sock, Budget(UNLIMITED))
        assert kept(sock) == usual
        bound(sock, Budget(45 * MIB))
        assert kept(sock) <= min(usual, 2 * 32_768)


@pytest.mark.needs("posix")
async def test_unix_sockets_are_left_alone() -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        usual = kept(sock)
        bound(sock, Budget(45 * MIB))
        assert kept(sock) == usual


class Transport:
    def __init__(self, sock: socket.socket | None) -> None:
        self._sock = sock

    def get_extra_info(self, name: str) -> socket.socket | None:
        return self._sock


def forgotten(sock: socket.socket | None) -> bool:
    return forget(cast("asyncio.Transport", Transport(sock)))


@pytest.mark.needs("posix")
def test_much_that_nobody_wants_is_forgotten_in_pieces() -> None:
    here, there = socket.socketpair()
    with here, there:
        here.setblocking(False)
        there.sendall(b"x" * 100_000)
        assert forgotten(here)
        assert not forgotten(here)
        assert not forgotten(here), "nothing waits"
        there.close()
        assert not forgotten(here), "the end"


def test_of_a_connection_that_is_gone_nothing_is_forgotten() -> None:
    with socket.socket() as sock:
        sock.close()
        assert not forgotten(sock)
    assert not forgotten(None)
