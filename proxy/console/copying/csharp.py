"""For C#: .NET Framework 4.5, Mono, and every .NET since."""

import base64

from proxy.console.caller_url import CallerUrl
from proxy.console.copying.common import KEY, KEY_FIELD, ascii_lines, escaped, notes, text_of
from proxy.console.sendable import Sendable

_OF_CONTENT = ("allow", "content-", "expires", "last-modified")


_BEFORE = (
    "using System;",
    "using System.Net.Http;",
    "using System.Text;",
    "",
    "class Replay",
    "{",
    "    static void Main()",
    "    {",
    "        var client = new HttpClient(new HttpClientHandler { UseProxy = false });",
)
_AFTER = (
    "        var response = client.SendAsync(request).Result;",
    "        Console.WriteLine((int)response.StatusCode);",
    "        Console.WriteLine(response.Content.ReadAsStringAsync().Result);",
    "    }",
    "}",
    "",
)


def csharp(request: Sendable, door: CallerUrl) -> str:
    """Write the request as a program."""
    lines, skipped = ascii_lines(request)
    of_content = [line for line in lines if line[0].lower().startswith(_OF_CONTENT)]
    add = "TryAddWithoutValidation"
    headers = [
        f"request.Headers.{add}({escaped(name)}, {escaped(value)});"
        for name, value in lines
        if (name, value) not in of_content
    ]
    if door.keyed:
        variable = f'Environment.GetEnvironmentVariable("{KEY}")'
        headers.append(f'request.Headers.{add}("{KEY_FIELD}", {variable});')
    if request.body or of_content:
        headers.append(f"request.Content = new ByteArrayContent({_bytes(request.body)});")
    headers += [
        f"request.Content.Headers.{add}({escaped(name)}, {escaped(value)});"
        for name, value in of_content
    ]
    said = notes(request, door, "C#", skipped)
    method, url = escaped(request.method), escaped(door.at(request.target))
    return "\n".join(
        [
            *(f"// {each}" for each in said),
            *_BEFORE,
            f"        var request = new HttpRequestMessage(new HttpMethod({method}), {url});",
            *(f"        {header}" for header in headers),
            *_AFTER,
        ]
    )


def _bytes(data: bytes) -> str:
    text = text_of(data)
    if text is not None:
        return f"Encoding.UTF8.GetBytes({escaped(text)})"
    return f'Convert.FromBase64String("{base64.b64encode(data).decode()}")'
