"""argparse's sentences about wrong arguments, in the language of the person at the terminal."""

import argparse
import contextlib
import os
from collections.abc import Generator


@contextlib.contextmanager
def in_the_readers_language() -> Generator[None, None, None]:
    """Answer argparse's questions for translations: it asks gettext, which knows none of it."""
    before = argparse._  # type: ignore[attr-defined]
    argparse._ = _translated  # type: ignore[attr-defined]
    try:
        yield
    finally:
        argparse._ = before  # type: ignore[attr-defined]


def _translated(english: str) -> str:
    from proxy.words import of_locale  # only where something is wrong
    from proxy.words.of_usage import OF_ARGPARSE

    if of_locale(os.environ) != "es":
        return english
    return dict(OF_ARGPARSE).get(english, english)
