"""The guard of the admin listener: beyond the probes it serves this user, machine and page alone.

A peer and a Host of loopback prove the machine; a secret of this start proves the user. It comes
in a field that no browser sends by itself: a cookie would go to every port of this machine.
"""

import os
import sys

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from proxy.addresses import ListenAddress, bracketed, loopback
from proxy.admin.access import Access
from proxy.admin.audit import Endpoint
from proxy.exchange.web_pages import foreign_page
from proxy.http1.fields import values
from proxy.http1.request import Request as Received
from proxy.words import Phrase, phrase, preferred

_NAMES = frozenset(("localhost", "127.0.0.1", "[::1]"))


class LocalOnly:
    """Wraps endpoints of the admin listener at ``listen``, which ``access`` opens."""

    def __init__(self, listen: ListenAddress, access: Access) -> None:
        own = {bracketed(listen.host).lower()} if loopback(listen.host) else set()
        self._names = _NAMES | own
        self._unix = bool(listen.path)
        self._access = access

    def __call__(self, endpoint: Endpoint) -> Endpoint:
        """Return ``endpoint``, guarded; a request that may not use it gets 401, 403 or 421."""

        async def guarded(request: Request) -> Response:
            holder = self._access.holder(bearer(request))
            if holder is None and not self._is_our_user(request):
                raise refused(request)
            request.scope["holder"], request.scope["inside"] = holder, True
            ours: Received | None = request.scope.get("request")
            if ours is not None:  # another server does not tell
                ours.peer.known = True
            return await endpoint(request)

        return self.for_all(guarded)

    def for_all(self, endpoint: Endpoint) -> Endpoint:
        """Return ``endpoint``, which shows nothing secret, for all users of this machine."""

        async def here(request: Request) -> Response:
            self._check_place(request)
            _check_page(request)
            return await endpoint(request)

        return here

    def _check_place(self, request: Request) -> None:
        peer = request.client.host if request.client else ""
        if not ("uid" in request.scope or self._is_our_user(request) or loopback(peer)):
            raise HTTPException(403, worded(phrase("admin.not-local"), request))
        hosts = request.headers.getlist("host")
        name, colon, port = "".join(hosts).rpartition(":")
        host = name if colon and port.isdigit() else "".join(hosts)
        if len(hosts) != 1 or host.lower() not in self._names:
            raise HTTPException(421, worded(phrase("admin.host"), request))

    def _is_our_user(self, request: Request) -> bool:
        """Ask the kernel about the peer; where it cannot tell, the socket's mode decides.

        A service manager's socket may have any mode, and may have a TCP socket beside it.
        """
        uid = request.scope.get("uid")
        if uid is not None:
            return uid in (0, os.getuid())
        return self._unix and request.client is None and sys.platform != "linux"


def bearer(request: Request) -> str:
    """Return the text after ``Bearer`` in the Authorization field; empty if there is none."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def refused(request: Request) -> HTTPException:
    """Return the answer to a request without a secret, or with a wrong one."""
    needed = worded(phrase("admin.secret"), request)
    return HTTPException(401, needed, {"WWW-Authenticate": 'Bearer realm="breb-proxy"'})


def worded(what: Phrase, request: Request) -> str:
    """Word a text, and end its last line, in the language that the request asks for."""
    wanted = values(request.headers.raw, b"accept-language")
    return f"{what.said(preferred(wanted))}\n"


def _check_page(request: Request) -> None:
    """Refuse pages of other sites, whichever secret they send."""
    own = f"{request.url.scheme}://{request.headers['host']}".lower().encode()
    lines = request.headers.raw
    if foreign_page(values(lines, b"origin"), values(lines, b"sec-fetch-site"), own):
        raise HTTPException(403, worded(phrase("admin.foreign-page"), request))
