"""Strangers' texts, made safe for a person's terminal: a terminal obeys nothing in them.

Every line that a command prints goes through `lines` or `as_json`. Control characters, characters
that change the direction of text, and all other invisible ones are replaced by a visible sign.
"""

import json
import re

_INSTEAD = "\N{REPLACEMENT CHARACTER}"
_OURS = re.compile(r"\x1b\[(?:0|1|2|3[1-6])(?:;3[1-6])?m")


def plain(text: str) -> str:
    """Return ``text`` with a sign in the place of each character that is not printable."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _INSTEAD for char in text)


def plainly(value: object) -> object:
    """Return a document of JSON with every text in it plain."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, list):
        return [plainly(each) for each in value]
    if isinstance(value, dict):
        return {plain(str(name)): plainly(each) for name, each in value.items()}
    return value


def lines(text: str, *, coloured: bool = False) -> str:
    """Return text of one or more lines, plain but for line ends, and our colours if wanted."""
    if text.isprintable():
        return text
    return "\n".join(map(_shaded if coloured else plain, text.split("\n")))


def _shaded(line: str) -> str:
    parts: list[str] = []
    done = 0
    for match in _OURS.finditer(line):
        parts += (plain(line[done : match.start()]), match[0])
        done = match.end()
    return "".join([*parts, plain(line[done:])])


def as_json(document: object, indent: int | None = None) -> str:
    """Return a document as JSON in printable ASCII."""
    return json.dumps(document, indent=indent).replace("\x7f", "\\u007f")
