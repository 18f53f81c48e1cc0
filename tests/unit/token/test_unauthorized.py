"""How often a request is sent again after 401s; what they are about is in test_keeper."""

import asyncio
from dataclasses import replace

import pytest

from proxy.token.leased import LeasedToken
from proxy.token.source import AccessToken
from proxy.token.unauthorized import REPLAYS, YOUNG, Unauthorized

LIFETIME = 86_400.0


class Holder:
    """Has a new token whenever one is called for; knows of each whether it lives."""

    def __init__(self) -> None:
        self.now = 100.0
        self.asked = 0
        self.all_ended = False
        self.overtaken = False
        self.fetching = False
        self.others = False
        self.held: LeasedToken | None = None
        self.policy = Unauthorized(self, self, lambda: self.now, 1.0, lambda: 0.5)  # type: ignore[arg-type]
        self.renew()

    def renew(self) -> LeasedToken:
        self.asked += 1
        token = AccessToken(f"token-{self.asked}", self.now, self.now + LIFETIME)
        token = replace(token, others=self.others)
        self.held = LeasedToken(token, "unauthorized", self.now)
        self.policy.renewed(self.held, same=False)
        self.now += YOUNG
        return self.held

    def call_for(self, not_before: float) -> None:
        self.renew()

    async def other_than(self, held: LeasedToken) -> LeasedToken | None:
        return self.held if self.held is not held else None

    async def ended(self, token: AccessToken) -> bool:
        if self.overtaken:
            self.renew()
        return self.all_ended


@pytest.fixture
def keeper() -> Holder:
    return Holder()


def replays(keeper: Holder, *, whole: bool = True) -> int:
    """Return how often a request is sent again that meets a 401 whatever token it has."""

    async def sent() -> int:
        held, count = keeper.held, 0
        assert held is not None
        while (other := await keeper.policy.again(held, count, whole=whole)) is not None:
            held, count = other, count + 1
        return count

    return asyncio.run(sent())


def evicted(keeper: Holder) -> None:
    keeper.policy.rivals.suspect(1.0, LIFETIME)
    keeper.policy.rivals.confirm()


def test_a_request_is_sent_again_once(keeper: Holder) -> None:
    assert replays(keeper) == 1
    assert (keeper.policy.met, keeper.policy.replays) == (2, 1)


def test_so_is_the_first_that_shows_that_somebody_ends_our_tokens(keeper: Holder) -> None:
    keeper.all_ended = True
    assert replays(keeper) == 1
    assert keeper.policy.rivals.recent == 1


@pytest.mark.parametrize("whose", ["fetching", "others"])
def test_a_fetch_of_ours_or_of_a_replica_that_ended_our_token_is_nobody_elses(
    keeper: Holder, whose: str
) -> None:
    setattr(keeper, whose, True)
    held = keeper.held
    assert held is not None
    replay = asyncio.run(keeper.policy.again(held, 0, whole=True))
    assert replay is not None
    keeper.policy.cured(replay)
    assert keeper.policy.rivals.evictions == 0


@pytest.mark.parametrize("ours", [True, False], ids=["a replica", "a rival"])
def test_who_ended_a_token_that_just_came_is_told_by_the_next_one(
    keeper: Holder, *, ours: bool
) -> None:
    """A replica that is late takes a token that another one's fetch has ended already."""
    held, keeper.others, keeper.all_ended = keeper.held, ours, True
    assert held is not None
    keeper.now = held.received_at
    assert asyncio.run(keeper.policy.again(held, 0, whole=True)) is keeper.held
    assert keeper.policy.rivals.evictions == (0 if ours else 1)


def test_a_token_that_was_renewed_while_the_api_was_asked_was_ended_by_that(keeper: Holder) -> None:
    held, keeper.all_ended, keeper.overtaken = keeper.held, True, True
    assert held is not None
    keeper.now = held.received_at
    assert asyncio.run(keeper.policy.again(held, 0, whole=True)) is keeper.held
    keeper.renew()
    assert keeper.policy.rivals.evictions == 0


def test_while_somebody_ends_our_tokens_it_is_sent_again_up_to_three_times(keeper: Holder) -> None:
    evicted(keeper)
    keeper.all_ended = True
    assert replays(keeper) == REPLAYS == 3
    assert (keeper.policy.met, keeper.policy.replays) == (4, 3)


def test_and_no_more_than_once_where_its_second_token_lives(keeper: Holder) -> None:
    """Then it is about a scope, whatever others do."""
    evicted(keeper)
    assert replays(keeper) == 1


def test_one_that_is_not_whole_is_not_sent_again_but_has_the_token_renewed(keeper: Holder) -> None:
    before = keeper.asked
    assert replays(keeper, whole=False) == 0
    assert keeper.asked == before + 1
    assert keeper.policy.replays == 0
