"""The rules for giving way when callers hold too much: functions over values."""

from collections.abc import Iterable
from typing import Final, NamedTuple, TypeVar

_T = TypeVar("_T")

MIB: Final = 1 << 20  # bytes
UNLIMITED: Final = 512 * MIB  # bytes
"""The budget where there is no limit; half of it is the default BREB_MAX_CALLERS over TLS."""
OWN: Final = 56 * MIB
"""Bytes that the program itself needs: at rest, and with the most small exchanges."""
WITH_CONSOLE: Final = 16 * MIB  # bytes: the last exchanges, and copies of those under way
WITH_LEDGER: Final = 6 * MIB  # bytes
LEAST: Final = 8 * MIB  # bytes
# Bytes that an idle connection takes, here and in the kernel; measured.
PLAIN: Final = 8 << 10
SECURED: Final = 72 << 10
EXCHANGE: Final = 20 << 10
"""Bytes that an exchange under way takes. It holds half of that; but it is made of small objects,
and as much as the most of them ever took stays with the interpreter's allocator."""
LIGHT: Final = EXCHANGE + (8 << 10)
YOUNG: Final = 1.0  # seconds
FOR_NOTHING: Final = 1e6  # seconds
"""How much longer than others who has an answer, and waits for a better one, seems to stand still:
to end that takes nothing from anybody. Those who have waited for longest go first."""
# The rest is the allocator's loss: free gaps between blocks do not fit every request.
_USABLE: Final = 5 / 8


class Claim(NamedTuple):
    """The memory of one connection (bytes), and the time since it last moved (seconds).

    ``beside`` is the part beyond the connection itself; ``known``: it has sent a valid key;
    ``changes``: its request does more than read.
    """

    weight: int
    beside: int
    known: bool
    still: float
    changes: bool = False


def budget_within(limit: int | None, *, console: bool = False, ledger: bool = False) -> int:
    """Return the budget for callers (bytes), if all memory is limited to ``limit`` bytes."""
    if limit is None:
        return UNLIMITED
    own = OWN + console * WITH_CONSOLE + ledger * WITH_LEDGER
    return max(LEAST, int((limit - own) * _USABLE))


def light(claim: Claim) -> bool:
    """Report whether a connection is new, or has just moved, and holds little."""
    return claim.beside <= LIGHT and claim.still < YOUNG


def greed(claim: Claim) -> tuple[bool, bool, bool, float]:
    """Order claims: the one with the largest value gives way first.

    Strangers give way before callers with a key; in each group, light claims come last, and of them
    those whose request does more than read. Then bytes times seconds count: a large head that waits
    for its end costs more than a small one, and a small one more than one that is just arriving.
    """
    is_light = light(claim)
    spared = is_light and claim.changes
    return not claim.known, not is_light, not spared, claim.weight * (1.0 + claim.still)


def giving_way(claims: Iterable[tuple[Claim, _T]], excess: int, margin: int) -> list[_T]:
    """Return the holders that give way, greediest first, until ``excess`` bytes are free.

    They free ``margin`` bytes more, so that the next arrival needs no new search. Light claims may
    hold up to ``margin`` in any case, because perhaps none of the others can give way.
    """
    ranked = sorted(claims, key=lambda pair: greed(pair[0]), reverse=True)
    spare = margin - sum(claim.weight for claim, _ in ranked if light(claim))
    chosen: list[_T] = []
    spared: list[tuple[Claim, _T]] = []
    for claim, holder in ranked:
        while claim.known and spared and excess > 0:  # strangers go first, even light ones
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
            continue  # a known caller does not give way for the margin alone
        chosen.append(holder)
        excess -= claim.weight
    return chosen
