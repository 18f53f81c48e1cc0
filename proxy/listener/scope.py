"""The ASGI scope of a connection, and of a request on it."""

import asyncio
from typing import Any
from urllib.parse import unquote

from proxy.http1.request import Request
from proxy.peer import Peer, peer_uid


class ScopeOfConnection:
    """The part of the scope that all requests of one connection share."""

    __slots__ = ("_base", "peer", "secured")

    def __init__(self, transport: asyncio.BaseTransport) -> None:
        self.peer = Peer(peer_uid(transport.get_extra_info("socket")))
        self.secured = bool(transport.get_extra_info("sslcontext"))
        self._base: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "server": _address(transport.get_extra_info("sockname")),
            "client": _address(transport.get_extra_info("peername")),
            "scheme": "https" if self.secured else "http",
            "root_path": "",
            # Places for each request's own values, so that a copy need not grow.
            **dict.fromkeys(("http_version", "method", "raw_path", "path", "query_string")),
            **dict.fromkeys(("headers", "request")),
        }
        if self.peer.uid is not None:
            self._base["uid"] = self.peer.uid

    def of(self, request: Request) -> dict[str, Any]:
        """Return the scope of a request, and give the request its scheme and server."""
        scope = self._base.copy()
        scope["http_version"] = request.version
        scope["method"] = request.method
        path = scope["raw_path"] = request.path
        scope["path"] = unquote(path.decode("latin-1")) if b"%" in path else path.decode("latin-1")
        scope["query_string"] = request.target[len(path) + 1 :]
        scope["headers"] = request.section.lines
        scope["request"] = request
        request.scheme = scope["scheme"]
        request.server = scope["server"]
        request.peer = self.peer
        return scope


def _address(value: Any) -> tuple[str, int | None] | None:  # noqa: ANN401  as sockets give it
    if isinstance(value, tuple) and len(value) >= 2:
        return str(value[0]), int(value[1])
    return (str(value), None) if value else None
