"""The tables of settings in docs/sandbox.md, made from the simulator's settings.

Run it as ``python -m tools.sandbox_tables`` after a change there; a test holds them alike.
"""

import re
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Literal, get_args, get_origin

from simulator import SandboxConfig

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

PAGE = Path(__file__).parent.parent / "docs" / "sandbox.md"
_GUESS = "Guess: "
_HEAD = "| setting | values | default | |\n|---|---|---|---|\n"


def tables() -> tuple[str, str]:
    """Write the table of what is known, and that of guesses."""
    known, guessed = _HEAD, _HEAD
    for name, field in SandboxConfig.model_fields.items():
        meaning = field.description or ""
        shown = meaning.removeprefix(_GUESS)
        cells = (f"`{name}`", _values(field), _default(field), shown[:1].upper() + shown[1:])
        row = f"| {' | '.join(cells)} |\n"
        if meaning.startswith(_GUESS):
            guessed += row
        else:
            known += row
    return known, guessed


def _values(field: "FieldInfo") -> str:
    kinds = [kind for kind in get_args(field.annotation) if kind is not NoneType]
    choices = [kind for kind in (field.annotation, *kinds) if get_origin(kind) is Literal]
    if choices:
        return ", ".join(f"`{value}`" for value in get_args(choices[0]))
    if field.annotation is bool:
        return "`true`, `false`"
    if any("tuple" in str(kind) for kind in (field.annotation, *kinds)):
        return "texts"
    numbers = {int, float} & {field.annotation, *kinds}
    return "a number" if numbers or "float" in str(field.annotation) else "text"


def _default(field: "FieldInfo") -> str:
    if field.default in (None, ()):
        return "–"
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


def page(text: str) -> str:
    """Put the tables into the page, in place of those that stand there."""
    fresh = iter(tables())
    return re.sub(r"\| setting \|.*?\n(?!\|)", lambda _: next(fresh), text, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
