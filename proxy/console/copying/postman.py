"""For Postman: Import, then Raw text."""

import json

from proxy.console.caller_url import CallerUrl
from proxy.console.copying.common import KEY_FIELD, NotCopied, lossy, raw
from proxy.console.sendable import Sendable
from proxy.words.phrase import phrase

_VARIABLE = b"{{"  # it may name a secret in the sender's environment
_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"


def postman(request: Sendable, door: CallerUrl) -> str:
    """Write the request as a Postman collection of one request (Import, then Raw text).

    Raises NotCopied.
    """
    texts = [request.target, *(text for line in request.lines for text in line)]
    if any(_VARIABLE in raw(text) for text in texts) or _VARIABLE in request.body:
        raise NotCopied(phrase("copy.variables", signs=_VARIABLE.decode()))
    header = [{"key": name, "value": lossy(value)} for name, value in request.lines]
    if door.keyed:
        header.append({"key": KEY_FIELD, "value": "{{caller_key}}"})
    again: dict[str, object] = {
        "method": request.method,
        "auth": {"type": "noauth"},
        "header": header,
        "url": {"raw": door.at(request.target), **_parts(request, door)},
    }
    if request.body:
        again["body"] = {"mode": "raw", "raw": request.body.decode("utf-8", "replace")}
    item = {"name": f"{request.method} {request.target.partition('?')[0]}", "request": again}
    info = {"name": "Copied from breb-proxy", "schema": _SCHEMA}
    return json.dumps({"info": info, "item": [item]}, indent=2) + "\n"


def _parts(request: Sendable, door: CallerUrl) -> dict[str, object]:
    path, _, query = request.target.partition("?")
    host, port = door.host_and_port
    pairs = [pair.partition("=") for pair in query.split("&")] if query else []
    return {
        "protocol": door.scheme,
        "host": [host],
        "port": port,
        "path": path.removeprefix("/").split("/"),
        "query": [{"key": key, "value": value} for key, _, value in pairs],
    }
