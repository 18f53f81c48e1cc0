"""What stands in the documentation's pages, for tests that try it."""

import re
from pathlib import Path

_DOCS = Path(__file__).parents[2] / "docs"


def block(page: str, language: str) -> str:
    """Return the one block of a page that is in that language."""
    text = (_DOCS / page).read_text(encoding="utf-8")
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return str(found)
