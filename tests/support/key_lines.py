"""The lines of docs/ledger.md that put an Idempotency-Key on a request, by language."""

import re
from pathlib import Path

_PAGE = Path(__file__).parents[2] / "docs" / "ledger.md"
_ROW = re.compile(r"^\| ([^|]+) \| `([^`]+Idempotency-Key[^`]+)` \|$", re.MULTILINE)


def key_lines() -> dict[str, str]:
    """Return them by the beginning of the row's first column."""
    text = _PAGE.read_text(encoding="utf-8")
    return {_name(who): line for who, line in _ROW.findall(text)}


def _name(who: str) -> str:
    """Return the language, with the class where there are two of them."""
    language, used = who.split()[0].rstrip(","), re.search(r"\(`(\w+)`\)", who)
    return f"{language} {used[1]}" if used and language == "C#" else language
