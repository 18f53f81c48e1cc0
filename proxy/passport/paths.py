"""Finds the table's operation for a request, with any prefix before the API's paths."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from proxy.passport.operation import Operation
from proxy.passport.operations import OPERATIONS

_VERSION = "/v1"


def _template(operation: Operation) -> tuple[str, ...]:
    return tuple(operation.path.removeprefix(_VERSION).removeprefix("/").split("/"))


# By method, the longest first: the older paths end in segments of the newer ones.
_TEMPLATES: dict[str, list[tuple[tuple[str, ...], Operation]]] = {}
for _each in sorted(OPERATIONS, key=lambda each: each.path.count("/"), reverse=True):
    _TEMPLATES.setdefault(_each.method, []).append((_template(_each), _each))

_NAMES = "|".join(sorted({_template(each)[0] for each in OPERATIONS}))
# Every path of the API is /v1 and one of these.
_API = re.compile(rf"(?P<before>.*?){_VERSION}(?:/(?:{_NAMES})(?:/.*)?)?", re.IGNORECASE)
_SEGMENT = "[A-Za-z0-9_-]+"
_READING = "|".join(
    "/".join(_SEGMENT if part.startswith("{") else part for part in _template(each))
    for each in OPERATIONS
    if each.only_reads
)
_ONLY_READS = re.compile(f"(?:/{_SEGMENT})*/(?:{_READING})".encode())


class KnownOperation(NamedTuple):
    """The operation that a request is; ``before`` and ``values`` are what its path has beside it.

    ``before`` has the version, where it is there: a gateway's base URL may hold it.
    """

    operation: Operation
    before: str
    values: tuple[str, ...]

    def target(self, other: Operation, *values: str) -> str:
        """Return the path of another operation with ``values`` in it, at the same place."""
        given = iter(values)
        parts = (next(given) if part.startswith("{") else part for part in _template(other))
        return "/".join((self.before, *parts))


def known(method: str, path: str) -> KnownOperation | None:
    """Return the operation of a request, None if it is none of the API's."""
    segments = path.split("/")
    for template, operation in _TEMPLATES.get(method, ()):
        rest, tail = segments[: -len(template)], segments[-len(template) :]
        if rest and (values := _values(template, tail)) is not None:
            return KnownOperation(operation, "/".join(rest), values)
    return None


def _values(template: Sequence[str], segments: Sequence[str]) -> tuple[str, ...] | None:
    """Return the values for the names in braces, None if the rest differs."""
    values = []
    for part, segment in zip(template, segments, strict=True):
        if part.startswith("{") and segment:
            values.append(segment)
        elif part != segment:
            return None
    return tuple(values)


def only_reads(method: str, path: bytes) -> bool:
    """Report whether a request only reads, although it is a POST.

    Its path has only plain segments, so that no server reads it as another one.
    """
    return method == "POST" and _ONLY_READS.fullmatch(path) is not None


def before_the_api(path: str) -> str | None:
    """Return the prefix before the path of the API that ends ``path``; None if there is none."""
    found = _API.fullmatch(path)
    return found["before"] if found else None
