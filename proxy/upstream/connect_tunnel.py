"""The way out through a corporate proxy: CONNECT, RFC 9110 section 9.3.6.

The proxy sees the upstream's name and port, and our user and password for the proxy if it asks. It
never sees the bytes in the tunnel, nor the client certificate that is for the upstream.
"""

import asyncio
import base64
import re
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import cast

from pydantic import SecretStr

from proxy.addresses import Url, bracketed
from proxy.errors import EgressFailed, EgressLogin, UpstreamError
from proxy.upstream.tls import ResumingContext, certificate_refused, tls_failed
from proxy.words import Phrase, Said, phrase

_MAX_HEAD = 16_384  # bytes
_INTERIM = re.compile(rb"HTTP/1\.[01] 1.*?\r\n\r\n", re.DOTALL)
_SCHEME = re.compile(rb"\r\nproxy-authenticate:[ \t]*([\w-]+)", re.IGNORECASE)
# tinyproxy answers 401 to a wrong password, and 407 to none.
_LOGIN = ("401", "407")
# The answers of a web server, which does not know CONNECT.
_NO_PROXY = ("400", "404", "405", "501")
_OWN_TLS = phrase("step.egress-scheme")


class EgressProxy:
    """The corporate proxy's address, and our credentials for it; ``tls`` is for an https:// one.

    ``read`` returns the present credentials, None if they cannot be read. It is called when the
    proxy refuses ours: such passwords change every few months, and we may run for longer.
    """

    def __init__(
        self,
        url: Url,
        credentials: SecretStr | None = None,
        tls: ResumingContext | None = None,
        read: Callable[[], SecretStr | None] = lambda: None,
    ) -> None:
        self.url = url
        self._credentials = credentials
        self._read = read
        self._tls = tls if url.scheme == "https" else None

    def __repr__(self) -> str:
        return f"<EgressProxy {self.url}>"

    async def tunnel(
        self, connect: Callable[[], Awaitable[socket.socket]], origin: Url
    ) -> "Tunnel":
        """Ask the proxy, on a connection made by ``connect``, for a tunnel to ``origin``.

        Raises EgressFailed, or the error of the handshake with the proxy itself.
        """
        used = self._credentials
        try:
            return await self._through(await connect(), origin, used)
        except EgressLogin:
            self._credentials = self._read() or used
            if self._credentials == used:
                raise
            return await self._through(await connect(), origin, self._credentials)

    async def _through(
        self, sock: socket.socket, origin: Url, credentials: SecretStr | None
    ) -> "Tunnel":
        loop = asyncio.get_running_loop()
        target = f"{bracketed(origin.host)}:{origin.port}"
        try:
            # From here on the socket is the transport's, which closes it also when this fails.
            _, tunnel = await loop.create_connection(
                lambda: Tunnel(loop, target),
                sock=sock,
                ssl=self._tls,
                server_hostname=self.url.host if self._tls else None,
            )
        except OSError as error:
            raise self._no_tls(error) from error
        try:
            tunnel.transport.write(_ask(target, credentials))
            _judge(await tunnel.head, target, credentials)
        except BaseException:
            tunnel.transport.abort()
            raise
        return tunnel

    def _no_tls(self, error: OSError) -> UpstreamError:
        peer = phrase("egress-proxy", authority=self.url.authority)
        if isinstance(error, ssl.SSLCertVerificationError):
            refused = certificate_refused(error, peer)
            refused.title = phrase("title.egress-certificate")
            refused.next_step = refused.next_step.about("BREB_EGRESS_PROXY")
            return refused
        if isinstance(error, ssl.SSLError):
            failed = tls_failed(error, peer)
            failed.title, failed.next_step = EgressFailed.title, _OWN_TLS
            return failed
        return EgressFailed(phrase("egress-closed", peer=peer), _OWN_TLS)


