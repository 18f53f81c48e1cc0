"""One fault, as a flag, a request field or a control spells it.

``status=503;times=2`` fails two requests and lets the third through; ``delay=2s``,
``cut-body=50%``, ``reset`` and ``hang`` spoil the exchange in other ways. A delay may be
combined with any of the others.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from proxy.sandbox.latency import seconds

_EXCLUSIVE = ("status", "cut_body", "reset", "hang")


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with an exchange, and how often.

    ``after`` lets the request be processed first, so that its outcome is real but unseen.
    """

    status: int | None = None
    delay: float = 0.0
    cut_body: float | None = None
    reset: bool = False
    hang: float | None = None
    times: int | None = None
    after: bool = False
    retry_after: int | None = None
    label: str = ""

    @classmethod
    def parse(cls, text: str) -> "Fault":
        """Read the field's value; raise ValueError saying what is wrong with it."""
        found: dict[str, object] = {}
        for part in filter(None, (part.strip() for part in text.split(";"))):
            name, _, value = part.partition("=")
            if name.strip() not in _DIRECTIVES:
                raise ValueError(f"unknown directive {name.strip()!r}; known: {_NAMES}")
            field, read = _DIRECTIVES[name.strip()]
            found[field] = read(value.strip())
        if not found.keys() & {*_EXCLUSIVE, "delay"}:
            raise ValueError("nothing goes wrong: name status, delay, cut-body, reset or hang")
        if len(found.keys() & set(_EXCLUSIVE)) > 1:
            raise ValueError("status, cut-body, reset and hang exclude each other")
        return cls(**found)  # type: ignore[arg-type]  # each reader gives its field's type


def _status(text: str) -> int:
    if not re.fullmatch(r"[2-5][0-9][0-9]", text):
        raise ValueError("status takes a number from 200 to 599")
    return int(text)


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise ValueError("times and retry-after take a whole number")
    return int(text)


def _share(text: str) -> float:
    match = re.fullmatch(r"([0-9]{1,2}|100)%", text)
    if match is None:
        raise ValueError("cut-body takes a percentage such as 50%")
    return int(match[1]) / 100


def _when(text: str) -> bool:
    if text not in {"before", "after"}:
        raise ValueError("when is before or after")
    return text == "after"


def _flag(text: str) -> bool:
    if text:
        raise ValueError("reset takes no value")
    return True


def _patience(text: str) -> float:
    return seconds(text) if text else 3600.0


_DIRECTIVES: dict[str, tuple[str, Callable[[str], object]]] = {
    "status": ("status", _status),
    "delay": ("delay", seconds),
    "cut-body": ("cut_body", _share),
    "reset": ("reset", _flag),
    "hang": ("hang", _patience),
    "times": ("times", _count),
    "when": ("after", _when),
    "retry-after": ("retry_after", _count),
    "id": ("label", str),
}
_NAMES = ", ".join(_DIRECTIVES)
