"""The facts about a setting beside its value: its group in the help, the word for its value."""

from typing import Any, Literal

from pydantic import Field
from pydantic.fields import FieldInfo

Group = Literal[
    "upstream",
    "callers' listener",
    "admin listener",
    "access token",
    "forwarding",
    "ledger",
    "end of the process",
    "log",
]


def setting(group: Group, takes: str = "VALUE", **more: Any) -> Any:  # noqa: ANN401  as Field
    """Return a pydantic Field; ``takes`` is the word for its value, such as SECONDS."""
    return Field(json_schema_extra={"group": group, "takes": takes}, **more)


def about(field: FieldInfo) -> tuple[str, str]:
    """Return the group of a setting and the word for its value."""
    extra: Any = field.json_schema_extra
    return extra["group"], extra["takes"]