def _ask(target: str, credentials: SecretStr | None) -> bytes:
    login = ""
    if credentials is not None:
        plain = credentials.get_secret_value().encode()
        login = f"Proxy-Authorization: Basic {base64.b64encode(plain).decode()}\r\n"
    return f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{login}\r\n".encode()


def _judge(head: bytes, target: str, credentials: SecretStr | None) -> None:
    words = head.split(b"\r\n", 1)[0].split(b" ", 2)
    if not words[0].startswith(b"HTTP/1.") or len(words) < 2 or not words[1].isdigit():
        raise EgressFailed(phrase("egress-not-http", target=target))
    status, origin = words[1][:3].decode(), origin_words(target)
    answered = phrase("egress-answered", status=status, target=target)
    if status in _LOGIN:
        raise _no_login(answered, [each.decode() for each in _SCHEME.findall(head)], credentials)
    if status.startswith("3"):
        page = phrase("egress-login-page", answered=answered)
        raise EgressFailed(page, phrase("step.log-in"))
    if status in _NO_PROXY:
        no_proxy = phrase("egress-no-proxy", answered=answered)
        raise EgressFailed(no_proxy, phrase("step.egress-no-proxy", target=origin))
    if status.startswith("5"):
        beyond = phrase("egress-cannot-reach", answered=answered)
        raise EgressFailed(beyond, phrase("step.egress-cannot-reach", target=origin))
    if not status.startswith("2"):
        forbidden = phrase("egress-forbids", answered=answered)
        raise EgressFailed(forbidden, phrase("step.allow-connect", target=origin))


def _no_login(answered: Phrase, schemes: list[str], credentials: SecretStr | None) -> EgressLogin:
    if schemes and "basic" not in [scheme.lower() for scheme in schemes]:
        asked: Said = schemes[0]
        for scheme in list(dict.fromkeys(schemes))[1:]:
            asked = phrase("schemes", first=asked, second=scheme)
        no_basic = phrase("egress-no-basic", answered=answered, schemes=asked)
        return EgressLogin(no_basic, phrase("step.allow-basic"))
    if credentials is None:
        wanted = phrase("egress-wants-login", answered=answered)
        return EgressLogin(wanted, phrase("step.set-egress-login"))
    refused = phrase("egress-refuses-login", answered=answered)
    return EgressLogin(refused, phrase("step.check-egress-login"))


def origin_words(target: str) -> str:
    """Return a target without the default port."""
    return target.removesuffix(":443")


class Tunnel(asyncio.Protocol):
    """The near end of a tunnel, until the upstream's connection takes its place.

    ``head`` is the proxy's answer. Bytes that come after it, before we have sent anything, are not
    the upstream's: TLS and HTTP servers wait for the client.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, target: str) -> None:
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)
        self.head: asyncio.Future[bytes] = loop.create_future()
        self._target = target
        self._data = b""

    @property
    def intact(self) -> bool:
        """Whether no unexpected bytes have come, and the connection is open."""
        return not (self._data or self.transport.is_closing())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Gather the head."""
        self._data += data
        after = 0
        while not self.head.done() and (interim := _INTERIM.match(self._data, after)):
            after = interim.end()  # RFC 9110 section 15.2
        self._data = self._data[after:]
        if self.head.done():
            return
        head, end, rest = self._data.partition(b"\r\n\r\n")
        if end and rest and head.split(b" ", 2)[1:2] == [b"200"]:
            self._failed(phrase("egress-too-much", target=self._target))
        elif end:
            self._data = b""
            self.head.set_result(head)
        elif len(head) > _MAX_HEAD:
            self._failed(phrase("egress-no-tunnel", target=self._target))

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that there will be no head."""
        self._failed(phrase("egress-no-tunnel", target=self._target), exc)

    def _failed(self, detail: Phrase, cause: Exception | None = None) -> None:
        if not self.head.done():
            error = EgressFailed(detail)
            error.__cause__ = cause
            self.head.set_exception(error)
            self.head.exception()  # perhaps nobody waits any more
