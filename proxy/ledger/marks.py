"""Keyed hashes of masked ids in a ledger: they can be compared whole, but not read."""

import hashlib
import hmac

_BYTES = 16  # of a mark


def marked(salt: bytes, value: str) -> str:
    """Return the mark of ``value`` in the ledger whose salt it is, as hexadecimal digits.

    Without a salt it is empty: the ledger is not open yet, and no row is written.
    """
    if not salt:
        return ""
    return hmac.digest(salt, value.encode("utf-8", "replace"), hashlib.sha256)[:_BYTES].hex()


def salted(value: object) -> bytes:
    """Return the salt that a ledger holds; empty if somebody edited it to be none."""
    return bytes(value) if isinstance(value, bytes | memoryview) else b""
