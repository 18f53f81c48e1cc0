"""Errors of values, in the words of people who write settings, not of the validator."""

from typing import get_args

from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from proxy.errors import BadValue
from proxy.settings.field import about
from proxy.words import Phrase, Said, phrase

_BOUNDS = ("greater_than", "greater_than_equal", "less_than_equal")
_NO_NUMBER = ("float_parsing", "int_parsing", "int_from_float", "finite_number")


def problem(item: ErrorDetails, field: FieldInfo) -> Said:
    """Word the rule that a value breaks; ``item`` is pydantic's error, ``field`` the setting."""
    kind, context = item["type"], item.get("ctx", {})
    if kind == "missing":
        return phrase("value.missing")
    if kind.startswith("bool"):
        return phrase("value.boolean")
    if kind in _NO_NUMBER:
        return phrase("value.number", number=_number(field))
    if kind in _BOUNDS:
        return _bound(kind, context, _number(field))
    if kind == "literal_error":
        *others, last = get_args(field.annotation)
        return phrase("value.one-of", others=", ".join(others), last=last)
    error = context.get("error")
    if isinstance(error, BadValue):
        return error.what
    message = str(error or item["msg"])
    return message[:1].lower() + message[1:]


def _bound(kind: str, context: dict[str, float], number: Phrase) -> Phrase:
    if kind == "greater_than":
        return phrase("value.more-than", number=number, bound=context["gt"])
    if kind == "greater_than_equal":
        return phrase("value.at-least", number=number, bound=context["ge"])
    return phrase("value.at-most", number=number, bound=context["le"])


def _number(field: FieldInfo) -> Phrase:
    """Return the unit of a number, with an example."""
    takes = about(field)[1]
    if takes == "SECONDS":
        return phrase("value.seconds", example=field.default or 60.0)
    if takes == "BYTES":
        return phrase("value.bytes", example=field.default or 1_048_576)
    return phrase("value.whole", example=field.default)
