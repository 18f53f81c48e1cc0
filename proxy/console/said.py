"""The message and code that an upstream's answer gives for an error, in several shapes.

The shape of errors is not documented. Seen are a message and a code at the root, an object called
``error`` in a payment that was rejected, and problem documents (RFC 9457).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from proxy.console.documents import ApiMessage
from proxy.journal.body import Content

_MESSAGES = (
    "message",
    "detail",
    "error_description",
    "description",
    "error_message",
    "error",
    "title",
)
_CODES = ("code", "error_code")
_LONGEST = 300  # characters
_LARGEST = 16_384  # characters: a larger body is no error


def said(body: Content, status: int | None) -> ApiMessage | None:
    """Return ``message`` and ``code``, None if there is neither."""
    text = body.data
    if not isinstance(text, str) or not text or body.cut or len(text) > _LARGEST:
        return None
    failed = (status or 0) >= 400
    if not (failed or '"error"' in text):
        return None
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    inner = document.get("error")
    places = [inner] if isinstance(inner, dict) else []
    if failed:
        places.append(document)
    message = _first(places, _MESSAGES)
    code = _first(places, _CODES)
    return {"message": message, "code": code} if message or code else None


def _first(places: Sequence[Mapping[str, object]], names: tuple[str, ...]) -> str:
    for place in places:
        for name in names:
            value = place.get(name)
            if isinstance(value, str | int) and value != "":
                return str(value)[:_LONGEST]
    return ""
