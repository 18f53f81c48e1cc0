"""A tunnel through the egress proxy (RFC 9110 section 9.3.6)."""

import asyncio
import re
import socket

from proxy.addresses import Url, bracketed
from proxy.errors import ConnectionFailed, UpstreamError

_MAX_HEAD = 16_384
_CHECK = "check BREB_EGRESS_PROXY, and that it lets connections to the upstream through"
_LOG_IN = (
    "the egress proxy wants credentials, and none are sent to it: have this machine let through"
    " without, or let BREB_EGRESS_PROXY name a proxy that logs in there"
)
_INTERIM = re.compile(rb"HTTP/1\.[01] 1.*?\r\n\r\n", re.DOTALL)


async def open_tunnel(loop: asyncio.AbstractEventLoop, sock: socket.socket, origin: Url) -> None:
    """Ask the proxy at the other end of ``sock`` for a tunnel; raise ConnectionFailed."""
    host = bracketed(origin.host)
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
        text = f"the egress proxy answered {words[1][:3].decode()} to CONNECT {target}"
        raise _refused(text, _LOG_IN if words[1] == b"407" else _CHECK)


async def _head(loop: asyncio.AbstractEventLoop, sock: socket.socket, target: str) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        data = await loop.sock_recv(sock, 4096)
        head += data
        if not data or len(head) > _MAX_HEAD:
            raise _refused(f"the egress proxy gave no tunnel to {target}")
        while interim := _INTERIM.match(head):  # RFC 9110 section 15.2
            head = head[interim.end() :]
    head, _, rest = head.partition(b"\r\n\r\n")
    if rest and head.split(b" ", 2)[1:2] == [b"200"]:
        # Both TLS and HTTP servers wait for the client: whatever this is, it is not the upstream.
        raise _refused(f"the egress proxy sent more than a head for CONNECT {target}")
    return head


def _refused(text: str, step: str = _CHECK) -> UpstreamError:
    error = ConnectionFailed(text)
    error.next_step = step
    return error
