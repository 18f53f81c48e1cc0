"""For Python: with requests if that sends the same bytes, else with the standard library."""

from proxy.console.caller_url import CallerUrl
from proxy.console.copying.common import KEY, KEY_FIELD, MASKED, plain, raw, simple, text_of
from proxy.console.sendable import Sendable


def python(request: Sendable, door: CallerUrl) -> str:
    """Write the request as a Python program."""
    lines = [f"# {MASKED}"] if request.masked else []
    easy = plain(request.target) and simple(request) and not door.socket
    lines += _requests(request, door) if easy else _standard_library(request, door)
    return "\n".join(lines) + "\n"


def _requests(request: Sendable, door: CallerUrl) -> list[str]:
    fields = [f"        {name!a}: {value!a}," for name, value in request.lines]
    if door.keyed:
        fields.append(f'        "{KEY_FIELD}": os.environ["{KEY}"],')
    return [
        *(["import os", ""] if door.keyed else []),
        "import requests",
        "",
        "session = requests.Session()",
        "session.trust_env = False  # neither HTTP_PROXY nor .netrc",
        "response = session.request(",
        f"    {request.method!a},",
        f"    {door.at(request.target)!a},",
        *(["    headers={", *fields, "    },"] if fields else []),
        *([f"    data={_body(request.body)},"] if request.body else []),
        "    timeout=60,",
        ")",
        "print(response.status_code)",
        "print(response.text)",
    ]


def _standard_library(request: Sendable, door: CallerUrl) -> list[str]:
    """Write it for http.client, which changes nothing; URL libraries would."""
    modules = ["http.client", *(["os"] if door.keyed else [])]
    modules += ["socket"] if door.socket else []
    client = "HTTPSConnection" if door.scheme == "https" else "HTTPConnection"
    line = f"{request.method!a}, {request.target!a}, skip_accept_encoding=True"
    return [
        *(f"import {name}" for name in modules),
        "",
        f"connection = http.client.{client}({door.host!a}, timeout=60)",
        *_connected(door),
        f"connection.putrequest({line})",
        *_fields(request, door),
        f"connection.endheaders({_body(request.body) if request.body else ''})",
        "response = connection.getresponse()",
        "print(response.status)",
        'print(response.read().decode(errors="replace"))',
    ]


def _fields(request: Sendable, door: CallerUrl) -> list[str]:
    found = [f"connection.putheader({name!a}, {raw(value)!r})" for name, value in request.lines]
    if door.keyed:
        found.append(f'connection.putheader("{KEY_FIELD}", os.environ["{KEY}"])')
    if request.body or not request.safe:
        found.append(f'connection.putheader("Content-Length", "{len(request.body)}")')
    return found


def _connected(door: CallerUrl) -> list[str]:
    if not door.socket:
        return []
    return [
        "connection.sock = socket.socket(socket.AF_UNIX)",
        f"connection.sock.connect({door.socket!a})",
    ]


def _body(data: bytes) -> str:
    text = text_of(data)
    return repr(data) if text is None or data.isascii() else f"{text!r}.encode()"
