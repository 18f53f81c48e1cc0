"""Who gives way when callers hold too much: functions over values, no connection in here."""

from collections.abc import Iterable
from typing import Final, NamedTuple, TypeVar

_T = TypeVar("_T")

MIB: Final = 1 << 20
UNLIMITED: Final = 512 * MIB
"""The budget where there is no limit; half of it is the default BREB_MAX_CALLERS over TLS."""
OWN: Final = 56 * MIB
"""What the program needs for itself: at rest, and with as many small exchanges as there may be."""
LEAST: Final = 8 * MIB
# What a connection takes that only exists, here and in the kernel; measured.
PLAIN: Final = 8 << 10
SECURED: Final = 72 << 10
EXCHANGE: Final = 12 << 10
"""What an exchange takes that is under way."""
LIGHT: Final = EXCHANGE + (8 << 10)
YOUNG: Final = 1.0  # seconds
# The allocator's share: what is free between others cannot be used for all that comes.
_USABLE: Final = 5 / 8


class Claim(NamedTuple):
    """What one connection holds (bytes), and for how long nothing has moved on it (seconds).

    ``beside`` is the part of it that is more than the connection itself; ``known``: a valid key has
    come on it.
    """

    weight: int
    beside: int
    known: bool
    still: float


def budget_within(limit: int | None) -> int:
    """Return how much callers may make us hold where memory is limited to ``limit`` (bytes)."""
    if limit is None:
        return UNLIMITED
    return max(LEAST, int((limit - OWN) * _USABLE))


def light(claim: Claim) -> bool:
    """Report whether somebody has just come, or moved, and asks for little."""
    return claim.beside <= LIGHT and claim.still < YOUNG


def greed(claim: Claim) -> tuple[bool, bool, float]:
    """Order claims: those who give way first have the largest.

    Strangers before those who have shown a key; the light ones last of either. Then bytes times
    seconds: a large head that waits for its end is dearer than a small one, and that dearer than
    one which is just arriving.
    """
    return not claim.known, not light(claim), claim.weight * (1.0 + claim.still)


def giving_way(claims: Iterable[tuple[Claim, _T]], excess: int, margin: int) -> list[_T]:
    """Return those who give way, greediest first, until ``excess`` bytes are free.

    And ``margin`` bytes more, so that not each that comes is dear. As much as that the light ones
    may hold, whatever the others do: it may be that none of them can give way.
    """
    ranked = sorted(claims, key=lambda pair: greed(pair[0]), reverse=True)
    spare = margin - sum(claim.weight for claim, _ in ranked if light(claim))
    chosen: list[_T] = []
    spared: list[tuple[Claim, _T]] = []
    for claim, holder in ranked:
        while claim.known and spared and excess > 0:  # strangers first, also the light ones
            stranger, theirs = spared.pop(0)
            chosen.append(theirs)
            excess -= stranger.weight
        if light(claim):
            if excess <= 0 or spare >= 0:
                if not claim.known:
                    spared.append((claim, holder))
                continue
            spare += claim.weight
        elif excess + (0 if claim.known else margin) <= 0:
            continue  # no known caller gives way for mere margin
        chosen.append(holder)
        excess -= claim.weight
    return chosen
