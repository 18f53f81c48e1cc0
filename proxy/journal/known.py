"""The secrets that one exchange is known to carry: none of them may stand anywhere in its entry."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from proxy.http1.fields import Lines

MOST = 50  # secrets; each is looked for in every text, in several spellings
LONGEST = 8192  # bytes, as long as an access token may be
_SHORTEST = 8  # characters


@dataclass(frozen=True, slots=True)
class Known:
    """The secrets; ``beyond`` if there are more, or longer ones, than can be looked for."""

    values: tuple[str, ...] = ()
    beyond: bool = False


def known(heads: Iterable[Lines]) -> Known:
    """Return the secrets in the field lines of requests."""
    values: set[str] = set()
    for value in (value for lines in heads for line in lines for value in _secrets(*line)):
        if len(value) >= _SHORTEST:
            values.add(value)
            if len(value) > LONGEST or len(values) > MOST:
                return Known(beyond=True)
    return Known(tuple(values))


def _secrets(name: bytes, value: bytes) -> Iterator[str]:
    key = name.lower()
    if key in (b"authorization", b"x-proxy-key"):
        yield value.decode("latin-1").rpartition(" ")[2]
    elif key == b"cookie":
        for pair in value.decode("latin-1").split(";"):
            yield pair.partition("=")[2].strip()
