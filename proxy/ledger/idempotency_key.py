"""The key that a caller gives a request, so that a repeat of it is known as one.

draft-ietf-httpapi-idempotency-key-header: a string of structured fields (RFC 8941 section 3.3.3).
Many clients send it bare; both spellings name the same key. What is neither is refused: whoever
sends a key relies on it.
"""

import re

from proxy.errors import RequestRefused
from proxy.words import Phrase, phrase

NAME = b"idempotency-key"
LONGEST = 255  # characters

_STRING = re.compile(rb'"((?:[ !#-\[\]-~]|\\["\\])*+)"')
_BARE = re.compile(rb"[!#-+\--:<-\[\]-~]++")  # visible, but no quote, comma, semicolon, backslash
_ESCAPED = re.compile(rb"\\(.)")


def key_of(values: list[bytes]) -> str:
    """Return the key that the field's lines hold; raise RequestRefused if it is none."""
    if len(values) > 1:
        raise _refused(phrase("key.several"))
    value = values[0].strip(b" \t")
    quoted = _STRING.fullmatch(value)
    if quoted is not None:
        key = _ESCAPED.sub(rb"\1", quoted[1])
    elif _BARE.fullmatch(value):
        key = value
    else:
        key = b""
    if not key:
        raise _refused(phrase("key.malformed"))
    if len(key) > LONGEST:
        raise _refused(phrase("key.too-long", longest=LONGEST))
    return key.decode("ascii")


def _refused(why: Phrase) -> RequestRefused:
    return RequestRefused(400, "idempotency-key", why, phrase("step.payment-key"))
