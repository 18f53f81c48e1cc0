"""Answers on their way out: JSON objects, empty ones, and errors."""

from starlette.types import Scope, Send

from simulator.models.shapes import Failure, OAuthFailure
from simulator.operations import Reply
from simulator.refusal import Refusal
from simulator.world import World

_JSON = (b"content-type", b"application/json")
_WITHOUT_BODY = {204, 304}
_CHALLENGE = "WWW-Authenticate"
TRACE = "sandbox.trace_id"  # where an exchange's scope keeps what its answer was given
OAUTH = {400, 401, 403}  # what RFC 6749 section 5.2 has words for, and the switch's 403
TOKENS = "/v1/iam/oauth/tokens"


async def send_bytes(
    send: Send, status: int, content: bytes, fields: list[tuple[bytes, bytes]]
) -> None:
    """Send a whole answer."""
    if status in _WITHOUT_BODY:
        content = b""
    else:
        fields = [*fields, (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": content})


async def send_reply(reply: Reply, send: Send) -> None:
    """Send an operation's answer."""
    if reply.content is None:
        await send_bytes(send, reply.status, b"", [])
    else:
        content = reply.content.model_dump_json(exclude_none=True).encode()
        await send_bytes(send, reply.status, content, [_JSON])


async def send_refusal(world: World, refusal: Refusal, scope: Scope, send: Send) -> None:
    """Send an error in the API's flat shape, or in RFC 6749's where that is chosen."""
    told = refusal.fields
    if refusal.status == 401:
        told = {_CHALLENGE: 'Bearer error="invalid_token"', **told}
    fields = [
        (name.lower().encode(), value.encode())
        for name, value in told.items()
        if name != _CHALLENGE or world.config.www_authenticate
    ]
    kind = (b"content-type", world.config.error_content_type.encode())
    at_tokens = (scope["method"], scope["path"]) == ("POST", TOKENS)
    shape = world.config.token_error_shape
    if shape == "oauth" and at_tokens and refusal.status in OAUTH:
        content = _oauth_failure(refusal).model_dump_json().encode()
    else:
        content = failure(world, refusal, scope)
    await send_bytes(send, refusal.status, content, [kind, *fields])


def _oauth_failure(refusal: Refusal) -> OAuthFailure:
    if refusal.code == "INVALID_CLIENT":
        error = "invalid_client"
    elif refusal.member == "grant_type" and refusal.code == "INVALID_FIELD":
        error = "unsupported_grant_type"
    else:
        error = "invalid_request"
    return OAuthFailure(error=error, error_description=refusal.message)


def failure(world: World, refusal: Refusal, scope: Scope) -> bytes:
    """Write an error's body in the flat shape, and note its trace id."""
    path = scope["path"]
    scope[TRACE] = f"{world.random.getrandbits(128):032x}"
    flat = Failure(
        message=refusal.message,
        http_code=refusal.status,
        type=refusal.type,
        code=refusal.code,
        resource=_resource(path),
        url=path,
        trace_id=scope[TRACE],
    )
    return flat.model_dump_json().encode()


def _resource(path: str) -> str:
    parts = [part for part in path.split("/") if part]
    return parts[1] if len(parts) > 1 else ""
