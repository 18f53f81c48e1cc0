"""A recorded request as something to paste: curl, HTTPie, Python, Postman.

Whatever stands in the request, the text does nothing but send it: words for the shell are quoted,
and nothing but printable characters and line ends are ever in the text, since a terminal acts on
the others while they are pasted. Secrets are not in the journal, hence not here: a caller key is
written as a variable.
"""

import json
import re
import shlex
from collections.abc import Callable

from proxy.console.caller_url import Door
from proxy.console.quoting import folded, note, printable, printf, word
from proxy.console.sendable import Sendable
from proxy.journal.masking import MASK

KEY = "BREB_CALLER_KEY"
_MASKED = f"{MASK} stands for what was masked when this was recorded: put it in"
_POSTMAN = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_PLAIN_TARGET = re.compile(r"/(?:[A-Za-z0-9/._~?=&+,:;@$!*'()-]|%[0-9A-F]{2})*(?<!\?)")
_KEY_FIELD = "X-Proxy-Key"


def curl(request: Sendable, door: Door) -> str:
    """Word it for curl in a POSIX shell."""
    words = ["curl", "--globoff", "--path-as-is", *_curl_options(request, door)]
    for name, value in _with_defaults(request):
        # An empty value is written with a semicolon, a field that curl adds taken off without.
        line = f"{name}:" if value is None else f"{name}: {value}" if value else f"{name};"
        words += ["--header", word(_raw(line))]
    if door.key is not None:
        words += ["--header", f'"{_KEY_FIELD}: ${KEY}"']
    notes = note(_MASKED) if request.masked else ""
    if request.body and not printable(request.body):
        piped = folded([*words, "--data-binary", "@-"], "--header")
        return f"{notes}{printf(request.body)} |\n{piped}"
    if request.body:
        words += ["--data-raw", word(request.body)]
    return notes + folded(words, "--header", "--data-raw")


def _curl_options(request: Sendable, door: Door) -> list[str]:
    words = []
    if request.method == "HEAD":
        words.append("--head")
    elif request.method != ("POST" if request.body else "GET"):
        words += ["--request", shlex.quote(request.method)]
    if door.socket:
        words += ["--unix-socket", word(door.socket.encode())]
    # curl drops an empty query from the URL, and * is in none.
    if request.target.endswith("?") or request.target == "*":
        words += ["--request-target", word(request.target.encode())]
    return [*words, word(_url(request, door))]


def httpie(request: Sendable, door: Door) -> str:
    """Word it for HTTPie in a POSIX shell."""
    words = ["http", "--path-as-is", "--ignore-netrc"]
    piped = bool(request.body) and not printable(request.body)
    if not piped:
        words.append("--ignore-stdin")
    words.append(shlex.quote(request.method))
    words.append(word(_url(request, door)))
    skipped = []
    for name, value in request.lines:
        item = _item(name, value)
        if item is None:
            skipped.append(name)
        else:
            words.append(word(_raw(item)))
    if door.key is not None:
        words.append(f'"{_KEY_FIELD}:${KEY}"')
    if request.body and not piped:
        words += ["--raw", word(request.body)]
    notes = [_MASKED] if request.masked else []
    notes += [f"HTTPie cannot write this field: {name}" for name in skipped]
    if not _PLAIN_TARGET.fullmatch(request.target):
        notes.append("HTTPie encodes the target in its own way: curl sends the very bytes")
    if door.socket:
        notes.append("HTTPie speaks no Unix sockets without its plug-in: use curl")
    text = (f"{printf(request.body)} |\n" if piped else "") + folded(words)
    return "".join(map(note, notes)) + text


def python(request: Sendable, door: Door) -> str:
    """Word it as a Python program with httpx."""
    target = request.target.encode("utf-8", "surrogateescape")
    lines = [f"    ({name.encode()!r}, {_raw(value)!r})," for name, value in request.lines]
    if door.key is not None:
        lines.append(f'    (b"{_KEY_FIELD}", os.environb[b"{KEY}"]),')
    transport = f"transport=httpx.HTTPTransport(uds={door.socket!r}), " if door.socket else ""
    imports = (
        (f"# {_MASKED}\n" if request.masked else "")
        + ("import os\n\n" if door.key is not None else "")
        + "import httpx\n"
    )
    body = [f"        content={request.body!r},"] if request.body else []
    return "\n".join(
        [
            imports,
            "headers = [",
            *lines,
            "]",
            f"with httpx.Client({transport}trust_env=False, timeout=60) as client:",
            "    response = client.request(",
            f"        {request.method!r},",
            f"        {door.url!r},",
            "        headers=headers,",
            *body,
            f'        extensions={{"target": {target!r}}},  # as it is, never normalised',
            "    )",
            "print(response.status_code)",
            "print(response.text)",
            "",
        ]
    )


def postman(request: Sendable, door: Door) -> str:
    """Word it as a Postman collection of one request (Import, then Raw text)."""
    header = [{"key": name, "value": _lossy(value)} for name, value in request.lines]
    if door.key is not None:
        header.append({"key": _KEY_FIELD, "value": "{{caller_key}}"})
    again: dict[str, object] = {
        "method": request.method,
        "auth": {"type": "noauth"},
        "header": header,
        "url": {"raw": door.at(request.target), **_parts(request, door)},
    }
    if request.body:
        again["body"] = {"mode": "raw", "raw": request.body.decode("utf-8", "replace")}
    item = {"name": f"{request.method} {request.target.partition('?')[0]}", "request": again}
    info = {"name": "Copied from breb-proxy", "schema": _POSTMAN}
    return json.dumps({"info": info, "item": [item]}, indent=2) + "\n"


FORMS: dict[str, Callable[[Sendable, Door], str]] = {
    "curl": curl,
    "httpie": httpie,
    "python": python,
    "postman": postman,
}


def _url(request: Sendable, door: Door) -> bytes:
    return door.at(request.target).encode("utf-8", "surrogateescape")


def _parts(request: Sendable, door: Door) -> dict[str, object]:
    path, _, query = request.target.partition("?")
    host, _, port = door.host.rpartition(":") if door.host[-1] != "]" else (door.host, "", "")
    pairs = [pair.partition("=") for pair in query.split("&")] if query else []
    return {
        "protocol": door.scheme,
        "host": [host or port],
        "port": port if host else "",
        "path": path.removeprefix("/").split("/"),
        "query": [{"key": key, "value": value} for key, _, value in pairs],
    }


def _with_defaults(request: Sendable) -> list[tuple[str, str | None]]:
    """Add what keeps curl from sending fields of its own; None takes a field off."""
    lines: list[tuple[str, str | None]] = list(request.lines)
    names = {name.lower() for name, _ in request.lines}
    wanted = ["Accept", "User-Agent"] + (["Content-Type"] if request.body else [])
    return lines + [(name, None) for name in wanted if name.lower() not in names]


def _item(name: str, value: str) -> str | None:
    r"""Return HTTPie's ``Name:value``; None where its syntax has no way to write it.

    ``:=`` and ``:@`` mean other things there, so a value that begins so is escaped; a backslash
    before one of these signs cannot be written. A name that begins with - would be an option.
    """
    if name[:1] == "-" or any(f"\\{sign}" in value for sign in ":=@;") or value.endswith("\\"):
        return None
    if any("\ud800" <= sign <= "\udfff" for sign in value):  # no UTF-8, which it insists on
        return None
    if not value:
        return f"{name};"
    return f"{name}:\\{value}" if value[0] in "=@:" else f"{name}:{value}"


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _lossy(text: str) -> str:
    return _raw(text).decode("utf-8", "replace")
