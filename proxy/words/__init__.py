"""What is said to people, as codes with values; one catalogue words them in English and Spanish."""

from proxy.words.languages import DEFAULT, LANGUAGES, Language, preferred
from proxy.words.phrase import Phrase, Said, both, phrase, said

__all__ = [
    "DEFAULT",
    "LANGUAGES",
    "Language",
    "Phrase",
    "Said",
    "both",
    "phrase",
    "preferred",
    "said",
]
