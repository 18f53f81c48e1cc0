"""A tunnel through the egress proxy (RFC 9110 section 9.3.6)."""

import asyncio
import socket

from proxy.addresses import Origin
from proxy.errors import ConnectionFailed, UpstreamError

_MAX_HEAD = 16_384


async def open_tunnel(loop: asyncio.AbstractEventLoop, sock: socket.socket, origin: Origin) -> None:
    """Ask the proxy at the other end of ``sock`` for a tunnel; raise ConnectionFailed."""
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    target = f"{host}:{origin.port}"
    ask = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n"
    try:
        await loop.sock_sendall(sock, ask.encode())
        head = await _head(loop, sock, target)
    except OSError as error:
        raise _refused(f"the egress proxy gave no tunnel to {target}") from error
    words = head.split(b"\r\n", 1)[0].split(b" ", 2)
    if not words[0].startswith(b"HTTP/1.") or len(words) < 2 or not words[1].isdigit():
        raise _refused(f"the egress proxy answered CONNECT {target} with nonsense")
    if not words[1].startswith(b"2"):
        raise _refused(f"the egress proxy answered {words[1][:3].decode()} to CONNECT {target}")


async def _head(loop: asyncio.AbstractEventLoop, sock: socket.socket, target: str) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        data = await loop.sock_recv(sock, 4096)
        head += data
        if not data or len(head) > _MAX_HEAD:
            raise _refused(f"the egress proxy gave no tunnel to {target}")
    head, _, rest = head.partition(b"\r\n\r\n")
    if rest and head.split(b" ", 2)[1:2] == [b"200"]:
        # Both TLS and HTTP servers wait for the client: whatever this is, it is not the upstream.
        raise _refused(f"the egress proxy sent more than a head for CONNECT {target}")
    return head


def _refused(text: str) -> UpstreamError:
    error = ConnectionFailed(text)
    error.next_step = (
        "check BREB_EGRESS_PROXY, and that it lets connections to the upstream through"
    )
    return error
