"""A table on a page, made of the code, whose last two columns the page itself keeps.

They say since which version a row is there, and what it means: for a new row that is to be written
by hand. A row that the code no longer has is marked as gone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from proxy import __version__

VERSION = __version__.rpartition(".")[0]
ROW = re.compile(r"^\| `([^`\n]+)` \| [^|\n]* \| ([0-9.]+)(?:, gone)? \| (.*) \|\n", re.MULTILINE)


@dataclass(frozen=True)
class KeptTable:
    """A table with these two headings; the others are the same everywhere."""

    key: str
    fact: str

    @property
    def head(self) -> str:
        """The first two lines."""
        return f"| {self.key} | {self.fact} | since | |\n|---|---|---|---|\n"

    def page(self, before: str, facts: Mapping[str, str]) -> str:
        """Return the page with the table that ``facts``, by their keys, make of it."""
        known = {key: (since, meaning) for key, since, meaning in ROW.findall(before)}
        head, _, rest = before.partition(self.head)
        rows = []
        for key in [*facts, *(each for each in known if each not in facts)]:
            since, meaning = known.get(key, (VERSION, ""))
            gone = "" if key in facts else ", gone"
            rows.append(f"| `{key}` | {facts.get(key, '-')} | {since}{gone} | {meaning} |\n")
        return head + self.head + "".join(rows) + ROW.sub("", rest)
