"""For Java 11 and newer, with the client that comes with it."""

import base64

from proxy.console.caller_url import CallerUrl
from proxy.console.copying.common import KEY, KEY_FIELD, ascii_lines, escaped, notes, text_of
from proxy.console.sendable import Sendable

_LONGEST = 8192  # characters of one literal: a constant holds 65,535 bytes


_IMPORTS = (
    "import java.net.URI;",
    "import java.net.http.HttpClient;",
    "import java.net.http.HttpRequest;",
    "import java.net.http.HttpResponse;",
    "",
)


def java(request: Sendable, door: CallerUrl) -> str:
    """Write the request as a file that ``java`` runs."""
    lines, skipped = ascii_lines(request)
    fields = [f".header({escaped(name)}, {escaped(value)})" for name, value in lines]
    if door.keyed:
        fields.append(f'.header("{KEY_FIELD}", System.getenv("{KEY}"))')
    said = notes(request, door, "Java", skipped)
    publisher = f"HttpRequest.BodyPublishers.{_publisher(request.body)}"
    return "\n".join(
        [
            *(f"// {each}" for each in said),
            *_IMPORTS,
            "public class Replay {",
            "    public static void main(String[] args) throws Exception {",
            "        HttpRequest request = HttpRequest.newBuilder(",
            f"                URI.create({escaped(door.at(request.target))}))",
            "            .version(HttpClient.Version.HTTP_1_1)",
            f"            .method({escaped(request.method)}, {publisher})",
            *(f"            {field}" for field in fields),
            "            .build();",
            "        HttpResponse<String> response = HttpClient.newHttpClient()",
            "            .send(request, HttpResponse.BodyHandlers.ofString());",
            "        System.out.println(response.statusCode());",
            "        System.out.println(response.body());",
            "    }",
            "}",
            "",
        ]
    )


def _publisher(data: bytes) -> str:
    if not data:
        return "noBody()"
    text = text_of(data)
    if text is not None:
        return f"ofString({_literal(text)})"
    encoded = _literal(base64.b64encode(data).decode())
    return f"ofByteArray(java.util.Base64.getDecoder().decode({encoded}))"


def _literal(text: str) -> str:
    if len(text) <= _LONGEST:
        return escaped(text)
    parts = [escaped(text[at : at + _LONGEST]) for at in range(0, len(text), _LONGEST)]
    return f'String.join("", {", ".join(parts)})'
