"""How long a caller would wait for a final answer: Prefer: wait=20 (RFC 7240 section 4.3)."""

import re
from collections.abc import Sequence

NAME = b"prefer"
LONGEST = 60  # seconds
_WAIT = re.compile(rb'wait[ \t]*=[ \t]*"?(\d{1,9})"?[ \t]*(?:;.*)?', re.IGNORECASE | re.DOTALL)


def seconds_to_wait(preferences: Sequence[bytes], otherwise: int) -> int:
    """Return the seconds that a request prefers to wait; ``otherwise`` if it does not say.

    The first preference of a name counts; one that cannot be read is none.
    """
    for value in preferences:
        for each in value.split(b","):
            found = _WAIT.fullmatch(each.strip(b" \t"))
            if found is not None:
                return min(int(found[1]), LONGEST)
    return otherwise
