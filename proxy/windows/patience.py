"""How long a start waits for what another process may let go of in a moment."""

import time
from collections.abc import Iterator
from typing import Final

LOOK: Final = 0.25  # seconds
_LONGEST: Final = 5.0  # seconds; who starts us tries again later


def looks() -> Iterator[bool]:
    """Give for each look whether it is the last."""
    end = time.monotonic() + _LONGEST
    while time.monotonic() <= end:
        yield False
        time.sleep(LOOK)
    yield True
