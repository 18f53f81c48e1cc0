"""Keyed hashes of ids that a ledger holds masked: they can be compared as a whole, and not read."""

import hashlib
import hmac

_BYTES = 16


def marked(salt: bytes, value: str) -> str:
    """Return the mark of ``value`` in the ledger whose salt it is, as hexadecimal digits.

    Empty without a salt, while the ledger could not be opened: no row is written then.
    """
    if not salt:
        return ""
    return hmac.digest(salt, value.encode("utf-8", "replace"), hashlib.sha256)[:_BYTES].hex()
