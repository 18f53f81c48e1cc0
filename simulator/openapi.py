"""The OpenAPI 3.1 document, made from the same table and models that answer."""

from collections.abc import Iterable

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from simulator.answers import OAUTH
from simulator.config import SandboxConfig
from simulator.examples import BODIES
from simulator.models.payments import Payment
from simulator.models.shapes import UUID, Failure, OAuthFailure
from simulator.models.webhooks import EVENTS, OLD_EVENTS, QUESTION, Told, Verdict
from simulator.operations import Operation

Json = dict[str, object]

_MEANINGS = {
    400: "Invalid or missing data",
    401: "The access token is missing, not valid, or does not have a scope",
    403: "Not permitted",
    404: "No such object",
    405: "No such method on this path",
    409: "The object's state forbids it",
    413: "The body is too large",
    429: "Too many requests",
    500: "Internal error",
    503: "Unavailable",
}
# which operation's answer holds what a path's parameter asks for, and where
_SOURCES = {
    "token_id": ("createToken", "token_id"),
    "customer_id": ("linkCustomer", "id"),
    "account_id": ("linkAccount", "id"),
    "key_id": ("createKey", "id"),
    "recipient_id": ("createRecipient", "id"),
    "payment_id": ("createPayment", "id"),
    "qr_code_id": ("createQrCode", "id"),
}
_ABOUT = """\
A simulator made from public documentation; not the real API.

Any request may carry X-Sandbox-Fault (what goes wrong with it), X-Sandbox-Outcome (how the
payment ends that it makes) and X-Sandbox-Namespace (which test's data it uses).
The payloads of webhooks are guesses: the documentation does not describe them."""
_REF = "#/components/schemas/{model}"


def document(operations: Iterable[Operation], config: SandboxConfig) -> Json:
    """Describe every operation as the settings let it answer."""
    operations = list(operations)
    names, schemas = _schemas(operations)
    paths: dict[str, dict[str, object]] = {}
    for operation in operations:
        described = _operation(operation, names, config, _links(operation, operations))
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Bre-B API simulator",
            "version": "1",
            "description": _ABOUT,
        },
        "paths": paths,
        "webhooks": _webhooks(names, config),
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"bearer": []}] if config.require_token else [],
    }


Names = dict[tuple[type[BaseModel], JsonSchemaMode], Json]


def _schemas(operations: list[Operation]) -> tuple[Names, object]:
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (Failure, "serialization"),
        (OAuthFailure, "serialization"),
        (Told, "serialization"),
        (Payment, "serialization"),
        (Verdict, "validation"),
    ]
    for operation in operations:
        if operation.body is not None:
            wanted.append((operation.body, "validation"))
        if operation.returns is not None:
            wanted.append((operation.returns, "serialization"))
    unique = list(dict.fromkeys(wanted))
    names, definitions = models_json_schema(unique, ref_template=_REF)
    return {pair: dict(names[pair]) for pair in unique}, definitions["$defs"]


def _webhooks(names: Names, config: SandboxConfig) -> Json:
    """Describe the simulator's events; the payloads are guesses, as the settings have them."""
    shape = Told if config.webhook_payload == "envelope" else Payment
    body = {
        "required": True,
        "content": {"application/json": {"schema": names[shape, "serialization"]}},
    }
    taken: Json = {
        "2XX": {"description": "Accepted; after any other status, the delivery is tried again"}
    }
    answer = {"application/json": {"schema": names[Verdict, "validation"]}}
    decided: Json = {"200": {"description": "Whether the payment is accepted", "content": answer}}
    described: Json = {
        name: {"post": {"summary": "A payment's event", "requestBody": body, "responses": taken}}
        for name in (*EVENTS, *OLD_EVENTS)
    }
    question = {"summary": "Is this payment accepted?", "requestBody": body, "responses": decided}
    return {**described, QUESTION: {"post": question}}


def _operation(operation: Operation, names: Names, config: SandboxConfig, links: Json) -> Json:
    described: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag or operation.path.split("/")[2]],
        "parameters": [*_path_parameters(operation), *_query_parameters(operation)],
        "responses": _responses(operation, names, config, links),
    }
    if operation.body is not None:
        schema = names[operation.body, "validation"]
        content: Json = {"schema": schema}
        if operation.name in BODIES:
            content["example"] = BODIES[operation.name]
        described["requestBody"] = {
            "required": not operation.body_optional,
            "content": {"application/json": content},
        }
    if not operation.needs_token:
        described["security"] = []
    return described


def _path_parameters(operation: Operation) -> list[Json]:
    schema = {"type": "string", "pattern": UUID, "format": "uuid"}
    return [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name in _path_names(operation)
    ]


def _path_names(operation: Operation) -> list[str]:
    return [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]


def _query_parameters(operation: Operation) -> list[Json]:
    if operation.query is None:
        return []
    properties = operation.query.model_json_schema(by_alias=True)["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": _present(schema)}
        for name, schema in properties.items()
    ]


def _present(schema: Json) -> Json:
    """Take the null out of an optional parameter: a query has none."""
    choices = schema.get("anyOf")
    if not isinstance(choices, list):
        raise TypeError("a query parameter has a default of None")
    return next(choice for choice in choices if choice != {"type": "null"})


def _links(operation: Operation, operations: Iterable[Operation]) -> Json:
    """Name the operations that take a value of this one's answer."""
    links: Json = {}
    for other in operations:
        for name in _path_names(other):
            source, member = _SOURCES[name]
            if source == operation.name:
                value = f"$response.body#/{member}"
                links[other.name] = {"operationId": other.name, "parameters": {name: value}}
    return links


def _responses(operation: Operation, names: Names, config: SandboxConfig, links: Json) -> Json:
    success: Json = {"description": "Done"}
    if links:
        success["links"] = links
    if operation.returns is not None:
        schema = names[operation.returns, "serialization"]
        success["content"] = {"application/json": {"schema": schema}}
    responses: Json = {str(operation.status): success}
    found = {404} if operation.needs_token else set()
    common = {400, 401, 403, 405, 413, 429, 500, 503}
    for status in sorted(common | found | set(operation.refusals)):
        shape = OAuthFailure if _by_rfc(operation, status, config) else Failure
        content = {config.error_content_type: {"schema": names[shape, "serialization"]}}
        responses[str(status)] = {"description": _MEANINGS[status], "content": content}
    return responses


def _by_rfc(operation: Operation, status: int, config: SandboxConfig) -> bool:
    shape = config.token_error_shape
    return shape == "oauth" and not operation.needs_token and status in OAUTH
