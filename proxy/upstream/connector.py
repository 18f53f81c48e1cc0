"""Opens connections: DNS, happy eyeballs, the egress proxy's tunnel, TLS."""

import asyncio
import errno
import os
import socket
import ssl
import sys
import time
from collections.abc import Callable, Sequence
from typing import cast

import aiohappyeyeballs
from aiohappyeyeballs import AddrInfoType

from proxy.addresses import Url, bracketed
from proxy.errors import (
    ConnectionFailed,
    ConnectionRefused,
    ConnectTimeout,
    EgressFailed,
    NameNotResolved,
    NameTimeout,
    TlsFailed,
    UpstreamError,
)
from proxy.upstream.connect_tunnel import EgressProxy, Tunnel, origin_words
from proxy.upstream.connection import Connection
from proxy.upstream.secured import Secured
from proxy.upstream.tls import ResumingContext, certificate_refused, tls_context, tls_failed
from proxy.words import Said, phrase

__all__ = ["Connector", "ResumingContext", "tls_context"]

_STAGGER = 0.25  # RFC 8305 section 8: connection attempt delay


class Connector:
    """Opens connections to one origin.

    ``timeout`` (seconds) covers name, tunnel, TCP and TLS together.
    """

    def __init__(
        self,
        origin: Url,
        timeout: float,
        tls: ResumingContext | None = None,
        egress: EgressProxy | None = None,
    ) -> None:
        self.origin = origin
        self._timeout = timeout
        self._tls = tls if origin.scheme == "https" else None
        self._egress = egress

    async def open(self, make: Callable[[], Connection]) -> Connection:
        """Return a connected protocol made by ``make``; raise UpstreamError."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeout
        try:
            async with asyncio.timeout_at(deadline):
                infos = await self._addresses(loop)
        except TimeoutError:
            silent = phrase("dns-silent", host=self._peer.host, seconds=self._timeout)
            raise self._advised(NameTimeout(silent)) from None
        stages: list[str] = []
        try:
            async with asyncio.timeout_at(deadline):
                return await self._open(make, infos, stages)
        except TimeoutError:
            raise self._late(stages) from None

    def remember(self, connection: Connection) -> None:
        """Keep the TLS session of a connection for the next handshake."""
        if self._tls is not None and connection.tls is not None:
            self._tls.sessions[self.origin.host] = connection.tls.session

    @property
    def _peer(self) -> Url:
        return self._egress.url if self._egress else self.origin

    @property
    def _named(self) -> Said:
        """The peer that we connect to, in words, for errors."""
        authority = self._peer.authority
        return phrase("egress-proxy", authority=authority) if self._egress else authority

    async def _addresses(self, loop: asyncio.AbstractEventLoop) -> Sequence[AddrInfoType]:
        peer = self._peer
        try:
            return await loop.getaddrinfo(peer.host, peer.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            told = getattr(error, "strerror", None)
            reason = told.lower() if told else phrase("not-a-host-name")
            none = phrase("no-address", host=peer.host, reason=reason)
            raise self._advised(NameNotResolved(none)) from error

    async def _open(
        self,
        make: Callable[[], Connection],
        infos: Sequence[AddrInfoType],
        stages: list[str],
    ) -> Connection:
        loop = asyncio.get_running_loop()
        if self._egress:

            async def connect() -> socket.socket:
                sock = await self._connect(loop, infos)
                stages.append("egress")
                return sock

            near: Tunnel | Silence = await self._egress.tunnel(connect, self.origin)
            stages.append("tunnel")
            return await self._put_at(near, make())
        sock = await self._connect(loop, infos)
        # From here on the socket is the transport's, which closes it also when this fails.
        if self._tls:
            _, near = await loop.create_connection(Silence, sock=sock)
        else:
            reached = time.perf_counter()
            _, protocol = await loop.create_connection(make, sock=sock)
            protocol.reached = reached
            return protocol
        return await self._put_at(near, make())

    async def _put_at(self, near: "Tunnel | Silence", protocol: Connection) -> Connection:
        """Put the connection at the near end, in TLS with the upstream itself."""
        below, secured = near.transport, None
        protocol.reached = time.perf_counter()
        try:
            if not near.intact:
                raise self._broken()
            if self._tls:
                secured = Secured(below, near, self._tls, self.origin.host)
                await secured.handshake()
                if below.is_closing() or not near.intact:
                    raise self._broken()
        except OSError as error:
            below.abort()
            raise self._not_started(error) from error
        except BaseException:
            below.abort()
            raise
        protocol.take_over(below, secured)
        return protocol

    async def _connect(
        self, loop: asyncio.AbstractEventLoop, infos: Sequence[AddrInfoType]
    ) -> socket.socket:
        try:
            return await aiohappyeyeballs.start_connection(
                infos, happy_eyeballs_delay=_STAGGER, loop=loop
            )
        except (OSError, RuntimeError) as error:  # uvloop has both
            raise self._advised(_unreachable(error, self._named)) from error

    def _advised(self, error: UpstreamError) -> UpstreamError:
        if self._egress:
            error.title = phrase("title.egress-unreachable")
            error.next_step = phrase("step.egress-running")
        return error

    def _late(self, stages: list[str]) -> UpstreamError:
        """Name the peer that did not answer; an egress proxy that took the connection is not it."""
        origin, seconds = self.origin, self._timeout
        if "tunnel" in stages:
            no_tls = phrase("no-tls-in-time", peer=origin.authority, seconds=seconds)
            return ConnectTimeout(no_tls)
        if "egress" not in stages:
            nobody = phrase("no-connection", peer=self._named, seconds=seconds)
            return self._advised(ConnectTimeout(nobody))
        target = f"{bracketed(origin.host)}:{origin.port}"
        silent = phrase("egress-silent", peer=self._named, target=target, seconds=seconds)
        late = ConnectTimeout(silent)
        late.title = EgressFailed.title
        late.next_step = phrase("step.egress-reaches", target=origin_words(target))
        return late

    def _broken(self) -> UpstreamError:
        authority = self.origin.authority
        if self._egress:
            return EgressFailed(phrase("tunnel-closed", peer=authority))
        return TlsFailed(phrase("tls-disturbed", peer=authority))

    def _not_started(self, error: OSError) -> UpstreamError:
        authority = self.origin.authority
        if self._tls is None:
            return ConnectionFailed(phrase("cannot-reach", peer=authority, reason=_words(error)))
        if isinstance(error, ssl.SSLCertVerificationError):
            return certificate_refused(error, authority)
        if isinstance(error, ssl.SSLError):
            return tls_failed(error, authority)
        return TlsFailed(phrase("tls-closed", peer=authority))


class Silence(asyncio.Protocol):
    """The near end of a connection until there is TLS, whose servers wait for the client."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._spoken = False

    @property
    def intact(self) -> bool:
        """Whether no bytes have come, and the connection is open."""
        return not (self._spoken or self.transport.is_closing())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Note that the server did not wait for the client."""
        self._spoken = bool(data)


def _unreachable(error: OSError | RuntimeError, peer: Said) -> UpstreamError:
    """Word why no address let us in; the errors of several come as one, perhaps without errno."""
    if isinstance(error, TimeoutError):  # the kernel's time-out was shorter than ours
        return ConnectTimeout(phrase("no-connection-because", peer=peer, reason=_words(error)))
    if refused(error):
        return ConnectionRefused(phrase("connection-refused", peer=peer))
    return ConnectionFailed(phrase("cannot-reach", peer=peer, reason=_words(error)))


def refused(error: OSError | RuntimeError) -> bool:
    """Report whether nobody listens; the errors of several addresses come as one text."""
    return isinstance(error, ConnectionRefusedError) or f"[Errno {errno.ECONNREFUSED}]" in str(
        error
    )


def _words(error: OSError | RuntimeError) -> str:
    if sys.platform == "win32" and isinstance(error, OSError):
        from proxy.windows import winsock

        return winsock.words(error)
    number = getattr(error, "errno", None)
    return os.strerror(number).lower() if number else str(error) or type(error).__name__
