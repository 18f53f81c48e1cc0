"""What a caller prefers (RFC 7240): to wait for a final answer, or to be let through."""

import re
from collections.abc import Sequence

NAME = b"prefer"
LONGEST = 60  # seconds
_WAIT = re.compile(rb'wait[ \t]*=[ \t]*"?(\d{1,9})"?[ \t]*(?:;.*)?', re.IGNORECASE | re.DOTALL)


_LENIENT = re.compile(rb'handling[ \t]*=[ \t]*"?lenient"?[ \t]*(?:;.*)?', re.IGNORECASE | re.DOTALL)


def is_lenient(preferences: Sequence[bytes]) -> bool:
    """Report whether a request prefers to be handled leniently (RFC 7240 section 4.4)."""
    return any(
        _LENIENT.fullmatch(each.strip(b" \t"))
        for value in preferences
        for each in value.split(b",")
    )


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
