"""Token ids as they may stand in a path."""

import re

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


def usable_id(text: str) -> bool:
    """Report whether ``text`` can be a token id, and nothing else in a path."""
    return bool(_ID.fullmatch(text))
