"""JSON whose numbers stay as they were written, so that no amount loses a digit."""

import json
from typing import Any, Final

MOST: Final = 65_536
"""Values in one body: a page of a hundred payments has a tenth of that."""

_decode = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str).decode


def exact(body: bytes) -> Any:  # noqa: ANN401  whatever a body holds
    """Read a body; None if it is no JSON in UTF-8, or has too many values.

    Nothing else runs meanwhile, not even another thread.
    """
    if sum(map(body.count, (b",", b"[", b"{"))) > MOST:
        return None
    try:
        return _decode(body.decode("utf-8-sig"))  # some programs begin with a mark
    except (ValueError, RecursionError):
        return None
