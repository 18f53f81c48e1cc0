"""Amounts of money in words."""

import re

from proxy.words.languages import DEFAULT, Language

_NUMBER = re.compile(r"(-?[0-9]{1,40})(?:\.([0-9]{1,40}))?(?![^ ])")

_SPANISH = str.maketrans(",.", ".,")


class Amount(str):
    """A number and what follows it, such as ``25000 COP``, as a value of a phrase."""

    __slots__ = ()


def amount(text: str, language: Language = DEFAULT) -> str:
    """Group the digits of an amount as the language does: 25,000.50 COP or 25.000,50 COP."""
    number = _NUMBER.match(text)
    if number is None:
        return text
    whole, fraction = number.groups()
    grouped = f"{int(whole):,}" + (f".{fraction}" if fraction else "")
    if language == "es":
        grouped = grouped.translate(_SPANISH)
    return grouped + text[number.end() :]
