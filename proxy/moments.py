"""Times as the API and the ledger write them (RFC 3339)."""

import re
from datetime import UTC, datetime


def moment(text: str) -> datetime | None:
    """Read a time with any number of fraction digits; None if it is none."""
    if len(text) > 64:
        return None
    try:
        read = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
