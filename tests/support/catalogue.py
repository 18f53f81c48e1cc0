"""The whole catalogue, which the program never has at once."""

from proxy.words.catalogue import TABLES, table
from proxy.words.entry import Words

CATALOGUE: dict[str, Words] = {
    code: words for name in TABLES for code, words in table(name).items()
}
