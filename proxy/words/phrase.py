"""A phrase: its code and values, worded at the edge, where the reader is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from proxy.invocation import COMMAND
from proxy.words.amounts import Amount, amount
from proxy.words.durations import Span, span
from proxy.words.languages import DEFAULT, LANGUAGES, Language, decimal

_LONGEST = 500  # characters


@dataclass(frozen=True, slots=True)
class Phrase:
    """Something to say; ``code`` names it in the catalogue, whose words have the ``values``."""

    code: str
    values: "Mapping[str, str | float | Phrase]" = field(default_factory=dict)

    def said(self, language: Language = DEFAULT) -> str:
        """Return the phrase in words."""
        from proxy.words.catalogue import words_of  # with the first word

        words: str = getattr(words_of(self.code), language)
        shown = {name: _shown(value, language) for name, value in self.values.items()}
        return words.format_map({"command": COMMAND, **shown})

    def __str__(self) -> str:
        return self.said()

    def about(self, setting: "str | Phrase") -> "Phrase":
        """Return the same phrase with another setting, if it names one."""
        if "setting" not in self.values:
            return self
        return replace(self, values={**self.values, "setting": setting})


Said = Phrase | str
"""A message: a phrase, or words of others that are passed on unchanged."""


def phrase(code: str, /, **values: "str | float | Phrase") -> Phrase:
    """Make a phrase; values that repeat what a caller sent may be of any length, and are cut."""
    return Phrase(code, {name: _bounded(value) for name, value in values.items()})


def _bounded(value: "str | float | Phrase") -> "str | float | Phrase":
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"{value[:_LONGEST]}..."
    return value


def said(what: Said, language: Language) -> str:
    """Word ``what``, if it is a phrase."""
    return what.said(language) if isinstance(what, Phrase) else what


Both = dict[Language, str] | str
"""A text in each language, or one of others in the language that it has."""


def both(what: Said) -> Both:
    """Word a phrase in each language, for a page that chooses; words of others stay one text."""
    if isinstance(what, Phrase):
        return {language: what.said(language) for language in LANGUAGES}
    return what


def _shown(value: "str | float | Phrase", language: Language) -> str:
    if isinstance(value, Span):
        return span(value, language)
    if isinstance(value, Amount):
        return amount(value, language)
    if isinstance(value, float):
        return decimal(f"{value:g}", language)
    return said(value, language) if isinstance(value, Phrase) else str(value)
