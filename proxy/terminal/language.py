"""What a command says, in the language of the person at the terminal."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proxy.words import Said


def worded(what: "Said") -> str:
    """Word a phrase by the locale; words of others stay as they are."""
    if isinstance(what, str):
        return what
    from proxy.words import of_locale  # not for --version and help

    return what.said(of_locale(os.environ))


def in_locale(said: object) -> str:
    """Choose from the text that a document has in each language; nothing if it has none."""
    from proxy.words import of_locale

    chosen = said.get(of_locale(os.environ)) if isinstance(said, dict) else said
    return chosen if isinstance(chosen, str) else ""  # a stranger may have answered
