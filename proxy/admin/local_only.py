"""Who may use the admin listener beyond its probes: this user, on this machine, by our own pages.

A peer and a Host of loopback say which machine asks, the secret of this start says which user. The
link with the secret opens the console: it becomes a cookie that scripts cannot read and pages of
other sites cannot use, and leaves the address bar.
"""

import hmac
import os
import sys
from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from proxy.addresses import ListenAddress, bracketed, loopback
from proxy.admin.secret import NEEDED
from proxy.exchange.web_pages import foreign_page
from proxy.http1.fields import values

Endpoint = Callable[[Request], Awaitable[Response]]
_NAMES = frozenset(("localhost", "127.0.0.1", "[::1]"))


class LocalOnly:
    """Wraps endpoints of the admin listener at ``listen``; ``secret`` is that of this start."""

    def __init__(self, listen: ListenAddress, secret: str) -> None:
        own = {bracketed(listen.host).lower()} if loopback(listen.host) else set()
        self._names = _NAMES | own
        self._unix = bool(listen.path)
        self._secret = secret.encode()
        # Cookies know no ports: another proxy's on this machine must not take the place of ours.
        self._cookie = f"breb-proxy-{listen.port}"

    def __call__(self, endpoint: Endpoint) -> Endpoint:
        """Return ``endpoint`` for those who may use it; others get 401, 403 or 421."""

        async def guarded(request: Request) -> Response:
            self._check_place(request)
            _check_page(request)
            if self._is_our_user(request):
                return await endpoint(request)
            link = request.query_params.get("secret")
            if link is not None and request.method in ("GET", "HEAD") and self._is_secret(link):
                return self._entered(request)
            if not any(map(self._is_secret, self._given(request))):
                raise HTTPException(401, NEEDED, {"WWW-Authenticate": 'Bearer realm="breb-proxy"'})
            return await endpoint(request)

        return guarded

    def _check_place(self, request: Request) -> None:
        peer = request.client.host if request.client else ""
        if not ("uid" in request.scope or self._is_our_user(request) or loopback(peer)):
            raise HTTPException(403, "only clients on this machine (loopback) are allowed\n")
        hosts = request.headers.getlist("host")
        name, colon, port = "".join(hosts).rpartition(":")
        host = name if colon and port.isdigit() else "".join(hosts)
        if len(hosts) != 1 or host.lower() not in self._names:
            raise HTTPException(421, "only loopback names are allowed in the Host header\n")

    def _is_our_user(self, request: Request) -> bool:
        """Report whether the kernel says so: of the peer, or where it cannot, by the socket's mode.

        A socket that a service manager made may have any mode, and one of TCP beside it.
        """
        uid = request.scope.get("uid")
        if uid is not None:
            return uid in (0, os.getuid())
        return self._unix and request.client is None and sys.platform != "linux"

    def _given(self, request: Request) -> list[str]:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        cookie = request.cookies.get(self._cookie, "")
        return [value.strip() if scheme.lower() == "bearer" else "", cookie]

    def _is_secret(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self._secret)

    def _entered(self, request: Request) -> Response:
        """Let the secret leave the address bar, and come back as a cookie."""
        secret = self._secret.decode()
        headers = {
            "Location": request.scope["raw_path"].decode("ascii"),
            "Set-Cookie": f"{self._cookie}={secret}; Path=/; HttpOnly; SameSite=Strict",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
        }
        return Response(status_code=303, headers=headers)


def _check_page(request: Request) -> None:
    """Refuse pages of other sites, before anybody looks at what the browser adds to them."""
    own = f"{request.url.scheme}://{request.headers['host']}".lower().encode()
    lines = request.headers.raw
    if foreign_page(values(lines, b"origin"), values(lines, b"sec-fetch-site"), own):
        raise HTTPException(403, "pages of other sites are not allowed\n")
