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
    "database",
    "end of the process",
    "log",
]


def setting(group: Group, takes: str = "VALUE", *, common: bool = False, **more: Any) -> Any:  # noqa: ANN401  as Field
    """Return a pydantic Field; ``takes`` is the word for its value, such as SECONDS.

    A ``common`` one is met first, in the help and in the example.
    """
    return Field(json_schema_extra={"group": group, "takes": takes, "common": common}, **more)


def about(field: FieldInfo) -> tuple[str, str]:
    """Return the group of a setting and the word for its value."""
    extra: Any = field.json_schema_extra
    return extra["group"], extra["takes"]


def common(field: FieldInfo) -> bool:
    """Report whether many need this setting; the other ones can wait until they are needed."""
    extra: Any = field.json_schema_extra
    return extra is not None and bool(extra["common"])
