"""The secrets that one exchange is known to carry: none of them may stand anywhere in its entry."""

from collections.abc import Iterable
from dataclasses import dataclass

from proxy.http1.fields import Lines

MOST = 50  # each is looked for in every text, in several spellings
LONGEST = 8192  # bytes, as long as an access token may be
_SHORTEST = 8


@dataclass(frozen=True, slots=True)
class Known:
    """The secrets; ``beyond`` if there are more, or longer ones, than can be looked for."""

    values: tuple[str, ...] = ()
    beyond: bool = False


def known(heads: Iterable[Lines]) -> Known:
    """Return what the field lines of requests say to be secret."""
    values: set[str] = set()
    for lines in heads:
        for name, value in lines:
            text, key = value.decode("latin-1"), name.lower()
            if key in (b"authorization", b"x-proxy-key"):
                values.add(text.rpartition(" ")[2])
            elif key == b"cookie":
                values.update(pair.partition("=")[2].strip() for pair in text.split(";"))
    found = tuple(value for value in values if len(value) >= _SHORTEST)
    if len(found) > MOST or any(len(value) > LONGEST for value in found):
        return Known(beyond=True)
    return Known(found)
