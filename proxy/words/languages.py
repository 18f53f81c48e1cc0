"""A reader's language, by Accept-Language (RFC 9110 section 12.5.4) or by the locale."""

import re
from collections.abc import Iterable, Mapping
from typing import Literal

Language = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = ("en", "es")
DEFAULT: Language = "en"

# The part of a stranger's field that is read: browsers send some ten ranges.
_BYTES, _RANGES = 1024, 32
# A basic language range (RFC 4647 section 2.1), of which the first subtag counts, and its weight.
_RANGE = re.compile(
    rb"([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9]{1,8})*"
    rb"(?:[ \t]*;[ \t]*[Qq]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?"
)


def decimal(number: str, language: Language) -> str:
    """Write a number as the language does: 0.5 or 0,5."""
    return number.replace(".", ",") if language == "es" else number


def preferred(values: Iterable[bytes]) -> Language:
    """Return the language that the values of Accept-Language ask for; English without any.

    The higher weight wins; of equal ones the language that is named first, and English if none is.
    """
    weights = _weights(values)
    others = weights.get("*", 0.0)
    english, spanish = weights.get("en", others), weights.get("es", others)
    if english != spanish:
        return "es" if spanish > english else "en"
    named = next((name for name in weights if name in LANGUAGES), DEFAULT)
    return "es" if named == "es" and spanish > 0 else DEFAULT


def _weights(values: Iterable[bytes]) -> dict[str, float]:
    """Return the weight of each language by its first subtag, in order; malformed ranges none."""
    text = b",".join(values)
    parts = text[:_BYTES].split(b",", _RANGES)[:_RANGES]
    if len(text) > _BYTES:
        parts.pop()  # cut in two, perhaps
    weights: dict[str, float] = {}
    for part in parts:
        match = _RANGE.fullmatch(part.strip(b" \t"))
        if match:
            name, weight = match[1].decode().lower(), float(match[2] or 1)
            weights[name] = max(weight, weights.get(name, 0.0))
    return weights


def of_locale(variables: Mapping[str, str]) -> Language:
    """Return the language of messages by the environment, as POSIX and gettext have it."""
    locale = next(filter(None, map(variables.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    # LANGUAGE counts only where a locale is set that has a language.
    if locale.partition(".")[0] not in ("", "C", "POSIX"):
        locale = (variables.get("LANGUAGE") or locale).partition(":")[0]
    return "es" if re.match(r"es(?![A-Za-z0-9])", locale, re.IGNORECASE) else DEFAULT
