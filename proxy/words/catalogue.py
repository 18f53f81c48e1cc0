"""The catalogue: each phrase of the program, English and Spanish side by side, by its code.

The English are lower case, without full stop, and never hold a secret or a body. The phrases are in
tables, by what they are about; a table is imported when a phrase is not in those before it. So what
serves comes first, and what a command says last: a proxy that says how long its token is valid
needs the first table alone.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from proxy.words.entry import Words

TABLES = (
    *("tokens", "start", "upstream", "state", "callers", "egress", "admin", "repeats", "traces"),
    *("database", "ledger", "ledger_file", "console", "values", "slips", "usage"),
    *("commands", "made", "ledger_commands", "login", "service", "demo", "check"),
)


@cache
def words_of(code: str) -> Words:
    """Return the words of a phrase."""
    for name in TABLES:
        if code in (found := table(name)):
            return found[code]
    raise KeyError(code)


def table(name: str) -> Mapping[str, Words]:
    """Return a table of the catalogue."""
    found: Mapping[str, Words] = vars(import_module(f"proxy.words.of_{name}"))[f"OF_{name.upper()}"]
    return found
