"""Messages to people, as codes with values; one catalogue words them in English and Spanish."""

from proxy.words.languages import DEFAULT, LANGUAGES, Language, of_locale, preferred
from proxy.words.phrase import Phrase, Said, both, phrase, said

__all__ = [
    "DEFAULT",
    "LANGUAGES",
    "Language",
    "Phrase",
    "Said",
    "both",
    "of_locale",
    "phrase",
    "preferred",
    "said",
]
