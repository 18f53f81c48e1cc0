"""The ASGI scope of a connection, and of a request on it."""

import asyncio
from typing import Any, Final
from urllib.parse import unquote

from proxy.http1.request import Request
from proxy.peer import Peer, peer_uid

# A place for each value, so that a copy need not grow. One for all connections: there may be
# thousands, and a dictionary of its own would be a tenth of the memory of each.
_PLACES: Final[dict[str, Any]] = {
    "type": "http",
    "asgi": {"version": "3.0", "spec_version": "2.4"},
    "root_path": "",
    **dict.fromkeys(("server", "client", "scheme", "http_version", "method")),
    **dict.fromkeys(("raw_path", "path", "query_string", "headers", "request")),
}


class ScopeOfConnection:
    """The part of the scope that all requests of one connection share."""

    __slots__ = ("_client", "_scheme", "_server", "peer", "secured")

    def __init__(self, transport: asyncio.BaseTransport) -> None:
        self.peer = Peer(peer_uid(transport.get_extra_info("socket")))
        self.secured = bool(transport.get_extra_info("sslcontext"))
        self._scheme = "https" if self.secured else "http"
        self._server = _address(transport.get_extra_info("sockname"))
        self._client = _address(transport.get_extra_info("peername"))

    def introduce(self, request: Request) -> None:
        """Tell a request from whom it came, and where it arrived."""
        request.scheme, request.server, request.peer = self._scheme, self._server, self.peer

    def of(self, request: Request) -> dict[str, Any]:
        """Return the scope of a request."""
        scope = _PLACES.copy()
        scope["server"] = self._server
        scope["client"] = self._client
        scope["scheme"] = self._scheme
        scope["http_version"] = request.version
        scope["method"] = request.method
        path = scope["raw_path"] = request.path
        scope["path"] = unquote(path.decode("latin-1")) if b"%" in path else path.decode("latin-1")
        scope["query_string"] = request.target[len(path) + 1 :]
        scope["headers"] = request.section.lines.copy()  # an app may change its own
        scope["request"] = request
        if self.peer.uid is not None:
            scope["uid"] = self.peer.uid
        return scope


def _address(value: Any) -> tuple[str, int | None] | None:  # noqa: ANN401  as sockets give it
    if isinstance(value, tuple) and len(value) >= 2:
        return str(value[0]), int(value[1])
    return (str(value), None) if value else None
