"""For HTTPie in a POSIX shell."""

import re
import shlex

from proxy.console.caller_url import CallerUrl
from proxy.console.copying.common import KEY, KEY_FIELD, MASKED, NotCopied, plain, raw, url
from proxy.console.quoting import folded, note, printable, printf, word
from proxy.console.sendable import Sendable
from proxy.words.phrase import phrase

# HTTPie takes any other first word as the URL, and our URL as a field.
_METHOD = re.compile(r"[A-Za-z]+")


def httpie(request: Sendable, door: CallerUrl) -> str:
    """Write the request for HTTPie in a POSIX shell; raise NotCopied."""
    if not _METHOD.fullmatch(request.method):
        raise NotCopied(phrase("copy.method"))
    words = ["http", "--path-as-is", "--ignore-netrc"]
    piped = bool(request.body) and not printable(request.body)
    if not piped:
        words.append("--ignore-stdin")
    words.append(shlex.quote(request.method))
    words.append(word(url(request, door)))
    skipped = []
    for name, value in request.lines:
        item = _item(name, value)
        if item is None:
            skipped.append(name)
        else:
            words.append(word(raw(item)))
    if door.keyed:
        words.append(f'"{KEY_FIELD}:${KEY}"')
    if request.body and not piped:
        words += ["--raw", word(request.body)]
    text = (f"{printf(request.body)} |\n" if piped else "") + folded(words)
    return "".join(map(note, _notes(request, door, skipped))) + text


def _notes(request: Sendable, door: CallerUrl, skipped: list[str]) -> list[str]:
    notes = [MASKED] if request.masked else []
    notes += [f"HTTPie cannot send this header: {name}" for name in skipped]
    if not plain(request.target):
        notes.append("HTTPie may change the path: curl sends exactly these bytes")
    if door.socket:
        notes.append("HTTPie needs a plug-in for Unix sockets: use curl")
    return notes


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
