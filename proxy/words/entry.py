"""An entry of the catalogue."""

from typing import NamedTuple


class Words(NamedTuple):
    """One phrase in each language; ``{name}`` stands for a value, the same ones in both.

    ``{command}`` is how this program is called, which needs no value.
    """

    en: str
    es: str
