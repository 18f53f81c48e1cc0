"""Answers on their way out: JSON objects, empty ones, and errors."""

from starlette.types import Scope, Send

from proxy.sandbox.models.shapes import Failure
from proxy.sandbox.operations import Reply
from proxy.sandbox.refusal import Refusal
from proxy.sandbox.world import World

_JSON = (b"content-type", b"application/json")
_WITHOUT_BODY = {204, 304}


async def send_bytes(
    send: Send, status: int, content: bytes, fields: list[tuple[bytes, bytes]]
) -> None:
    """Send a whole answer."""
    if status not in _WITHOUT_BODY:
        fields = [*fields, (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": content})


async def send_reply(reply: Reply, send: Send) -> None:
    """Send what an operation answered."""
    if reply.content is None:
        await send_bytes(send, reply.status, b"", [])
    else:
        content = reply.content.model_dump_json(exclude_none=True).encode()
        await send_bytes(send, reply.status, content, [_JSON])


async def send_refusal(world: World, refusal: Refusal, scope: Scope, send: Send) -> None:
    """Send an error in the API's flat shape, or in RFC 6749's where that is chosen."""
    fields = [(name.lower().encode(), value.encode()) for name, value in refusal.fields.items()]
    kind = (b"content-type", world.config.error_content_type.encode())
    content = failure(world, refusal, scope["path"])
    await send_bytes(send, refusal.status, content, [kind, *fields])


def failure(world: World, refusal: Refusal, path: str) -> bytes:
    """Write an error's body."""
    shape = world.config.token_error_shape
    if refusal.code == "INVALID_CLIENT" and shape == "oauth":
        return b'{"error":"invalid_client"}'
    flat = Failure(
        message=refusal.message,
        http_code=refusal.status,
        type=refusal.type,
        code=refusal.code,
        resource=_resource(path),
        url=path,
        trace_id=f"{world.dice.getrandbits(128):032x}",
    )
    return flat.model_dump_json().encode()


def _resource(path: str) -> str:
    parts = [part for part in path.split("/") if part]
    return parts[1] if len(parts) > 1 else ""
