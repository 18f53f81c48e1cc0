"""For curl.exe in PowerShell.

Windows PowerShell loses the double quotes in the words it gives to a program, hence the body goes
through a file, and so does every other word that has one, as a configuration of curl's. Windows'
own curl.exe was long without zlib, and then knows no --compressed: it asks for no coding.
"""

import base64

from proxy.console.caller_url import CallerUrl
from proxy.console.copying.common import KEY, KEY_FIELD, MASKED, curl_line, raw, url, with_defaults
from proxy.console.quoting import printable
from proxy.console.sendable import Sendable

_QUOTES = "\u2018\u2019\u201a\u201b"  # PowerShell takes each for the end of a '...'
_FILE = "[IO.File]::WriteAllBytes(${0}, {1})"


def powershell(request: Sendable, door: CallerUrl) -> str:
    """Write the request for curl.exe in PowerShell."""
    words = ["curl.exe --globoff --path-as-is", *_options(request)]
    config = []
    for option, value in _values(request, door):
        if _goes_as_it_is(value):
            words.append(f"--{option} {_quoted(value.decode())}")
        else:
            config.append(b'%b = "%b"\n' % (option.encode(), _configured(value)))
    if door.keyed:
        words.append(f'--header "{KEY_FIELD}: $env:{KEY}"')
    files = {"config": b"".join(config), "body": request.body}
    lines = [f"# {MASKED}"] if request.masked else []
    for name, data in files.items():
        if data:
            lines += [f"${name} = New-TemporaryFile", _FILE.format(name, _bytes(data))]
    words += ['--config "$config"'] * bool(config) + ['--data-binary "@$body"'] * bool(request.body)
    lines.append(" `\n  ".join(words))
    lines += [f"Remove-Item ${name}" for name, data in files.items() if data]
    return "\n".join(lines) + "\n"


def _options(request: Sendable) -> list[str]:
    if request.method == "HEAD":
        return ["--head"]
    if request.method == ("POST" if request.body else "GET"):
        return []
    return [f"--request {_quoted(request.method)}"]


def _values(request: Sendable, door: CallerUrl) -> list[tuple[str, bytes]]:
    found = [("url", url(request, door))]
    if door.socket:
        found.append(("unix-socket", door.socket.encode()))
    if request.target.endswith("?") or request.target == "*":
        found.append(("request-target", request.target.encode()))
    return found + [("header", raw(curl_line(*line))) for line in with_defaults(request)]


def _goes_as_it_is(value: bytes) -> bool:
    return value.isascii() and printable(value) and not set(value) & set(b'"\n\\')


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _configured(value: bytes) -> bytes:
    value = value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return value.replace(b"\n", b"\\n").replace(b"\r", b"\\r").replace(b"\t", b"\\t")


def _bytes(data: bytes) -> str:
    text = data.decode() if printable(data) else ""
    if text and not set(text) & set(_QUOTES):
        return f"[Text.Encoding]::UTF8.GetBytes({_quoted(text)})"
    return f"[Convert]::FromBase64String('{base64.b64encode(data).decode()}')"
