"""For PHP with its curl extension, which sends the exact bytes."""

from proxy.console.caller_url import CallerUrl
from proxy.console.copying.common import KEY, KEY_FIELD, MASKED, curl_line, raw, url, with_defaults
from proxy.console.quoting import printable
from proxy.console.sendable import Sendable


def php(request: Sendable, door: CallerUrl) -> str:
    """Write the request as a PHP file."""
    fields = [f"        {_literal(raw(curl_line(*line)))}," for line in with_defaults(request)]
    if door.keyed:
        fields.append(f"        '{KEY_FIELD}: ' . getenv('{KEY}'),")
    return "\n".join(
        [
            "<?php",
            *([f"// {MASKED}"] if request.masked else []),
            f"$curl = curl_init({_literal(url(request, door))});",
            "curl_setopt_array($curl, [",
            *(f"    CURLOPT_{name} => {value}," for name, value in _options(request, door)),
            "    CURLOPT_HTTPHEADER => [",
            *fields,
            "    ],",
            "]);",
            "$body = curl_exec($curl);",
            'echo curl_getinfo($curl, CURLINFO_RESPONSE_CODE), "\\n", $body, "\\n";',
            "",
        ]
    )


def _options(request: Sendable, door: CallerUrl) -> list[tuple[str, str]]:
    head = request.method == "HEAD"
    found = [("NOBODY", "true") if head else ("CUSTOMREQUEST", _literal(request.method.encode()))]
    if request.body:
        found.append(("POSTFIELDS", _literal(request.body)))
    if door.socket:
        found.append(("UNIX_SOCKET_PATH", _literal(door.socket.encode())))
    # curl drops an empty query from the URL, and * is in none.
    if request.target.endswith("?") or request.target == "*":
        found.append(("REQUEST_TARGET", _literal(request.target.encode())))
    if request.compressed:
        found.append(("ENCODING", "''"))  # every coding that it can undo
    found += [("PATH_AS_IS", "true"), ("PROXY", "''"), ("RETURNTRANSFER", "true")]
    return found


def _literal(data: bytes) -> str:
    if printable(data):
        text = data.decode().replace("\\", "\\\\").replace("'", "\\'")
        return f"'{text}'"
    signs = (
        chr(byte) if 32 <= byte < 127 and byte not in b'\\"$' else f"\\x{byte:02x}" for byte in data
    )
    return f'"{"".join(signs)}"'
