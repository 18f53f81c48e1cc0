"""Errors of values, in the words of people who write settings, not of the validator."""

from typing import get_args

from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from proxy.invocation import COMMAND
from proxy.settings.field import about

_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}
_NO_NUMBER = ("float_parsing", "int_parsing", "int_from_float", "finite_number")


def problem(item: ErrorDetails, field: FieldInfo) -> str:
    """Word the rule that a value breaks; ``item`` is pydantic's error, ``field`` the setting."""
    kind = item["type"]
    if kind == "missing":
        return (
            "is not set; set it in the environment, in .env or in the secrets directory, or"
            f" store it in the keychain: {COMMAND} login"
        )
    if kind.startswith("bool"):
        return "must be true or false"
    if kind in _NO_NUMBER:
        return f"must be {_number(field)}"
    if kind in _BOUNDS:
        words, name = _BOUNDS[kind]
        bound = item["ctx"][name]
        return (
            f"must be {_number(field)}, and {words}"
            f" {bound if isinstance(bound, int) else f'{bound:g}'}"
        )
    if kind == "literal_error":
        *others, last = get_args(field.annotation)
        return f"must be {', '.join(others)} or {last}"
    message = str(item.get("ctx", {}).get("error", item["msg"]))
    return message[:1].lower() + message[1:]


def _number(field: FieldInfo) -> str:
    """Return the unit of a number, with an example."""
    takes = about(field)[1]
    if takes == "SECONDS":
        return f"a number of seconds, such as {field.default or 60:g}"
    if takes == "BYTES":
        return f"a number of bytes, such as {field.default or 1_048_576}"
    return f"a whole number, such as {field.default}"
