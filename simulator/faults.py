"""One fault, as a flag, a request field or a control spells it.

``status=503;times=2`` fails two requests and lets the third through; ``delay=2s``,
``body=html``, ``cut-body=50%``, ``reset`` and ``hang`` spoil the exchange in other ways. A
delay may be combined with any of the others.
"""

import re
from collections.abc import Callable, Set
from dataclasses import dataclass

from simulator.bodies import CHANGED, KINDS, MADE
from simulator.latency import seconds

_EXCLUSIVE = ("status", "cut_body", "reset", "hang", "trickle", "body")


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of exchanges, and its number of times.

    ``after`` lets the request be processed first, so that its outcome is real but unseen.
    """

    status: int | None = None
    delay: float = 0.0
    cut_body: float | None = None
    body: str = ""
    trickle: float | None = None
    reset: bool = False
    hang: float | None = None
    times: int | None = None
    after: bool = False
    retry_after: int | None = None
    label: str = ""

    @classmethod
    def parse(cls, text: str) -> "Fault":
        """Read the field's value; for a wrong one raise ValueError with the reason."""
        found: dict[str, object] = {}
        for part in filter(None, (part.strip() for part in text.split(";"))):
            name, _, value = part.partition("=")
            if name.strip() not in _DIRECTIVES:
                raise ValueError(f"unknown directive {name.strip()!r}; known: {_NAMES}")
            field, read = _DIRECTIVES[name.strip()]
            found[field] = read(value.strip())
        fault = cls(**found)  # type: ignore[arg-type]  # each reader gives its field's type
        fault.check(found.keys())
        return fault

    @property
    def processed(self) -> bool:
        """Report whether the request is carried out before anything goes wrong."""
        needs_answer = self.cut_body is not None or self.trickle is not None
        return self.after or needs_answer or self.body in CHANGED

    def check(self, named: Set[str]) -> None:
        """Refuse an incomplete or contradictory fault, rather than ignore a part of it."""
        wrongs = {name for name in named if name in _EXCLUSIVE}
        if not wrongs and "delay" not in named:
            raise ValueError(
                "the fault does nothing: write status, delay, body, cut-body, trickle, reset or"
                " hang"
            )
        if len(wrongs) > 1 and not (wrongs == {"status", "body"} and self.body in MADE):
            raise ValueError(
                "status, body, cut-body, trickle, reset and hang exclude each other; status can"
                " be combined only with body=html and body=empty"
            )
        if "retry_after" in named and not (self.status or self.body == "html"):
            raise ValueError("retry-after needs status or body=html")
        if "label" in named and self.times is None:
            raise ValueError("id needs times: requests are counted for each id")
        if "after" in named and not self.after and self.processed:
            raise ValueError(
                "when=before is not possible with it: there would be no response to change"
            )


def _status(text: str) -> int:
    if not re.fullmatch(r"[2-5][0-9][0-9]", text):
        raise ValueError("status takes a number from 200 to 599")
    return int(text)


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise ValueError("times and retry-after take a whole number")
    return int(text)


def _times(text: str) -> int:
    if not _count(text):
        raise ValueError("times=0 is not possible: write 1 or more")
    return int(text)


def _body(text: str) -> str:
    if text not in KINDS:
        raise ValueError(f"body is one of {', '.join(KINDS)}")
    return text


def _label(text: str) -> str:
    if not text:
        raise ValueError("id takes a word")
    return text


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
    "body": ("body", _body),
    "trickle": ("trickle", seconds),
    "times": ("times", _times),
    "when": ("after", _when),
    "retry-after": ("retry_after", _count),
    "id": ("label", _label),
}
_NAMES = ", ".join(_DIRECTIVES)
