"""Opens connections: DNS, happy eyeballs, the egress proxy's tunnel, TLS."""

import asyncio
import errno
import os
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from typing import cast

import aiohappyeyeballs
from aiohappyeyeballs import AddrInfoType

from proxy.addresses import Url
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
from proxy.upstream.connect_tunnel import EgressProxy
from proxy.upstream.connection import Connection
from proxy.upstream.tls import ResumingContext, certificate_refused, tls_context, tls_failed

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
            text = f"no response from DNS for {self._peer.host} within {self._timeout:g} s"
            raise self._advised(NameTimeout(text)) from None
        try:
            async with asyncio.timeout_at(deadline):
                return await self._open(make, infos)
        except TimeoutError:
            text = f"no connection to {self._named} within {self._timeout:g} s"
            raise self._advised(ConnectTimeout(text)) from None

    def remember(self, connection: Connection) -> None:
        """Keep the TLS session of a connection for the next handshake."""
        if self._tls is not None:
            tls = connection.transport.get_extra_info("ssl_object")
            self._tls.sessions[self.origin.host] = tls.session

    @property
    def _peer(self) -> Url:
        return self._egress.url if self._egress else self.origin

    @property
    def _named(self) -> str:
        """Whom we connect to, in words: who fails should be named."""
        return f"{'the egress proxy ' if self._egress else ''}{self._peer.authority}"

    async def _addresses(self, loop: asyncio.AbstractEventLoop) -> Sequence[AddrInfoType]:
        peer = self._peer
        try:
            return await loop.getaddrinfo(peer.host, peer.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or "not a host name"
            raise self._advised(
                NameNotResolved(f"no address for {peer.host}: {reason.lower()}")
            ) from error

    async def _open(
        self, make: Callable[[], Connection], infos: Sequence[AddrInfoType]
    ) -> Connection:
        loop = asyncio.get_running_loop()
        sock = await self._connect(loop, infos)
        if self._egress:
            return await self._through(self._egress, sock, make)
        reached = time.perf_counter()
        try:
            # From here on the socket is the transport's, which closes it also when this fails.
            _, protocol = await loop.create_connection(
                make,
                sock=sock,
                ssl=self._tls,
                server_hostname=self.origin.host if self._tls else None,
            )
        except OSError as error:
            raise self._not_started(error) from error
        protocol.reached = reached
        return protocol

    async def _through(
        self, egress: EgressProxy, sock: socket.socket, make: Callable[[], Connection]
    ) -> Connection:
        """Put the connection at the near end of a tunnel, in TLS with the upstream itself."""
        tunnel = await egress.tunnel(sock, self.origin)
        reached = time.perf_counter()
        transport = tunnel.transport
        try:
            if self._tls:
                loop = asyncio.get_running_loop()
                name = self.origin.host
                secured = await loop.start_tls(transport, tunnel, self._tls, server_hostname=name)
                transport = tunnel.transport = cast("asyncio.Transport", secured)
            if not tunnel.intact:
                raise EgressFailed(f"the tunnel to {self.origin.authority} was closed")
        except OSError as error:
            transport.abort()
            raise self._not_started(error) from error
        except BaseException:
            transport.abort()
            raise
        protocol = make()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        protocol.reached = reached
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
            error.title = "The egress proxy cannot be reached"
            error.next_step = "check BREB_EGRESS_PROXY, and whether the egress proxy is running"
        return error

    def _not_started(self, error: OSError) -> UpstreamError:
        authority = self.origin.authority
        if self._tls is None:
            return ConnectionFailed(f"cannot reach {authority}: {_words(error)}")
        if isinstance(error, ssl.SSLCertVerificationError):
            return certificate_refused(error, authority)
        if isinstance(error, ssl.SSLError):
            return tls_failed(error, f"TLS with {authority}")
        return TlsFailed(f"TLS with {authority}: closed during the handshake")


def _unreachable(error: OSError | RuntimeError, authority: str) -> UpstreamError:
    """Judge why no address let us in; the errors of several come as one, with or without errno."""
    if isinstance(error, TimeoutError):  # the kernel's own patience was shorter than ours
        return ConnectTimeout(f"no connection to {authority}: {_words(error)}")
    if isinstance(error, ConnectionRefusedError) or f"[Errno {errno.ECONNREFUSED}]" in str(error):
        return ConnectionRefused(f"{authority} refused the connection")
    return ConnectionFailed(f"cannot reach {authority}: {_words(error)}")


def _words(error: OSError | RuntimeError) -> str:
    number = getattr(error, "errno", None)
    return os.strerror(number).lower() if number else str(error) or type(error).__name__
