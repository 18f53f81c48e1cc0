"""Opens connections: DNS, happy eyeballs, the egress proxy's tunnel, TLS."""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import aiohappyeyeballs

from proxy.addresses import Origin
from proxy.errors import (
    CertificateRefused,
    ConnectionBroken,
    ConnectionFailed,
    ConnectionRefused,
    ConnectTimeout,
    NameNotResolved,
    TlsFailed,
    UpstreamError,
)
from proxy.upstream.connection import Connection

_STAGGER = 0.25  # RFC 8305 section 8: connection attempt delay
_TUNNEL_HEAD = 16_384


class ResumingContext(ssl.SSLContext):
    """A client context that offers a host's last session again, so that handshakes are short."""

    sessions: dict[str, ssl.SSLSession]

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """Make the TLS object that asyncio asks for, with the session it cannot name."""
        last = self.sessions.get(str(server_hostname))
        return super().wrap_bio(incoming, outgoing, server_side, server_hostname, session or last)


def tls_context(
    ca_bundle: Path | None = None, cert: Path | None = None, key: Path | None = None
) -> ResumingContext:
    """Return a verifying client context: the system's authorities, or those of ``ca_bundle``."""
    context = ResumingContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sessions = {}
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if ca_bundle:
        context.load_verify_locations(ca_bundle)
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        if not context.get_ca_certs() and not _system_directory():
            import certifi

            context.load_verify_locations(certifi.where())
    if cert:
        context.load_cert_chain(cert, key)
    return context


def _system_directory() -> bool:
    capath = ssl.get_default_verify_paths().capath
    return bool(capath) and any(Path(capath).glob("*.0"))


class Connector:
    """Opens connections to one origin.

    ``timeout`` (seconds) covers name, tunnel, TCP and TLS together.
    """

    def __init__(
        self,
        origin: Origin,
        timeout: float,
        tls: ResumingContext | None = None,
        egress: Origin | None = None,
    ) -> None:
        self.origin = origin
        self._timeout = timeout
        self._tls = tls if origin.scheme == "https" else None
        self._egress = egress

    async def open(self, make: Callable[[], Connection]) -> Connection:
        """Return a connected protocol made by ``make``; raise UpstreamError."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._open(make)
        except TimeoutError:
            raise ConnectTimeout(
                f"no connection to {self._peer.authority} within {self._timeout:g} s"
            ) from None

    @property
    def _peer(self) -> Origin:
        return self._egress or self.origin

    async def _open(self, make: Callable[[], Connection]) -> Connection:
        loop = asyncio.get_running_loop()
        sock = await self._connect(loop)
        try:
            if self._egress:
                await self._tunnel(loop, sock)
            reached = time.perf_counter()
            transport, protocol = await loop.create_connection(
                make,
                sock=sock,
                ssl=self._tls,
                server_hostname=self.origin.host if self._tls else None,
            )
        except BaseException as error:
            sock.close()
            if isinstance(error, OSError):
                raise _tls_error(error, self.origin.authority) from error
            raise
        del transport
        protocol.reached = reached
        return protocol

    async def _connect(self, loop: asyncio.AbstractEventLoop) -> socket.socket:
        peer = self._peer
        try:
            infos = await loop.getaddrinfo(peer.host, peer.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NameNotResolved(f"no address for {peer.host}") from error
        try:
            return await aiohappyeyeballs.start_connection(
                infos, happy_eyeballs_delay=_STAGGER, loop=loop
            )
        except ConnectionRefusedError as error:
            raise ConnectionRefused(f"{peer.authority} refused the connection") from error
        except OSError as error:
            if "Connect call failed" in str(error) and "refused" in str(error).lower():
                raise ConnectionRefused(f"{peer.authority} refused the connection") from error
            reason = error.strerror or type(error).__name__
            raise ConnectionFailed(f"no way to {peer.authority}: {reason}") from error

    async def _tunnel(self, loop: asyncio.AbstractEventLoop, sock: socket.socket) -> None:
        """Ask the egress proxy for a tunnel (RFC 9110 section 9.3.6)."""
        host = self.origin.host
        target = f"[{host}]:{self.origin.port}" if ":" in host else f"{host}:{self.origin.port}"
        ask = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n"
        await loop.sock_sendall(sock, ask.encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            # One byte at a time near the end would be needed to leave TLS bytes alone, but the
            # server speaks only after our ClientHello: nothing can follow the head.
            data = await loop.sock_recv(sock, 4096)
            answer += data
            if not data or len(answer) > _TUNNEL_HEAD:
                raise ConnectionBroken(f"the egress proxy gave no tunnel to {target}")
        words = answer.split(b"\r\n", 1)[0].split(b" ", 2)
        if len(words) < 2 or not words[1].startswith(b"2"):
            status = words[1][:3].decode("latin-1") if len(words) > 1 else "nonsense"
            raise ConnectionFailed(f"the egress proxy answered {status} to CONNECT {target}")

    def remember(self, connection: Connection) -> None:
        """Keep the TLS session of a connection for the next handshake."""
        if self._tls is not None:
            tls = connection.transport.get_extra_info("ssl_object")
            if tls is not None and tls.session is not None:
                self._tls.sessions[self.origin.host] = tls.session


def _tls_error(error: OSError, authority: str) -> UpstreamError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return CertificateRefused(f"certificate of {authority}: {_verdict(error)}")
    if isinstance(error, ssl.SSLError):
        return TlsFailed(f"TLS with {authority}: {error.reason or 'handshake failed'}")
    return TlsFailed(f"TLS with {authority}: closed during the handshake")


def _verdict(error: ssl.SSLCertVerificationError) -> str:
    text = error.verify_message or error.reason or "not trusted"
    if "key usage" in text.lower() or "extension" in text.lower():
        # Python 3.13 checks RFC 5280 strictly, which home-made authorities often fail.
        text += " (Python 3.13 and newer want keyUsage in the authority's certificate)"
    return text
