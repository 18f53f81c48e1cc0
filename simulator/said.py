"""What the command says: English, unless who starts it has it in the reader's language."""

from collections.abc import Callable
from contextvars import ContextVar

TRANSLATE: ContextVar[Callable[[str], str]] = ContextVar("translate", default=str)
"""Gives a sentence in the reader's language; its ``{name}`` stand for values, and are kept."""


def said(english: str, **values: object) -> str:
    """Word a sentence with its values."""
    return translated(english).format(**values)


def translated(english: str) -> str:
    """Word what has no values."""
    return TRANSLATE.get()(english)
