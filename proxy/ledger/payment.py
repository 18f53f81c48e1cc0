"""The members of a body that name a payment: few, short, masked, and nothing else of the body."""

import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from operator import itemgetter
from types import NoneType
from typing import Any

from pydantic_core import to_json

from proxy.ledger.document import Document
from proxy.passport.members import NAMES

_ANSWER = ("id", "status", "trace_id")
_WRAPPED = "payment"  # the first generation answers {"breb_resolved_key": …, "payment": …}
_MARKED = frozenset(("id", "resolution_id"))  # long and random: their hashes tell nothing of them
_LONGEST = 128  # characters
_OF_A_NAME = 4  # members of one name, so that many of them leave room for other names
_MOST = 32  # members
_DEEPEST = 8  # levels
_KNOWN = 1024  # paths whose place is cached
_SHAPES = 256  # objects whose steps are cached
_SHORT = 4096  # bytes of a body whose shapes are, so that strangers' names take little room
_NUMBERS = frozenset((int, float))
_encode = json.JSONEncoder(ensure_ascii=False).encode

_Member = tuple[int, str, str | float]  # the place in the order of names, the path and the value
_BY_PLACE = itemgetter(0)
_VALUE = itemgetter(2)
_Step = tuple[str, str, int | None]  # the name, its path, and its place; None to look within
_Planner = Callable[[str, tuple[str, ...], tuple[type, ...]], tuple[_Step, ...]]

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
        self._plan = lru_cache(_SHAPES)(self._plan_of)
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
        plan = self._plan if len(document.body) <= _SHORT else self._plan_of
        members = self._members(document.read, plan)
        if not _NUMBERS.isdisjoint(map(type, map(_VALUE, members))):
            members = self._members(document.exact, plan)
        told: dict[str, str] = {}
        marks: dict[str, str] = {}
        for _, path, value in members:
            if path not in told:
                text = value if type(value) is str else str(value)
                if len(text) > _LONGEST:
                    text = text[:_LONGEST]
                told[path] = masked = self._mask(path, text)
                if masked != text and _last(path) in _MARKED:
                    marks[path] = self._mark(text)
        return _text(told), _text(marks) if marks else "{}"

    def _members(self, document: Any, plan: _Planner) -> list[_Member]:  # noqa: ANN401  JSON
        """Return a document's wanted members: a few of each name, in the order of the names."""
        found: list[_Member] = []
        if type(document) is dict:
            self._look(document, "", _DEEPEST - 1, found, plan)
        elif type(document) is list:
            self._look_along(document, "", _DEEPEST - 1, found, plan)
        found.sort(key=_BY_PLACE)
        few = found[:_OF_A_NAME]
        for before, each in zip(found, found[_OF_A_NAME:], strict=False):
            if before[0] != each[0]:  # at most `_OF_A_NAME` of a name
                few.append(each)
        return few[:_MOST]

    def _look(
        self,
        value: dict[str, Any],
        before: str,
        left: int,
        found: list[_Member],
        plan: _Planner,
    ) -> None:
        """Search an object; ``before`` is its path and a full stop."""
        for name, path, place in plan(before, (*value,), (*map(type, value.values()),)):
            member = value[name]
            if place is not None:
                found.append((place, path, member))
            elif left:
                look = self._look if type(member) is dict else self._look_along
                look(member, path, left - 1, found, plan)

    def _plan_of(
        self, before: str, names: tuple[str, ...], kinds: tuple[type, ...]
    ) -> tuple[_Step, ...]:
        """Return the steps through each object that has these names, with values of these kinds.

        Payments of one application have few shapes: to know them is a third of the work.
        """
        steps: list[_Step] = []
        for name, kind in zip(names, kinds, strict=True):
            path = before + name
            if kind is dict or kind is list:
                if len(name) <= _LONGEST:  # else each member costs as much again
                    steps.append((name, f"{path}." if kind is dict else path, None))
            elif kind is not NoneType and (name in self._ends or "." in name):
                place = self._place(path) if len(path) <= _LONGEST else None
                if place is not None:
                    steps.append((name, path, place))
        return tuple(steps)

    def _look_along(
        self, value: list[Any], path: str, left: int, found: list[_Member], plan: _Planner
    ) -> None:
        """Search an array; its elements have its path."""
        place = self._place(path) if len(path) <= _LONGEST else None
        for member in value[:_MOST]:
            kind = type(member)
            if kind is dict:
                if left:
                    self._look(member, f"{path}." if path else "", left - 1, found, plan)
            elif kind is list:
                if left:
                    self._look_along(member, path, left - 1, found, plan)
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
    for place in (document.get(_WRAPPED), document):
        if type(place) is dict:
            for name in _ANSWER:
                value: object = place.get(name)
                if type(value) is str or type(value) is bool:
                    found[name] = str(value)[:_LONGEST]
                elif type(value) in _NUMBERS:
                    return None
    return found


def _last(path: str) -> str:
    return path.rpartition(".")[2] if "." in path else path


def _text(told: dict[str, str]) -> str:
    """Return the members as JSON."""
    try:
        return to_json(told).decode()
    except ValueError:  # a lone surrogate, which is no UTF-8
        return _encode(told)
