"""For curl in a POSIX shell."""

import shlex

from proxy.console.caller_url import CallerUrl
from proxy.console.copying.common import KEY, KEY_FIELD, MASKED, curl_line, raw, url, with_defaults
from proxy.console.quoting import folded, note, printable, printf, word
from proxy.console.sendable import Sendable


def curl(request: Sendable, door: CallerUrl) -> str:
    """Write the request for curl in a POSIX shell."""
    words = ["curl", "--globoff", "--path-as-is", *_options(request, door)]
    for name, value in with_defaults(request):
        words += ["--header", word(raw(curl_line(name, value)))]
    if door.keyed:
        words += ["--header", f'"{KEY_FIELD}: ${KEY}"']
    notes = note(MASKED) if request.masked else ""
    if request.body and not printable(request.body):
        piped = folded([*words, "--data-binary", "@-"], "--header")
        return f"{notes}{printf(request.body)} |\n{piped}"
    if request.body:
        words += ["--data-raw", word(request.body)]
    return notes + folded(words, "--header", "--data-raw")


def _options(request: Sendable, door: CallerUrl) -> list[str]:
    words = ["--compressed"] if request.compressed else []
    if request.method == "HEAD":
        words.append("--head")
    elif request.method != ("POST" if request.body else "GET"):
        words += ["--request", shlex.quote(request.method)]
    if door.socket:
        words += ["--unix-socket", word(door.socket.encode())]
    # curl drops an empty query from the URL, and * is in none.
    if request.target.endswith("?") or request.target == "*":
        words += ["--request-target", word(request.target.encode())]
    return [*words, word(url(request, door))]
