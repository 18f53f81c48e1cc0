"""The members of a body that name a payment: few, short, masked, and nothing else of the body."""

import json
from collections.abc import Callable, Iterable
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
_MARKED = frozenset(("id", "resolution_id"))  # long and random: their hashes tell nothing of them
_LONGEST = 128
_OF_A_NAME = 4  # so that many members of one name leave room for those of the others
_MOST = 32
_DEEPEST = 8
_decode = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str).decode
_encode = json.JSONEncoder(ensure_ascii=False).encode

Mask = Callable[[str, str], str]
"""Masks the value at a path as BREB_REDACT says."""
Mark = Callable[[str], str]
"""Returns a keyed hash of a value, for those that are masked."""


class Picker:
    """Takes from bodies what the ledger may hold of them."""

    def __init__(self, more: Iterable[str], mask: Mask, mark: Mark) -> None:
        names = (*NAMES, *more)
        self._ends: dict[str, tuple[str, ...]] = {}
        for name in names:
            last = _last(name)
            self._ends[last] = (*self._ends.get(last, ()), name)
        self._places = {name: place for place, name in enumerate(names)}
        self._mask = mask
        self._mark = mark

    def payment(self, body: bytes) -> tuple[str, str]:
        """Return the members of a request's body that name a payment, as a JSON object.

        And, as another one, the marks of those ids among them that are masked.
        """
        document = _document(body)
        if not isinstance(document, dict | list):
            return "{}", "{}"
        found = _Found(self._ends, self._places)
        found.look(document, "", "", _DEEPEST)
        told: dict[str, str] = {}
        marks: dict[str, str] = {}
        for _, path, value in sorted(found.members)[:_MOST]:
            masked = self._mask(path, value)
            if masked != value and _last(path) in _MARKED:
                marks.setdefault(path, self._mark(value))
            told.setdefault(path, masked)
        return _encode(told), _encode(marks) if marks else "{}"

    def answer(self, body: bytes) -> str | None:
        """Return id, status and trace_id of an answer, as a JSON object; None if it has none.

        Beside an id that is masked stands its mark, as ``id_mark``.
        """
        document = _document(body)
        if not isinstance(document, dict):
            return None
        found: dict[str, str] = {}
        for place in (*(document.get(name) for name in _WRAPPED), document):
            if isinstance(place, dict):
                for name in _ANSWER:
                    if isinstance(place.get(name), str | int):
                        found[name] = str(place[name])[:_LONGEST]
        told = {name: self._mask(name, value) for name, value in found.items()}
        if "id" in found and told["id"] != found["id"]:
            told["id_mark"] = self._mark(found["id"])
        return _encode(told) if told else None


class _Found:
    """What is wanted of a body: the place in the order of names, the path and the value."""

    def __init__(self, ends: dict[str, tuple[str, ...]], places: dict[str, int]) -> None:
        self._ends = ends
        self._places = places
        self._counts = [0] * len(places)
        self.members: list[tuple[int, str, str]] = []

    def look(self, value: Any, path: str, name: str, left: int) -> None:  # noqa: ANN401  JSON
        """Look through ``value``, which stands at ``path``, whose last name is ``name``."""
        kind = type(value)
        if kind is dict:
            if left:
                self._members(value, f"{path}." if path else "", left - 1)
        elif kind is list:
            for member in value[:_MOST] if left else ():
                self.look(member, path, name, left - 1)
        elif (kind is str or kind is bool) and len(path) <= _LONGEST:
            self._take(value, path, name)

    def _members(self, value: dict[str, Any], before: str, left: int) -> None:
        ends = self._ends
        for name, member in value.items():
            if len(name) > _LONGEST:  # or each member within would cost as much again
                continue
            # Most members are none of these: a path is put together for the others alone.
            kind = type(member)
            if (
                kind is dict
                or kind is list
                or name in ends
                or ("." in name and _last(name) in ends)
            ):
                self.look(member, before + name, name, left)

    def _take(self, value: str | int, path: str, name: str) -> None:
        for end in self._ends.get(_last(name), ()):
            place = self._places[end]
            if self._counts[place] < _OF_A_NAME and (path == end or path.endswith(f".{end}")):
                self._counts[place] += 1
                self.members.append((place, path, str(value)[:_LONGEST]))
                return


def _last(path: str) -> str:
    return path.rpartition(".")[2] if "." in path else path


def _document(body: bytes) -> Any:  # noqa: ANN401  whatever a body holds
    """Read a body; None if it is no JSON. Numbers stay as they were written."""
    try:
        return _decode(body.decode())
    except (ValueError, RecursionError):
        return None
