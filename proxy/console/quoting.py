"""Quoting for a POSIX shell: words keep their value, and are harmless while they are pasted."""

import shlex


def printable(data: bytes) -> bool:
    """Report whether the text can be pasted into a terminal: no control, no invisible character."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return len(data) < 65_536 and all(line.isprintable() for line in text.split("\n"))


def word(data: bytes) -> str:
    """Quote one word for the shell."""
    if printable(data):
        return shlex.quote(data.decode())
    return f'"$({printf(data)})"'


def printf(data: bytes) -> str:
    """Return a command that prints ``data``, itself in plain ASCII."""
    text = "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b"\\'%" else f"\\{byte:03o}" for byte in data
    )
    return f"printf '{text}'"


def note(text: str) -> str:
    """Word a note as a command that does nothing: a # is a command's name at zsh's prompt."""
    return f": {shlex.quote(text)}\n"


def folded(words: list[str], *before: str) -> str:
    """Join words, with a line for each of the options in ``before``."""
    text = words[0]
    for word in words[1:]:
        text += (" \\\n  " if word in before else " ") + word
    return text + "\n"
