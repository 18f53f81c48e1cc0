"""The members of a body that name a payment: few, short, masked, and nothing else of the body."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

NAMES = (
    "resolution_id",
    "id",
    "account_id",
    "customer_id",
    "recipient_id",
    "breb_recipient_id",
    "key_id",
    "token_id",
    "amount.value",
    "amount.currency",
    "key_type",
    "key_value",
    "account_number",
    "reference",
    "qr_code_reference",
    "type",
)
"""Ends of paths: ``key_value`` is ``key.key_value`` too. ``BREB_LEDGER_FIELDS`` adds to them."""

_ANSWER = ("id", "status", "trace_id")
_WRAPPED = ("payment",)  # the first generation answers {"breb_resolved_key": …, "payment": …}
_LONGEST = 128
_MOST = 32
_DEEPEST = 8

Mask = Callable[[str, str], str]
"""Masks the value at a path as BREB_REDACT says."""


class Picker:
    """Takes from bodies what the ledger may hold of them."""

    def __init__(self, more: Iterable[str], mask: Mask) -> None:
        names = (*NAMES, *more)
        self._whole = frozenset(names)
        self._ends = tuple(f".{name}" for name in names)
        self._mask = mask

    def payment(self, body: bytes) -> str:
        """Return the members of a request's body that name a payment, as a JSON object."""
        found: dict[str, str] = {}
        for path, value in _scalars(_document(body)):
            if len(found) == _MOST:
                break
            if path in self._whole or path.endswith(self._ends):
                found.setdefault(path, self._mask(path, value))
        return json.dumps(found, ensure_ascii=False)

    def answer(self, body: bytes) -> str | None:
        """Return id, status and trace_id of an answer, as a JSON object; None if it has none."""
        document = _document(body)
        if not isinstance(document, dict):
            return None
        places = [document, *(document.get(name) for name in _WRAPPED)]
        found = {
            name: self._mask(name, str(place[name])[:_LONGEST])
            for place in reversed(places)
            if isinstance(place, dict)
            for name in _ANSWER
            if isinstance(place.get(name), str | int)
        }
        return json.dumps(found, ensure_ascii=False) if found else None


def _document(body: bytes) -> Any:  # noqa: ANN401  whatever a body holds
    """Read a body; None if it is no JSON. Numbers stay as they were written."""
    try:
        return json.loads(body.decode(), parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def _scalars(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    """Yield the path of each scalar, such as ``amount.value``, and what it is."""
    if isinstance(value, dict) and depth < _DEEPEST:
        for name, member in value.items():
            if len(name) > _LONGEST:  # or each member within would cost as much again
                continue
            yield from _scalars(member, f"{path}.{name}" if path else name, depth + 1)
    elif isinstance(value, list) and depth < _DEEPEST:
        for member in value[:_MOST]:
            yield from _scalars(member, path, depth + 1)
    elif isinstance(value, str | int) and path:
        yield path[:_LONGEST], str(value)[:_LONGEST]
