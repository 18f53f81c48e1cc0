"""For JavaScript: with fetch where that sends the request as it was, else with Node's client."""

import base64

from proxy.console.caller_url import CallerUrl
from proxy.console.copying.common import (
    KEY,
    KEY_FIELD,
    MASKED,
    escaped,
    plain,
    raw,
    simple,
    text_of,
)
from proxy.console.sendable import Sendable


def javascript(request: Sendable, door: CallerUrl) -> str:
    """Write the request as a module for Node."""
    lines = [f"// {MASKED}"] if request.masked else []
    # fetch sends no body with these, even if the upstream accepts one.
    bodiless = request.method in ("GET", "HEAD")
    easy = plain(request.target) and simple(request) and not door.socket
    easy = easy and not (bodiless and request.body)
    lines += _fetch(request, door) if easy else _node(request, door)
    return "\n".join(lines) + "\n"


def _fetch(request: Sendable, door: CallerUrl) -> list[str]:
    fields = [f"    {escaped(name)}: {escaped(value)}," for name, value in request.lines]
    if door.keyed:
        fields.append(f'    "{KEY_FIELD}": process.env.{KEY},')
    return [
        f"const response = await fetch({escaped(door.at(request.target))}, {{",
        f"  method: {escaped(request.method)},",
        *(["  headers: {", *fields, "  },"] if fields else []),
        *([f"  body: {_body(request.body)},"] if request.body else []),
        "});",
        "console.log(response.status);",
        "console.log(await response.text());",
    ]


def _node(request: Sendable, door: CallerUrl) -> list[str]:
    host, port = door.host_and_port
    where = f"socketPath: {escaped(door.socket)}" if door.socket else f"host: {escaped(host)}"
    ports = f", port: {port}" if port and not door.socket else ""
    values: dict[str, list[str]] = {}
    for name, value in request.lines:
        values.setdefault(name, []).append(escaped(raw(value).decode("latin-1")))
    fields = [
        f"request.setHeader({escaped(name)}, {_listed(each)});" for name, each in values.items()
    ]
    if door.keyed:
        fields.append(f'request.setHeader("{KEY_FIELD}", process.env.{KEY});')
    if request.body:
        fields.append(f'request.setHeader("Content-Length", {len(request.body)});')
    return [
        f'import {{ request as send }} from "node:{door.scheme}";',
        "",
        "const request = send({",
        f"  {where}{ports},",
        f"  method: {escaped(request.method)},",
        f"  path: {escaped(request.target)},",
        "});",
        *fields,
        'request.on("response", async (response) => {',
        "  console.log(response.statusCode);",
        '  for await (const part of response.setEncoding("utf8")) console.log(part);',
        "});",
        f"request.end({_buffer(request.body) if request.body else ''});",
    ]


def _listed(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"[{', '.join(values)}]"


def _body(data: bytes) -> str:
    text = text_of(data)
    return _buffer(data) if text is None else escaped(text)


def _buffer(data: bytes) -> str:
    """Never a string: Node would write the fields in the encoding of the body that follows."""
    text = text_of(data)
    if text is not None:
        return f"Buffer.from({escaped(text)})"
    return f'Buffer.from("{base64.b64encode(data).decode()}", "base64")'
