"""What the end of a connection to the upstream means for the exchange on it."""

import asyncio
import contextlib
import socket
import ssl

from proxy.errors import ConnectionBroken, ConnectionStale, ResponseInvalid, UpstreamError
from proxy.http1.framing import BUFFER
from proxy.http1.response_parser import ResponseParser
from proxy.upstream.tls import tls_ended
from proxy.words import phrase


def in_order(transport: asyncio.Transport) -> bool:
    """Report whether the peer has ended the connection in a way that nobody else could.

    RFC 9112 section 9.8: anyone on the way can cut a TCP connection. Over TLS an end is signed.
    """
    tls = transport.get_extra_info("ssl_object")
    return tls is None or _notified(tls)


def _notified(tls: ssl.SSLObject) -> bool:
    """Report whether the peer has sent close_notify: then reading ends, instead of wanting more."""
    try:
        return tls.read(1) == b""
    except ssl.SSLError as error:
        return isinstance(error, ssl.SSLZeroReturnError)


def read_what_came_before(transport: asyncio.Transport, answer: ResponseParser) -> None:
    """Read the answer that came before a reset.

    An upstream that refuses a body answers early and closes. Where the reset is met by a write,
    the event loop ends the connection with the answer still unread in the kernel. (Over TLS
    it is lost: the loop has taken the session down.)
    """
    sock = transport.get_extra_info("socket")
    if transport.get_extra_info("ssl_object") is not None or sock is None:
        return
    with (
        contextlib.suppress(OSError, ResponseInvalid),
        socket.fromfd(sock.fileno(), sock.family, sock.type) as same,
    ):
        same.setblocking(False)
        while not answer.complete and answer.buffered <= BUFFER and (data := same.recv(BUFFER)):
            answer.feed(data)


def broken_off(
    answer: ResponseParser, cause: Exception | None, *, kept_alive: bool
) -> UpstreamError:
    """Return what an answer that is not whole is reported as.

    ``kept_alive``: other exchanges were on the connection before; ``cause`` ended it.
    """
    if answer.received:
        return ConnectionBroken(phrase("closed-halfway"))
    if kept_alive:
        return ConnectionStale(phrase("closed-kept-alive"))
    if isinstance(cause, ssl.SSLError):
        # TLS 1.3 tells of a refused client certificate only after the handshake.
        return tls_ended(cause)
    return ConnectionBroken(phrase("closed-unanswered"))
