"""Looks for inputs that cost more than in proportion to their length.

``python -m tests.hostile.search [--seconds 60] [--seed 1]`` makes inputs for each regular
expression of the program out of pieces of what it matches, and for each pass over strangers' bytes
out of pieces that mean something there; it repeats a piece, and looks at the time. It prints what
it finds, and fails then. The same seed tries the same inputs in the same order.
"""

import argparse
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from re import _constants as sre  # type: ignore[attr-defined]  # how re itself reads a pattern
from re import _parser as reader  # type: ignore[attr-defined]
from typing import Any

from tests.hostile.passes import PASSES, PIECES
from tests.hostile.patterns import patterns
from tests.support.growth import MOST, growth

AT_ONCE = 300  # inputs for a pattern, each time that it is chosen: they cost little
_SIGNS = "aA0 _-.\n\r\t\"'\\/=+,:;%&<>[]{}#?@~é\x00"


@dataclass(frozen=True, slots=True)
class Effort:
    """How long the inputs are that are tried, and how much CPU time makes one suspicious.

    One after the other: what is exponential shows in the first. ``spare`` is for any input,
    ``each`` for each character, in seconds.
    """

    sizes: tuple[int, ...]
    spare: float
    each: float


PATTERN = Effort((30, 300, 600), spare=50e-6, each=0.3e-6)
PASS = Effort((100, 1000, 4000, 16_000), spare=5e-3, each=1.5e-6)


class Seed:
    """One way to make an input of any length: something, a piece again and again, and an end."""

    def __init__(self, before: str, piece: str, after: str) -> None:
        self.before, self.piece, self.after = before, piece or "a", after

    def __call__(self, size: int) -> str:
        return self.before + self.piece * (size // len(self.piece)) + self.after

    def __repr__(self) -> str:
        return f"{self.before!r} + {self.piece!r} * n + {self.after!r}"


def seeds_for(pattern: re.Pattern[Any], chance: random.Random) -> Seed:
    """Return an input made of parts of what ``pattern`` matches."""
    tree = list(reader.parse(pattern.pattern, pattern.flags & ~re.DEBUG))
    slices = list(_slices(tree))

    def some() -> str:
        return _sample(chance.choice(slices), chance)

    before = _sample(tree[: chance.randint(0, len(tree))], chance) if chance.random() < 0.7 else ""
    piece = "".join(some() for _ in range(chance.choice((1, 1, 1, 2))))
    ends = ("", chance.choice(_SIGNS), some(), some(), before[:1])
    return Seed(before, piece[: chance.choice((1, 8, 24))], chance.choice(ends))


def _slices(tree: list[Any]) -> Iterator[list[Any]]:
    """Yield what stands side by side in a pattern, at any depth, in pieces of any length."""
    for start in range(len(tree)):
        for end in range(start + 1, min(len(tree), start + 6) + 1):
            yield tree[start:end]
        for inner in _trees(tree[start][1]):
            yield from _slices(list(inner))


def _trees(value: Any) -> Iterator[Any]:
    if isinstance(value, reader.SubPattern):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _trees(each)


def _sample(tree: Any, chance: random.Random) -> str:
    return "".join(_one(*operation, chance) for operation in tree)


def _one(operation: Any, value: Any, chance: random.Random) -> str:
    """Return something that one part of a pattern matches, or nearly."""
    if operation is sre.LITERAL:
        return chr(value)
    if operation is sre.IN:
        return _of_set(value, chance)
    if operation in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        least, most, inner = value
        return "".join(
            _sample(inner, chance) for _ in range(chance.randint(least, min(most, least + 2)))
        )
    if operation is sre.BRANCH:
        return _sample(chance.choice(value[1]), chance)
    if operation in (sre.ANY, sre.NOT_LITERAL):
        return chance.choice(_SIGNS)
    return "".join(_sample(inner, chance) for inner in _trees(value))


def _of_set(members: list[Any], chance: random.Random) -> str:
    kind, value = chance.choice(members)
    if kind is sre.LITERAL:
        return chr(value)
    if kind is sre.RANGE:
        return chr(chance.randint(*value))
    return chance.choice(_SIGNS)  # a category, or all but


def seeds_of_pieces(chance: random.Random) -> Seed:
    """Return an input made of pieces that mean something to one pass or another."""

    def some(most: int) -> str:
        return "".join(chance.choice(PIECES) for _ in range(chance.randint(0, most)))

    return Seed(some(2), some(2) or chance.choice(PIECES), some(2))


def verdict(run: Callable[[str], object], seed: Seed, effort: Effort) -> str:
    """Say what is wrong with an input, empty if nothing is."""
    for size in effort.sizes:
        text = seed(size)
        began = time.thread_time()
        run(text)
        if time.thread_time() - began > effort.spare + effort.each * len(text):
            ratio = growth(run, seed, size)
            return f"{ratio:.0f} times as long for 4 times the length" if ratio > MOST else ""
    return ""


def search(seconds: float, seed: int) -> tuple[int, list[str]]:
    """Try for so long; return how many inputs were tried, and what was found."""
    chance = random.Random(seed)
    targets: list[tuple[str, Callable[[str], object], re.Pattern[Any] | None]] = [
        (name, used.run, used.pattern) for name, used in patterns().items()
    ]
    targets += [(name, run, None) for name, run in PASSES.items()]
    end, tried, found = time.monotonic() + seconds, 0, dict[str, str]()
    while time.monotonic() < end:
        name, run, pattern = chance.choice(targets)
        for _ in range(1 if pattern is None else AT_ONCE):
            if name in found or time.monotonic() >= end:
                break
            made = seeds_of_pieces(chance) if pattern is None else seeds_for(pattern, chance)
            tried += 1
            if words := verdict(run, made, PASS if pattern is None else PATTERN):
                found[name] = f"{name}: {words}: {made}"
    return tried, list(found.values())


def main() -> int:
    """Search, and say what was found."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    tried, found = search(chosen.seconds, chosen.seed)
    sys.stdout.write("".join(f"{each}\n" for each in found))
    sys.stdout.write(f"{tried} inputs tried, {len(found)} passes found that are not linear\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
