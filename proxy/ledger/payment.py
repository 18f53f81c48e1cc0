"""The members of a body that name a payment: few, short, masked, and nothing else of the body."""

import json
from collections.abc import Callable, Container, Iterable
from functools import lru_cache
from typing import Any

from pydantic_core import from_json, to_json

from proxy.ledger.exact import exact
from proxy.passport.members import NAMES

_ANSWER = ("id", "status", "trace_id")
_WRAPPED = ("payment",)  # the first generation answers {"breb_resolved_key": …, "payment": …}
_MARKED = frozenset(("id", "resolution_id"))  # long and random: their hashes tell nothing of them
_LONGEST = 128
_OF_A_NAME = 4  # so that many members of one name leave room for those of the others
_MOST = 32
_DEEPEST = 8
_KNOWN = 1024  # paths whose place is remembered
_encode = json.JSONEncoder(ensure_ascii=False).encode

Mask = Callable[[str, str], str]
"""Masks the value at a path as BREB_REDACT says."""
Mark = Callable[[str], str]
"""Returns a keyed hash of a value, for those that are masked."""


class Picker:
    """Takes from bodies what the ledger may hold of them: ``more`` are names beside the table's."""

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
        """Return the place of what stands at ``path`` in the order of names, None if in none."""
        for end in self._ends.get(_last(path), ()):
            if path == end or path.endswith(f".{end}"):
                return self._places[end]
        return None

    def payment(self, body: bytes) -> tuple[str, str]:
        """Return the members of a request's body that name a payment, as a JSON object.

        And, as another one, the marks of those ids among them that are masked.
        """
        members = self._members(_document(body))
        if members is None:
            members = self._members(exact(body)) or []
        told: dict[str, str] = {}
        marks: dict[str, str] = {}
        members.sort()
        for _, path, value in members[:_MOST]:
            masked = self._mask(path, value)
            if masked != value and _last(path) in _MARKED:
                marks.setdefault(path, self._mark(value))
            told.setdefault(path, masked)
        return _text(told), _text(marks) if marks else "{}"

    def _members(self, document: Any) -> "list[tuple[int, str, str]] | None":  # noqa: ANN401  JSON
        found = _FoundMembers(self._ends, self._place, len(self._places))
        found.look(document, "", "", _DEEPEST)
        return None if found.rounded else found.members

    def answer(self, body: bytes) -> str | None:
        """Return id, status and trace_id of an answer, as a JSON object; None if it has none.

        Beside an id that is masked stands its mark, as ``id_mark``.
        """
        found = _named(_document(body))
        if found is None:
            found = _named(exact(body)) or {}
        told = {name: self._mask(name, value) for name, value in found.items()}
        if "id" in found and told["id"] != found["id"]:
            told["id_mark"] = self._mark(found["id"])
        return _text(told) if told else None


def _named(document: Any) -> dict[str, str] | None:  # noqa: ANN401  JSON
    """Return what is wanted of an answer; None if a number of it must be read exactly."""
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


class _FoundMembers:
    """What is wanted of a body: the place in the order of names, the path and the value.

    ``rounded`` says that a number is among it, which may have been written otherwise.
    """

    __slots__ = ("_counts", "_ends", "_place", "members", "rounded")

    def __init__(
        self, ends: Container[str], place: Callable[[str], int | None], places: int
    ) -> None:
        self._ends = ends
        self._place = place
        self._counts = bytearray(places)
        self.members: list[tuple[int, str, str]] = []
        self.rounded = False

    def look(self, value: Any, path: str, name: str, left: int) -> None:  # noqa: ANN401  JSON
        """Look through ``value``, which stands at ``path``, whose last name is ``name``."""
        kind = type(value)
        if kind is dict:
            if left:
                self._members(value, f"{path}." if path else "", left - 1)
        elif kind is list:
            for member in value[:_MOST] if left else ():
                self.look(member, path, name, left - 1)
        elif value is not None and (name in self._ends or "." in name):
            self._take(value, path)

    def _members(self, value: dict[str, Any], before: str, left: int) -> None:
        ends = self._ends
        for name, member in value.items():
            # Most members are none of these: a path is put together for the others alone.
            kind = type(member)
            if kind is dict or kind is list:
                if len(name) <= _LONGEST:  # or each member within would cost as much again
                    self.look(member, before + name, name, left)
            elif (name in ends or "." in name) and member is not None:
                self._take(member, before + name)

    def _take(self, value: str | float, path: str) -> None:
        place = self._place(path) if len(path) <= _LONGEST else None
        if place is None or self._counts[place] == _OF_A_NAME:
            return
        self._counts[place] += 1
        if type(value) is not str:
            self.rounded = self.rounded or type(value) is not bool
            value = str(value)
        self.members.append((place, path, value[:_LONGEST]))


def _last(path: str) -> str:
    return path.rpartition(".")[2] if "." in path else path


def _document(body: bytes) -> Any:  # noqa: ANN401  whatever a body holds
    """Read a body, quickly; None if it is no JSON. Numbers are not as they were written."""
    try:
        return from_json(body, cache_strings="keys")  # values are not to stay in memory
    except ValueError:
        return exact(body)  # it may only be deep, or hold half a character


def _text(told: dict[str, str]) -> str:
    """Return it as JSON."""
    try:
        return to_json(told).decode()
    except ValueError:  # half a character, which is no UTF-8
        return _encode(told)
