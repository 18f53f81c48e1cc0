"""One path of the API: pick the method, check the caller, read, answer."""

import re
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError
from starlette.types import Receive, Scope, Send

from simulator.answers import send_refusal, send_reply
from simulator.gate import Gate
from simulator.models.shapes import UUID
from simulator.operations import Call, Operation
from simulator.outcomes import FIELD, parse
from simulator.records import Outcome
from simulator.refusal import Refusal
from simulator.settlement import settle_due
from simulator.words import words
from simulator.world import World

_UUID = re.compile(UUID)


class Endpoint:
    """An ASGI application for all operations on one path."""

    def __init__(self, world: World, gate: Gate, operations: list[Operation]) -> None:
        self._world = world
        self._gate = gate
        self._operations = {operation.method: operation for operation in operations}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, with an error if need be."""
        try:
            operation = self._operations.get(scope["method"])
            if operation is None:
                fields = {"Allow": ", ".join(sorted(self._operations))}
                raise Refusal(405, "the path does not take this method", fields=fields)
            settle_due(self._world)
            token = self._gate.admit(scope, operation)
            content = await _read(receive, self._world.config.body_limit)
            path, query = _path(scope), _query(operation, scope)
            body, outcome = _content(operation, content), _outcome(operation, scope)
            call = Call(self._world, path, token, query, body, outcome)
            reply = operation.answer(call)
            self._world.served[operation.name] += 1
        except Refusal as refusal:
            await send_refusal(self._world, refusal, scope, send)
        else:
            await send_reply(reply, send)


async def _read(receive: Receive, limit: int) -> bytes:
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            # half a body may be whole JSON: an incomplete request is not carried out
            raise Refusal(400, "the caller left before the end of the body")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
        if size > limit:
            raise Refusal(413, "the body is too large")
    return b"".join(parts)


def _path(scope: Scope) -> dict[str, str]:
    for name, value in scope["path_params"].items():
        if not _UUID.match(value):
            raise Refusal(400, f"Field '{name}' is not a lower-case UUID")
    return dict(scope["path_params"])


def _query(operation: Operation, scope: Scope) -> BaseModel | None:
    if operation.query is None:
        return None
    text = scope["query_string"].decode("latin-1")
    try:
        return operation.query.model_validate(dict(parse_qsl(text, keep_blank_values=True)))
    except ValidationError as error:
        raise _invalid(error) from error


def _content(operation: Operation, content: bytes) -> BaseModel | None:
    if operation.body is None or (operation.body_optional and not content.strip()):
        return None
    try:
        return operation.body.model_validate_json(content)
    except ValidationError as error:
        raise _invalid(error) from error


def _outcome(operation: Operation, scope: Scope) -> Outcome | None:
    spelled = next((value for name, value in scope["headers"] if name == FIELD), None)
    if spelled is None:
        return None
    try:
        if not operation.forces:
            raise ValueError("only requests that make or confirm a payment have an outcome")
        return parse(spelled.decode("latin-1"))
    except ValueError as error:
        message = f"Field 'X-Sandbox-Outcome': {error}"
        raise Refusal(400, message, code="INVALID_OUTCOME") from error


def _invalid(error: ValidationError) -> Refusal:
    first = error.errors(include_url=False, include_input=False)[0]
    kind, reason = first["type"], words(first)
    if kind == "json_invalid":
        return Refusal(400, "the body is not JSON", code="INVALID_JSON")
    # upper-case parts are the tags of unions, not members of the body
    parts = [str(part) for part in first["loc"] if not str(part).isupper()]
    if kind in {"union_tag_not_found", "union_tag_invalid"}:
        # pydantic blames the whole object for the member that tells its kind
        parts.append(first["ctx"]["discriminator"].strip("'"))
        reason = f"must be one of {first['ctx'].get('expected_tags')}"
    name = ".".join(parts)
    if not name:
        return Refusal(400, f"the body {reason}", code="INVALID_JSON")
    if kind in {"missing", "union_tag_not_found"}:
        return Refusal(400, f"Field '{name}' is required", code="MISSING_FIELD", member=name)
    message = f"Field '{name}' is invalid: {reason}"
    return Refusal(400, message, code="INVALID_FIELD", member=name)
