"""The consequence of a connection's end for the exchange on it."""

import asyncio
import contextlib
import socket
import ssl

from proxy.errors import ConnectionBroken, ConnectionStale, ResponseInvalid, UpstreamError
from proxy.http1.framing import BUFFER
from proxy.http1.response_parser import ResponseParser
from proxy.upstream.secured import Secured
from proxy.upstream.tls import tls_ended
from proxy.words import phrase


def in_order(tls: ssl.SSLObject | None) -> bool:
    """Report whether the peer itself ended the connection; over TLS nobody else can.

    RFC 9112 section 9.8: anyone on the path can cut a TCP connection. Over TLS an end is signed.
    """
    return tls is None or _notified(tls)


def _notified(tls: ssl.SSLObject) -> bool:
    """Report whether the peer has sent close_notify: then a read ends, and asks for no more."""
    try:
        return tls.read(1) == b""
    except ssl.SSLError as error:
        return isinstance(error, ssl.SSLZeroReturnError)


def read_what_came_before(
    transport: asyncio.Transport, answer: ResponseParser, secured: Secured | None
) -> None:
    """Read the answer that came before a reset.

    An upstream that refuses a body answers early and closes. If a write meets the reset, the event
    loop ends the connection, and the answer stays unread in the kernel.
    """
    sock = transport.get_extra_info("socket")
    if sock is None:
        return
    with (
        contextlib.suppress(OSError, ResponseInvalid),
        socket.fromfd(sock.fileno(), sock.family, sock.type) as same,
    ):
        same.setblocking(False)
        while not answer.complete and answer.buffered <= BUFFER and (data := same.recv(BUFFER)):
            if opened := data if secured is None else secured.opened(data):
                answer.feed(opened)  # of a part of a record nothing, which would look like an end


def broken_off(
    answer: ResponseParser, cause: Exception | None, *, kept_alive: bool
) -> UpstreamError:
    """Return the error for an answer that is not whole.

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
