"""The budget: what is read while much is held, who gives way, and what is given back."""

import asyncio
from dataclasses import dataclass, field

import pytest

from proxy.http1.framing import BUFFER
from proxy.memory import Budget, Claim
from proxy.memory.budget import MUCH
from proxy.memory.reading import SIP
from proxy.memory.rules import MIB, PLAIN, SECURED

pytestmark = pytest.mark.anyio


@dataclass(eq=False)
class Connection:
    """Holds so much; goes at once, or in a moment, or not at all."""

    waiting: int = 0
    bare: int = PLAIN
    firm: bool = False
    known: bool = False
    at_once: bool = True
    stalled: float = 0.0
    told: list[bool] = field(default_factory=list)

    def weigh(self) -> int:
        return self.waiting

    def claim(self, now: float) -> Claim | None:
        del now
        return None if self.firm else Claim(self.bare + self.waiting, self.waiting, self.known, 2)

    def stalls(self, now: float) -> float:
        del now
        return self.stalled

    def give_way(self) -> bool:
        self.told.append(True)
        return self.at_once


def grow(budget: Budget, connection: Connection, size: int) -> None:
    connection.waiting += size
    budget.hold(size, connection)


async def test_while_little_waits_everything_is_read_as_it_comes() -> None:
    budget, one = Budget(64 * MIB), Connection()
    budget.enter(one)
    grow(budget, one, MUCH)
    assert (budget.mark, budget.tight) == (BUFFER, False)
    grow(budget, one, MUCH)
    assert (budget.mark, budget.tight) == (SIP, False)
    assert budget.held == PLAIN + 2 * MUCH


async def test_beyond_half_the_budget_is_tight_until_it_is_well_below() -> None:
    budget, one = Budget(64 * MIB), Connection()
    budget.enter(one)
    grow(budget, one, 40 * MIB)
    seen = []
    for waiting in (28, 20, 28, 40, 2):
        one.waiting = waiting * MIB
        budget._weigh()
        seen.append((budget.tight, budget.mark))
    assert seen == [(True, SIP), (False, SIP), (False, SIP), (True, SIP), (False, BUFFER)]


async def test_connections_that_only_exist_count() -> None:
    budget = Budget(1 * MIB)
    crowd = [Connection(bare=SECURED) for _ in range(40)]
    for each in crowd:
        budget.enter(each)
    left = [each for each in crowd if not each.told]
    assert sum(each.bare for each in left) <= 1 * MIB
    assert len(left) > 5
    assert not budget.over


async def test_above_the_budget_the_greediest_give_way_and_who_must_not_does_not() -> None:
    budget = Budget(16 * MIB)
    greedy, small, firm = Connection(), Connection(), Connection(firm=True)
    known = Connection(known=True)
    for each in (greedy, small, firm, known):
        budget.enter(each)
    grow(budget, known, 4 * MIB)
    grow(budget, firm, 6 * MIB)
    grow(budget, greedy, 7 * MIB)
    assert [len(each.told) for each in (greedy, small, firm, known)] == [1, 0, 0, 0]
    assert not budget.over


async def test_while_they_have_not_left_who_comes_with_more_gives_way_itself() -> None:
    budget = Budget(16 * MIB)
    slow, newcomer, known = Connection(at_once=False), Connection(), Connection(known=True)
    for each in (slow, newcomer, known):
        budget.enter(each)
    grow(budget, slow, 17 * MIB)
    assert budget.over
    grow(budget, known, MIB)
    budget.hold(PLAIN)  # nobody's in particular
    grow(budget, newcomer, MIB)
    assert [len(each.told) for each in (slow, newcomer, known)] == [1, 1, 0]
    grow(budget, slow, MIB)  # told once is enough
    assert len(slow.told) == 1
    budget.leave(slow)
    budget.leave(slow)
    budget.leave(newcomer)
    assert budget.held > 16 * MIB  # until all are weighed again
    budget._weigh()
    assert budget.held == PLAIN + known.waiting


async def test_what_was_asked_of_some_is_not_asked_of_others() -> None:
    budget = Budget(16 * MIB)
    crowd = [Connection(at_once=False, waiting=4 * MIB) for _ in range(5)]
    for each in crowd:
        budget.enter(each)
    budget.hold(20 * MIB)
    first = [each for each in crowd if each.told]
    assert 0 < len(first) < 5
    budget._weigh()
    assert [each for each in crowd if each.told] == first


async def test_while_they_have_not_left_others_give_way_for_much_that_nobody_owns() -> None:
    budget = Budget(16 * MIB)
    slow, other = Connection(at_once=False), Connection(waiting=MIB)
    budget.enter(slow)
    grow(budget, slow, 17 * MIB)
    budget.enter(other)
    budget.include(lambda: (0, 16 * MIB))
    budget.hold(3 * MIB)
    assert budget.over
    assert not other.told
    budget.hold(3 * MIB)
    assert other.told
    assert len(slow.told) == 1


async def test_others_weigh_who_give_way_to_nobody() -> None:
    budget, one = Budget(16 * MIB), Connection()
    budget.include(lambda: (MIB, 14 * MIB))
    budget.enter(one)
    grow(budget, one, 3 * MIB)
    budget._weigh()
    assert one.told
    assert budget.held == 15 * MIB


async def test_memory_is_given_back_once_after_there_was_much() -> None:
    given: list[bool] = []
    gone = asyncio.Event()
    budget = Budget(64 * MIB, lambda: (given.append(True), gone.set())[0])
    one = Connection()
    budget.enter(one)
    grow(budget, one, 10 * MIB)
    budget._weigh()
    budget.leave(one)
    async with asyncio.timeout(10):
        await gone.wait()
    assert budget._timer is None
    assert given == [True]


async def test_what_tls_leaves_behind_is_collected_also_while_as_much_is_held_again() -> None:
    given: list[bool] = []
    gone = asyncio.Event()
    budget = Budget(64 * MIB, lambda: (given.append(True), gone.set())[0])
    stays = Connection(bare=SECURED)
    budget.enter(stays)
    for _ in range(100):
        other = Connection(bare=SECURED)
        budget.enter(other)
        budget.leave(other)
    async with asyncio.timeout(10):
        await gone.wait()
    assert budget._timer is not None
    budget.leave(stays)


async def test_of_those_who_take_no_answer_the_longest_are_last_and_some_are_left_out() -> None:
    budget = Budget(64 * MIB)
    crowd = [Connection(stalled=float(number)) for number in range(6)]
    for each in crowd:
        budget.enter(each)
    assert budget.stalled(5) == []
    assert budget.stalled(3) == crowd[4:]


async def test_a_budget_can_be_read() -> None:
    assert repr(Budget(100)) == "<Budget 0 of 100 bytes, 0 connections>"
