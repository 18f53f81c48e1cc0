"""The way out through a corporate proxy: CONNECT, RFC 9110 section 9.3.6.

The proxy sees the upstream's name and port, and our user and password for it if it asks for any;
never what goes through the tunnel, nor the client certificate that is for the upstream.
"""

import asyncio
import base64
import re
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import NoReturn, cast

from pydantic import SecretStr

from proxy.addresses import Url, bracketed
from proxy.errors import EgressFailed, EgressLogin, UpstreamError
from proxy.upstream.tls import ResumingContext, certificate_refused, tls_failed

_MAX_HEAD = 16_384
_INTERIM = re.compile(rb"HTTP/1\.[01] 1.*?\r\n\r\n", re.DOTALL)
_SCHEME = re.compile(rb"\r\nproxy-authenticate:[ \t]*([\w-]+)", re.IGNORECASE)
# tinyproxy answers 401 to a wrong password, and 407 to none.
_LOGIN = ("401", "407")
# What a web server answers, which knows no CONNECT.
_NO_PROXY = ("400", "404", "405", "501")
_LOGIN_PAGE = (
    "open a web page with a browser that uses the same proxy: you may have to log in to the network"
    " first; then check BREB_EGRESS_PROXY"
)
_OWN_TLS = (
    "check the scheme in BREB_EGRESS_PROXY: most proxies need http://; https:// is only for a"
    " proxy that uses TLS itself"
)
_NO_BASIC = (
    "ask the administrators of the egress proxy to allow Basic, or to allow this machine without"
    " a login; or run a proxy on this machine that can log in there, and set BREB_EGRESS_PROXY"
    " to it"
)


class EgressProxy:
    """Where the corporate proxy is, and who we are to it; ``tls`` is for an https:// one.

    ``read`` gives the credentials as they are now, None if they cannot be read. It is asked when
    the proxy does not take ours: such passwords change every few months, and we may run for longer.
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
        """Have the proxy, to which ``connect`` gives a connection, connect us with ``origin``.

        Raises EgressFailed, or what went wrong in the handshake with the proxy itself.
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
        what = f"the egress proxy {self.url.authority}"
        if isinstance(error, ssl.SSLCertVerificationError):
            refused = certificate_refused(error, what)
            refused.title = "The egress proxy's certificate is not trusted"
            refused.next_step = refused.next_step.replace("BREB_BASE_URL", "BREB_EGRESS_PROXY")
            return refused
        if isinstance(error, ssl.SSLError):
            failed = tls_failed(error, f"TLS with {what}")
            failed.title, failed.next_step = EgressFailed.title, _OWN_TLS
            return failed
        return EgressFailed(f"{what} closed the connection during the handshake", _OWN_TLS)


def _ask(target: str, credentials: SecretStr | None) -> bytes:
    login = ""
    if credentials is not None:
        plain = credentials.get_secret_value().encode()
        login = f"Proxy-Authorization: Basic {base64.b64encode(plain).decode()}\r\n"
    return f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{login}\r\n".encode()


def _judge(head: bytes, target: str, credentials: SecretStr | None) -> None:
    words = head.split(b"\r\n", 1)[0].split(b" ", 2)
    if not words[0].startswith(b"HTTP/1.") or len(words) < 2 or not words[1].isdigit():
        _fail(f"the egress proxy's response to CONNECT {target} is not valid HTTP")
    status = words[1][:3].decode()
    text = f"the egress proxy answered {status} to CONNECT {target}"
    if status in _LOGIN:
        raise _no_login(text, [each.decode() for each in _SCHEME.findall(head)], credentials)
    if status.startswith("3"):
        _fail(f"{text}: this network may have a login page", _LOGIN_PAGE)
    if status in _NO_PROXY:
        _fail(
            f"{text}: it may not be an HTTP proxy",
            "check the host and port in BREB_EGRESS_PROXY; if an HTTP proxy is there, ask its"
            f" administrators to allow CONNECT to {origin_words(target)}",
        )
    if status.startswith("5"):
        _fail(
            f"{text}: it cannot reach that host",
            f"check that {origin_words(target)} is right in BREB_BASE_URL; if it is, ask the"
            " administrators of the egress proxy (BREB_EGRESS_PROXY)",
        )
    if not status.startswith("2"):
        _fail(
            f"{text}: it does not allow this connection",
            "ask the administrators of the egress proxy (BREB_EGRESS_PROXY) to allow CONNECT"
            f" to {origin_words(target)}",
        )


def _no_login(text: str, schemes: list[str], credentials: SecretStr | None) -> EgressLogin:
    if schemes and "basic" not in [scheme.lower() for scheme in schemes]:
        words = " and ".join(dict.fromkeys(schemes))
        return EgressLogin(
            f"{text}: it asks for {words}, but breb-proxy supports Basic only", _NO_BASIC
        )
    if credentials is None:
        return EgressLogin(
            f"{text}: it needs a user and a password",
            "set BREB_EGRESS_CREDENTIALS=USER:PASSWORD to the user and password for"
            " BREB_EGRESS_PROXY",
        )
    return EgressLogin(
        f"{text}: it refused the user and password",
        "check BREB_EGRESS_CREDENTIALS, or the user and password in BREB_EGRESS_PROXY if they are"
        " there",
    )


def origin_words(target: str) -> str:
    """Return a target without the port that nobody writes."""
    return target.removesuffix(":443")


class Tunnel(asyncio.Protocol):
    """The near end of a tunnel, until the upstream's connection takes its place.

    ``head`` is the proxy's answer. What comes after it, before we have sent anything, is not the
    upstream's: TLS and HTTP servers wait for the client.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, target: str) -> None:
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)
        self.head: asyncio.Future[bytes] = loop.create_future()
        self._target = target
        self._data = b""

    @property
    def intact(self) -> bool:
        """Whether nothing has come through that nobody asked for, and it still stands."""
        return not (self._data or self.transport.is_closing())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Gather the head."""
        self._data += data
        while not self.head.done() and (interim := _INTERIM.match(self._data)):
            self._data = self._data[interim.end() :]  # RFC 9110 section 15.2
        if self.head.done():
            return
        head, end, rest = self._data.partition(b"\r\n\r\n")
        if end and rest and head.split(b" ", 2)[1:2] == [b"200"]:
            self._failed(f"the egress proxy sent data after its response to CONNECT {self._target}")
        elif end:
            self._data = b""
            self.head.set_result(head)
        elif len(head) > _MAX_HEAD:
            self._failed(f"the egress proxy did not open a tunnel to {self._target}")

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that there will be no head."""
        self._failed(f"the egress proxy did not open a tunnel to {self._target}", exc)

    def _failed(self, text: str, cause: Exception | None = None) -> None:
        if not self.head.done():
            error = EgressFailed(text)
            error.__cause__ = cause
            self.head.set_exception(error)
            self.head.exception()  # whoever waited may be gone


def _fail(text: str, next_step: str = "") -> NoReturn:
    raise EgressFailed(text, next_step)
