"""A request from another ASGI server, in the form in which our listener hands one on."""

from proxy.asgi import Receive, Scope
from proxy.http1.fields import REQUEST, Section
from proxy.http1.request import BodyPart, CallerLeft, Request


def foreign_request(scope: Scope, receive: Receive) -> Request:
    """Return the request; its framing is not judged yet."""
    request = Request(
        scope["method"],
        _joined_target(scope),
        scope.get("http_version", "1.1"),
        Section(list(scope.get("headers", ())), REQUEST),
        framing=0,
    )
    request.scheme = scope.get("scheme", "http")
    request.server = scope.get("server")
    request.body = _Received(receive)
    return request


class _Received:
    """A body that comes by ASGI's ``receive``."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive

    def now(self) -> BodyPart | None:
        return None

    async def next(self) -> BodyPart:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise CallerLeft
        return BodyPart(message.get("body", b""), not message.get("more_body", False))


def _joined_target(scope: Scope) -> bytes:
    path: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    return path + b"?" + query if query else path
