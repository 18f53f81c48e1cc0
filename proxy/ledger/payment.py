"""The members of a body that name a payment: few, short, masked, and nothing else of the body."""

import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from operator import itemgetter
from typing import Any

from pydantic_core import to_json

from proxy.ledger.document import Document
from proxy.passport.members import NAMES

_ANSWER = ("id", "status", "trace_id")
_WRAPPED = ("payment",)  # the first generation answers {"breb_resolved_key": …, "payment": …}
_MARKED = frozenset(("id", "resolution_id"))  # long and random: their hashes tell nothing of them
_LONGEST = 128  # characters
_OF_A_NAME = 4  # members of one name, so that many of them leave room for other names
_MOST = 32  # members
_DEEPEST = 8  # levels
_KNOWN = 1024  # paths whose place is cached
_encode = json.JSONEncoder(ensure_ascii=False).encode

_Member = tuple[int, str, str | float]  # the place in the order of names, the path and the value
_BY_PLACE = itemgetter(0)

Mask = Callable[[str, str], str]
"""Masks the value at a path as BREB_REDACT says."""
Mark = Callable[[str], str]
"""Returns a keyed hash of a value, for those that are masked."""


class Picker:
    """Picks from bodies the members for the ledger; ``more`` are names beside the table's."""

    def __init__(self, more: Iterable[str], mask: Mask, mark: Mark) -> None:
        names = (*NAMES, *more)
        self._ends: dict[str, tuple[str, ...]] = {}
        for name in names:
            last = _last(name)
            self._ends[last] = (*self._ends.get(last, ()), name)
        self._places = {name: place for place, name in enumerate(names)}
        self._place = lru_cache(_KNOWN)(self._place_of)
        self._mask = mask
        self._mark = mark

    def _place_of(self, path: str) -> int | None:
        """Return the place of the member at ``path`` in the order of names, None if it has none."""
        for end in self._ends.get(_last(path), ()):
            if path == end or path.endswith(f".{end}"):
                return self._places[end]
        return None

    def payment(self, document: Document) -> tuple[str, str]:
        """Return the members of a request's body that name a payment, as a JSON object.

        The second object has the marks of the masked ids among them.
        """
        members = self._members(document.read)
        for _, _, value in members:
            if type(value) is int or type(value) is float:
                members = self._members(document.exact)
                break
        told: dict[str, str] = {}
        marks: dict[str, str] = {}
        for _, path, value in members:
            if path not in told:
                text = str(value)[:_LONGEST]
                told[path] = masked = self._mask(path, text)
                if masked != text and _last(path) in _MARKED:
                    marks[path] = self._mark(text)
        return _text(told), _text(marks) if marks else "{}"

    def _members(self, document: Any) -> list[_Member]:  # noqa: ANN401  JSON
        """Return a document's wanted members: a few of each name, in the order of the names."""
        found: list[_Member] = []
        if type(document) is dict:
            self._look(document, "", _DEEPEST - 1, found)
        elif type(document) is list:
            self._look_along(document, "", _DEEPEST - 1, found)
        found.sort(key=_BY_PLACE)
        few = found[:_OF_A_NAME]
        for before, each in zip(found, found[_OF_A_NAME:], strict=False):
            if before[0] != each[0]:  # at most `_OF_A_NAME` of a name
                few.append(each)
        return few[:_MOST]

    def _look(self, value: dict[str, Any], before: str, left: int, found: list[_Member]) -> None:
        """Search an object; ``before`` is its path and a full stop."""
        ends = self._ends
        for name, member in value.items():
            kind = type(member)
            if kind is dict:
                if left and len(name) <= _LONGEST:  # else each member costs as much again
                    self._look(member, f"{before}{name}.", left - 1, found)
            elif kind is list:
                if left and len(name) <= _LONGEST:
                    self._look_along(member, before + name, left - 1, found)
            # Most members have none of these names: only the others need their path.
            elif (name in ends or "." in name) and member is not None:
                path = before + name
                place = self._place(path) if len(path) <= _LONGEST else None
                if place is not None:
                    found.append((place, path, member))

    def _look_along(self, value: list[Any], path: str, left: int, found: list[_Member]) -> None:
        """Search an array; its elements have its path."""
        place = self._place(path) if len(path) <= _LONGEST else None
        for member in value[:_MOST]:
            kind = type(member)
            if kind is dict:
                if left:
                    self._look(member, f"{path}." if path else "", left - 1, found)
            elif kind is list:
                if left:
                    self._look_along(member, path, left - 1, found)
            elif place is not None and member is not None:
                found.append((place, path, member))

    def answer(self, body: bytes) -> str | None:
        """Return id, status and trace_id of an answer, as a JSON object; None if it has none.

        Beside a masked id stands its mark, as ``id_mark``.
        """
        document = Document(body)
        found = _named(document.read)
        if found is None:
            found = _named(document.exact) or {}
        told = {name: self._mask(name, value) for name, value in found.items()}
        if "id" in found and told["id"] != found["id"]:
            told["id_mark"] = self._mark(found["id"])
        return _text(told) if told else None


def _named(document: Any) -> dict[str, str] | None:  # noqa: ANN401  JSON
    """Return the wanted members of an answer; None if one of its numbers must be read exactly."""
    found: dict[str, str] = {}
    if not isinstance(document, dict):
        return found
    for place in (*(document.get(name) for name in _WRAPPED), document):
        if isinstance(place, dict):
            for name in _ANSWER:
                value: object = place.get(name)
                if isinstance(value, str | bool):
                    found[name] = str(value)[:_LONGEST]
                elif isinstance(value, int | float):
                    return None
    return found


def _last(path: str) -> str:
    return path.rpartition(".")[2] if "." in path else path


def _text(told: dict[str, str]) -> str:
    """Return it as JSON."""
    try:
        return to_json(told).decode()
    except ValueError:  # a lone surrogate, which is no UTF-8
        return _encode(told)
