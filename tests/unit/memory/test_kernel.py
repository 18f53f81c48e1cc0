"""What the kernel keeps for a connection is bounded where memory is scarce."""

import socket

import pytest

from proxy.memory import Budget
from proxy.memory.kernel import bound
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


async def test_unix_sockets_are_left_alone() -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        usual = kept(sock)
        bound(sock, Budget(45 * MIB))
        assert kept(sock) == usual
