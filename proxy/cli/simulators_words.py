"""The simulator's sentences in the language of the person at the terminal."""

import os

from simulator.said import TRANSLATE


def in_the_readers_language() -> None:
    """Let the simulator speak it from now on."""
    TRANSLATE.set(translated)


def translated(english: str) -> str:
    """Return the sentence as the locale has it; what is not known stays English."""
    from proxy.words import of_locale
    from proxy.words.simulators import SIMULATORS

    if of_locale(os.environ) != "es":
        return english
    return dict(SIMULATORS).get(english, english)
