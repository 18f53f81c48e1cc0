"""The keeper on a clock of its own: what it does over days, told in milliseconds."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from proxy.errors import CredentialsRefused, TokenEndpointUnavailable, TokenError
from proxy.token.keeper import TokenKeeper
from proxy.token.leased import LeasedToken
from proxy.token.source import AccessToken
from proxy.token.unauthorized import YOUNG
from tests.support.clockwork import on_clockwork, the_loop
from tests.support.lives import (
    ScriptedSource,
    gaps,
    living,
    refused,
    suspend,
    unavailable,
)
from tests.support.sweeps import further

DAY = 86_400.0
HOUR = 3_600.0


def started(doing: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    return asyncio.get_running_loop().create_task(doing)


async def first(keeper: TokenKeeper) -> LeasedToken:
    """Wait for the first token, and until it is no longer a young one."""
    held = await keeper.wait()
    await asyncio.sleep(2)
    return held


# -- renewal ahead of need ---------------------------------------------------------------


@pytest.mark.parametrize("lifetime", [DAY, 300.0, 4.0, 1.0], ids=lambda n: f"{n:g}s")
@pytest.mark.parametrize("seed", [0, *further(1, 2)])
@on_clockwork
async def test_a_token_is_renewed_in_the_last_fifth_of_its_life_or_the_last_hour(
    lifetime: float, seed: int
) -> None:
    source = ScriptedSource(lifetime, latency=0.01)
    async with living(source, random.Random(seed).random) as keeper:
        await keeper.wait()
        lives = 12
        await asyncio.sleep(lives * lifetime)
        assert len(source.asked) <= lives / 0.75 + 1
        window = min(HOUR, lifetime / 5)
        for gap in gaps(source.asked):
            assert lifetime - window - 0.01 <= gap <= lifetime - window / 2 + 0.01


@pytest.mark.parametrize("lifetime", [4.0, 300.0, *further(DAY)], ids=lambda n: f"{n:g}s")
@on_clockwork
async def test_no_caller_ever_waits_at_a_renewal(lifetime: float) -> None:
    source = ScriptedSource(lifetime, latency=min(1.0, lifetime / 20))
    async with living(source, random.Random(7).random) as keeper:
        await keeper.wait()
        for _ in range(2000):
            await asyncio.sleep(lifetime / 100)
            held = keeper.usable()
            assert held is not None
            assert the_loop().clock() < held.token.expires_at
        assert source.most_at_once == 1


@on_clockwork
async def test_two_proxies_do_not_renew_in_the_same_moment() -> None:
    moments = set()
    for seed in range(10):
        source = ScriptedSource(300.0)
        async with living(source, random.Random(seed).random) as keeper:
            await keeper.wait()
            moments.add(round(keeper.next_fetch, 3))
    assert len(moments) == 10


@on_clockwork
async def test_a_maximal_age_renews_earlier_than_the_server_demands() -> None:
    source = ScriptedSource(DAY)
    async with living(source, max_age=600.0) as keeper:
        await keeper.wait()
        await asyncio.sleep(6000)
        assert all(540 <= gap <= 600 for gap in gaps(source.asked))
        assert len(source.asked) >= 10


@on_clockwork
async def test_a_maximal_age_longer_than_the_life_changes_nothing() -> None:
    source = ScriptedSource(300.0)
    async with living(source, max_age=DAY) as keeper:
        await keeper.wait()
        assert 240 <= keeper.next_fetch <= 270


@on_clockwork
async def test_tokens_that_hardly_live_do_not_make_a_hot_loop() -> None:
    source = ScriptedSource(0.05)
    async with living(source) as keeper:
        await keeper.wait()
        await asyncio.sleep(100)
        assert min(gaps(source.asked)) >= 0.5


@on_clockwork
async def test_a_token_that_ended_before_it_came_is_a_failure() -> None:
    source = ScriptedSource(2.0, latency=3.0)
    async with living(source, wait=60.0) as keeper:
        with pytest.raises(
            TokenEndpointUnavailable, match=r"already expired when it came: .* was 2 s"
        ):
            await keeper.wait()
        assert keeper.held is None
        assert keeper.renewals == {("failure", "start"): len(source.asked) - keeper.fetching}
        assert max(gaps(source.asked)) <= 3 + 5


# -- one fetch, whoever asks -------------------------------------------------------------


@on_clockwork
async def test_a_thousand_callers_cause_one_fetch() -> None:
    source = ScriptedSource(DAY, latency=1.0)
    async with living(source) as keeper:
        callers = [started(keeper.wait()) for _ in range(1000)]
        await asyncio.sleep(0.5)
        assert keeper.waiting == 1000
        tokens = {held.token.value for held in await asyncio.gather(*callers)}
        assert (tokens, len(source.asked), keeper.waiting) == ({"t1"}, 1, 0)


@on_clockwork
async def test_a_caller_that_leaves_does_not_cancel_the_fetch() -> None:
    source = ScriptedSource(DAY, latency=1.0)
    async with living(source) as keeper:
        leaver, stayer = started(keeper.wait()), started(keeper.wait())
        await asyncio.sleep(0.5)
        leaver.cancel()
        await asyncio.sleep(0)
        assert (leaver.cancelled(), keeper.waiting) == (True, 1)
        assert (await stayer).token.value == "t1"
        assert len(source.asked) == 1


@on_clockwork
async def test_callers_that_all_leave_leave_nothing_behind() -> None:
    source = ScriptedSource(None)
    async with living(source) as keeper:
        callers = [started(keeper.wait()) for _ in range(50)]
        await asyncio.sleep(0.5)
        for caller in callers:
            caller.cancel()
        await asyncio.sleep(0)
        assert keeper.waiting == 0
        assert keeper.fetching


@on_clockwork
async def test_a_fetch_has_a_deadline() -> None:
    source = ScriptedSource(None, DAY)
    async with living(source, fetch_timeout=3.0) as keeper:
        caller = started(keeper.wait())
        await asyncio.sleep(3.1)
        assert str(keeper.error) == "no response from the token endpoint within 3 s"
        assert (await caller).token.value == "t1"
        assert source.most_at_once == 1


@on_clockwork
async def test_a_caller_waits_no_longer_than_it_should() -> None:
    source = ScriptedSource(None)
    async with living(source, fetch_timeout=60.0, wait=4.0) as keeper:
        before = the_loop().time()
        with pytest.raises(TokenEndpointUnavailable, match="still under way") as caught:
            await keeper.wait()
        assert the_loop().time() - before == pytest.approx(4.0)
        assert caught.value.retry_after == 1.0


# -- failures ----------------------------------------------------------------------------


@on_clockwork
async def test_failures_back_off_up_to_half_a_minute_while_nobody_waits() -> None:
    source = ScriptedSource(unavailable())
    async with living(source, lambda: 0.999999) as keeper:
        await asyncio.sleep(300)
        assert [round(gap) for gap in gaps(source.asked)][:8] == [1, 2, 4, 8, 16, 30, 30, 30]
        assert keeper.usable() is None


@pytest.mark.parametrize("seed", range(5))
@on_clockwork
async def test_the_backoff_has_full_jitter_and_a_floor(seed: int) -> None:
    source = ScriptedSource(unavailable())
    async with living(source, random.Random(seed).random):
        await asyncio.sleep(3000)
        late = gaps(source.asked)[6:]
        assert min(gaps(source.asked)) >= 0.5
        assert max(late) <= 30
        assert max(late) - min(late) > 20


@on_clockwork
async def test_while_callers_come_the_backoff_is_capped() -> None:
    source = ScriptedSource(unavailable())
    async with living(source, random.Random(1).random) as keeper:
        for _ in range(199):
            with contextlib.suppress(TokenError):
                await keeper.wait()
            await asyncio.sleep(1)
        assert max(gaps(source.asked)) <= 6
        assert 30 < len(source.asked) < 200


@on_clockwork
async def test_a_caller_that_comes_cuts_a_long_backoff_short() -> None:
    source = ScriptedSource(*[unavailable()] * 8, DAY)
    async with living(source, lambda: 0.999) as keeper:
        await asyncio.sleep(1 + 2 + 4 + 8 + 16 + 30 + 30)
        assert (len(source.asked), round(keeper.next_fetch)) == (8, 30)
        with pytest.raises(TokenError):
            await keeper.wait()
        await asyncio.sleep(5)
        assert gaps(source.asked)[-1] <= 5
        assert keeper.usable() is not None


@on_clockwork
async def test_in_a_long_outage_callers_are_told_at_once() -> None:
    """The endpoint hangs: one fetch in flight after the other, and nobody queues for it."""
    source = ScriptedSource(None)
    async with living(source, fetch_timeout=10.0, wait=4.0) as keeper:
        first_of_all = started(keeper.wait())
        await asyncio.sleep(4.1)
        assert isinstance(first_of_all.exception(), TokenEndpointUnavailable)
        await asyncio.sleep(20)
        assert keeper.fetching
        before = the_loop().time()
        with pytest.raises(TokenEndpointUnavailable, match="within 10 s") as caught:
            await keeper.wait()
        assert the_loop().time() == before
        assert caught.value.retry_after == 1.0


@on_clockwork
async def test_a_caller_waits_for_a_try_that_is_due_soon_and_for_no_later_one() -> None:
    source = ScriptedSource(unavailable(), unavailable(after=3.0), DAY)
    async with living(source, lambda: 0.9) as keeper:
        await asyncio.sleep(0.1)
        waits, before = started(keeper.wait()), the_loop().time()
        with pytest.raises(TokenEndpointUnavailable) as caught:
            await waits
        assert 0.5 < the_loop().time() - before < 1
        assert caught.value.retry_after == 3
        await asyncio.sleep(2.5)
        assert (await keeper.wait()).token.value == "t1"


@on_clockwork
async def test_an_outage_begins_when_the_token_ends_not_when_renewals_began_to_fail() -> None:
    source = ScriptedSource(100.0, *[unavailable()] * 3, DAY, latency=6.0)
    async with living(source, lambda: 0.0, wait=5.0, fetch_timeout=7.0) as keeper:
        await asyncio.sleep(95.1)
        assert keeper.usable() is None
        assert (await keeper.wait()).token.value == "t2"


@on_clockwork
async def test_callers_that_come_and_go_do_not_make_it_faster_than_the_cap() -> None:
    source = ScriptedSource(unavailable())
    async with living(source, lambda: 0.999, wait=0.2) as keeper:
        for _ in range(300):
            with pytest.raises(TokenError):
                await keeper.wait()
        assert all(gap >= 4.9 for gap in gaps(source.asked)[4:])


@on_clockwork
async def test_what_the_server_asks_for_is_waited_also_while_callers_wait() -> None:
    source = ScriptedSource(unavailable(after=20.0), DAY)
    async with living(source, wait=60.0) as keeper:
        for _ in range(19):
            with pytest.raises(TokenEndpointUnavailable):
                await keeper.wait()
            await asyncio.sleep(1)
        await asyncio.sleep(0.5)
        await keeper.wait()
        assert gaps(source.asked) == [20.0]


@on_clockwork
async def test_a_caller_is_told_when_to_come_back_and_why() -> None:
    source = ScriptedSource(unavailable("the token endpoint answered 429", after=120.0))
    async with living(source, wait=1.0) as keeper:
        with pytest.raises(TokenEndpointUnavailable, match="answered 429") as caught:
            await keeper.wait()
        assert caught.value.retry_after == 120


@on_clockwork
async def test_the_operator_need_not_wait_for_what_the_server_asked() -> None:
    source = ScriptedSource(unavailable(after=120.0), DAY)
    async with living(source) as keeper:
        await asyncio.sleep(1)
        assert await keeper.refresh()
        assert gaps(source.asked) == [1.0]


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(unavailable(), id="transient"),
        pytest.param(refused(), id="refused"),
        pytest.param(ZeroDivisionError("a surprise"), id="surprise"),
        pytest.param(None, id="hanging"),
    ],
)
@on_clockwork
async def test_a_token_that_works_survives_any_failure(failure: Exception | None) -> None:
    source = ScriptedSource(300.0, failure)
    async with living(source) as keeper:
        held = await keeper.wait()
        await asyncio.sleep(284)
        assert len(source.asked) > 1
        assert keeper.usable() is held
        await asyncio.sleep(2)
        assert keeper.usable() is None


@on_clockwork
async def test_a_surprise_is_told_by_its_name_alone_and_does_not_end_the_loop() -> None:
    source = ScriptedSource(ZeroDivisionError("with a secret"), DAY)
    async with living(source) as keeper:
        await asyncio.sleep(0.1)
        assert str(keeper.error) == "the token request failed: ZeroDivisionError"
        await keeper.wait()
        assert keeper.error is None


@on_clockwork
async def test_a_token_that_cannot_stand_in_a_field_is_a_failure() -> None:
    source = ScriptedSource(AccessToken("no\N{SNOWMAN}", 1000.0, 9000.0), 8000.0)
    async with living(source) as keeper:
        await asyncio.sleep(0.1)
        assert str(keeper.error) == "the token request failed: UnicodeEncodeError"
        assert (await keeper.wait()).token.value == "t1"


@on_clockwork
async def test_after_a_success_the_backoff_begins_anew() -> None:
    source = ScriptedSource(*[unavailable()] * 6, 300.0, unavailable())
    async with living(source, lambda: 0.999) as keeper:
        await asyncio.sleep(400)
        after = source.asked[source.asked.index(source.asked[7]) :]
        assert [round(gap) for gap in gaps(after)][:3] == [1, 2, 4]
        assert keeper.since_renewal == pytest.approx(400, abs=100)


# -- refused credentials -----------------------------------------------------------------


@on_clockwork
async def test_refused_credentials_are_tried_again_soon_and_then_ever_more_seldom() -> None:
    """A gateway before the token endpoint may have refused a single one."""
    source = ScriptedSource(refused())
    async with living(source, lambda: 0.0) as keeper:
        await asyncio.sleep(250)
        assert gaps(source.asked) == [2, 4, 8, 16, 32, 60, 60, 60]
        assert keeper.renewals == {("refused", "start"): 9}
        assert isinstance(keeper.error, CredentialsRefused)


@on_clockwork
async def test_one_odd_refusal_costs_two_seconds() -> None:
    source = ScriptedSource(refused(), DAY)
    async with living(source, random.random) as keeper:
        await asyncio.sleep(2)
        assert keeper.usable() is not None
        assert keeper.renewals == {("refused", "start"): 1, ("success", "start"): 1}


@pytest.mark.parametrize("seed", range(3))
@on_clockwork
async def test_the_proxies_of_a_fleet_do_not_come_back_together(seed: int) -> None:
    source = ScriptedSource(refused())
    async with living(source, random.Random(seed).random):
        await asyncio.sleep(3000)
        late = gaps(source.asked)[6:]
        assert min(late) >= 45
        assert max(late) <= 60
        assert max(late) - min(late) > 8


@on_clockwork
async def test_a_refusal_that_names_a_time_is_not_tried_before_it() -> None:
    error = refused()
    error.retry_after = 30.0  # type: ignore[attr-defined]
    source = ScriptedSource(error, DAY)
    async with living(source):
        await asyncio.sleep(31)
        assert gaps(source.asked) == [30.0]


@on_clockwork
async def test_callers_get_no_for_an_answer_at_once_when_the_credentials_are_refused() -> None:
    source = ScriptedSource(refused(), latency=1.0)
    async with living(source) as keeper:
        waited = [started(keeper.wait()) for _ in range(10)]
        await asyncio.sleep(1.1)
        assert all(isinstance(task.exception(), CredentialsRefused) for task in waited)
        before = the_loop().time()
        with pytest.raises(CredentialsRefused, match="401 invalid_client") as caught:
            await keeper.wait()
        assert the_loop().time() == before
        assert caught.value.retry_after == 2
        for _ in range(50):
            await asyncio.sleep(1)
            started(keeper.wait()).add_done_callback(lambda task: task.exception())
        assert len(source.asked) < 7, "callers must not make it faster"


@on_clockwork
async def test_the_time_to_come_back_is_not_a_second_longer_for_a_rounding_error() -> None:
    source = ScriptedSource(refused(), latency=0.9)
    async with living(source) as keeper:
        with pytest.raises(CredentialsRefused) as caught:
            await keeper.wait()
        assert caught.value.retry_after == 2


@on_clockwork
async def test_a_change_of_the_credentials_source_is_tried_at_once() -> None:
    source = ScriptedSource(*[refused()] * 6, DAY)
    async with living(source) as keeper:
        await asyncio.sleep(70)
        source.rotated = True
        await asyncio.sleep(1)
        assert keeper.usable() is not None
        assert keeper.renewals == {("refused", "start"): 6, ("success", "credentials"): 1}


@on_clockwork
async def test_refused_credentials_are_not_tried_earlier_because_the_network_failed_before() -> (
    None
):
    source = ScriptedSource(DAY, unavailable(), refused())
    async with living(source) as keeper:
        held = await first(keeper)
        await keeper.unauthorized.again(held, 0, whole=True)
        await asyncio.sleep(10)
        for _ in range(40):
            assert await keeper.unauthorized.again(held, 0, whole=True) is None
            await asyncio.sleep(1)
        assert gaps(source.asked)[2:] == [1.75, 3.5, 7, 14]


@on_clockwork
async def test_a_source_that_cannot_be_looked_at_does_not_end_the_loop() -> None:
    source = ScriptedSource(*[refused()] * 5, DAY)
    async with living(source) as keeper:
        source.rotated = OSError("gone")
        await asyncio.sleep(30)
        assert len(source.asked) == 5
        source.rotated = True
        await asyncio.sleep(1)
        assert keeper.usable() is not None


@on_clockwork
async def test_a_caller_who_comes_while_new_credentials_are_tried_gets_the_token() -> None:
    source = ScriptedSource(refused(), DAY, latency=0.5)
    async with living(source) as keeper:
        await asyncio.sleep(0.6)
        source.rotated = True
        await asyncio.sleep(1)
        assert keeper.fetching
        assert (await keeper.wait()).token.value == "t1"


# -- sleep -------------------------------------------------------------------------------


@on_clockwork
async def test_after_eight_hours_of_sleep_the_first_request_waits_for_one_fetch() -> None:
    source = ScriptedSource(HOUR, latency=0.5)
    async with living(source) as keeper:
        dead = await keeper.wait()
        await suspend(8 * HOUR)
        assert keeper.usable() is None
        before = the_loop().time()
        held = await keeper.wait()
        assert held is not dead
        assert the_loop().time() - before == pytest.approx(0.5)
        assert len(source.asked) == 2


@on_clockwork
async def test_after_a_sleep_the_token_is_renewed_without_any_request() -> None:
    source = ScriptedSource(HOUR)
    async with living(source) as keeper:
        await keeper.wait()
        await suspend(8 * HOUR)
        await asyncio.sleep(15.1)
        assert keeper.usable() is not None


# -- the same token again ----------------------------------------------------------------


class SameUntilItEnds(ScriptedSource):
    """Gives one token again and again, with what is left of its life, until that ends."""

    def __init__(self, lifetime: float) -> None:
        super().__init__(lifetime)
        self.current: AccessToken | None = None

    async def fetch(self) -> AccessToken:
        fresh = await super().fetch()
        now = the_loop().clock()
        if self.current is None or now >= self.current.expires_at:
            self.current = fresh
        kept = self.current
        return AccessToken(kept.value, now, kept.expires_at, kept.token_id)


@on_clockwork
async def test_a_server_that_keeps_giving_the_same_token_is_asked_a_few_times_a_life() -> None:
    source = SameUntilItEnds(HOUR)
    async with living(source) as keeper:
        await keeper.wait()
        seen = set()
        waited = 0.0
        while the_loop().clock() < 1000 + 3 * HOUR:
            before = the_loop().time()
            held = await keeper.wait()
            waited = max(waited, the_loop().time() - before)
            assert the_loop().clock() < held.token.expires_at
            seen.add(held.token.value)
            await asyncio.sleep(1)
        assert len(seen) == 3
        assert len(source.asked) <= 3 * 10
        assert waited < 1.1, "the change from one to the next costs a caller a second at most"
        assert all(value != bearer for value, bearer in source.revoked)


@on_clockwork
async def test_the_same_token_again_is_told_as_such_and_keeps_its_users() -> None:
    source = SameUntilItEnds(300.0)
    async with living(source) as keeper:
        held = await keeper.wait()
        held.users += 1
        assert not await keeper.refresh()
        assert keeper.held is held
        assert not held.superseded
        assert str(keeper.past[-1].words) == "the same token again"
        keeper.release(held)
        assert source.revoked == []


@on_clockwork
async def test_a_server_that_prolongs_the_same_token_is_believed() -> None:
    def again(at: float) -> AccessToken:
        return AccessToken("same", at, at + 100.0)

    source = ScriptedSource(*[again(1000.0 + n * 85) for n in range(4)], unavailable())
    async with living(source) as keeper:
        await keeper.wait()
        await asyncio.sleep(3 * 85)
        assert keeper.usable() is not None
        await asyncio.sleep(100)
        assert keeper.usable() is None


@on_clockwork
async def test_a_401_that_gives_the_same_token_again_causes_no_more_fetches() -> None:
    source = ScriptedSource(AccessToken("same", 1000.0, 9000.0))
    async with living(source) as keeper:
        held = await first(keeper)
        for _ in range(100):
            assert await keeper.unauthorized.again(held, 0, whole=True) is None
            await asyncio.sleep(0.25)
        assert len(source.asked) == 2


# -- 401 from the upstream ---------------------------------------------------------------


@on_clockwork
async def test_a_401_renews_and_the_request_is_replayed_with_the_new_token() -> None:
    source = ScriptedSource(DAY, latency=0.5)
    async with living(source) as keeper:
        held = await first(keeper)
        new = await keeper.unauthorized.again(held, 0, whole=True)
        assert new is not None
        assert (new.token.value, new.cause) == ("t2", "unauthorized")
        assert keeper.unauthorized.met == 1


@on_clockwork
async def test_a_storm_of_401s_causes_one_renewal() -> None:
    source = ScriptedSource(DAY, latency=0.5)
    async with living(source) as keeper:
        held = await first(keeper)
        storm = [started(keeper.unauthorized.again(held, 0, whole=True)) for _ in range(500)]
        await asyncio.sleep(0.1)
        assert keeper.waiting == 500
        assert {new.token.value for new in await asyncio.gather(*storm) if new} == {"t2"}
        assert (len(source.asked), keeper.unauthorized.met) == (2, 500)


@on_clockwork
async def test_a_401_for_a_token_that_was_renewed_meanwhile_replays_without_a_fetch() -> None:
    source = ScriptedSource(DAY)
    async with living(source) as keeper:
        old = await first(keeper)
        old.users += 1
        await keeper.refresh()
        assert await keeper.unauthorized.again(old, 0, whole=True) is keeper.usable()
        assert len(source.asked) == 2


@on_clockwork
async def test_a_401_joins_the_fetch_that_is_under_way() -> None:
    source = ScriptedSource(DAY, latency=1.0)
    async with living(source) as keeper:
        held = await first(keeper)
        renewal = started(keeper.refresh())
        await asyncio.sleep(0.5)
        new = await keeper.unauthorized.again(held, 0, whole=True)
        assert await renewal
        assert new is keeper.usable()
        assert len(source.asked) == 2
        assert new is not None
        assert new.after_401, "it was called for by a 401 as well: the scope rule holds for it"


@on_clockwork
async def test_a_401_for_a_very_young_token_is_passed_on() -> None:
    source = ScriptedSource(DAY, latency=5.0)
    async with living(source) as keeper:
        held = await keeper.wait()
        await asyncio.sleep(0.9)
        assert await keeper.unauthorized.again(held, 0, whole=True) is None
        assert len(source.asked) == 1
        await asyncio.sleep(0.2)
        assert await keeper.unauthorized.again(held, 0, whole=True) is not None


@on_clockwork
async def test_a_request_that_cannot_be_replayed_sets_off_a_renewal_and_does_not_wait() -> None:
    source = ScriptedSource(DAY, latency=0.5)
    async with living(source) as keeper:
        held = await first(keeper)
        before = the_loop().time()
        assert await keeper.unauthorized.again(held, 0, whole=False) is None
        assert the_loop().time() == before
        await asyncio.sleep(1)
        assert keeper.usable() is not held


@on_clockwork
async def test_a_renewed_token_that_meets_a_401_too_brings_quiet() -> None:
    source = ScriptedSource(DAY)
    async with living(source) as keeper:
        new = await keeper.unauthorized.again(await first(keeper), 0, whole=True)
        assert new is not None
        assert await keeper.unauthorized.again(new, 0, whole=False) is None
        for _ in range(29):
            await asyncio.sleep(1)
            assert await keeper.unauthorized.again(new, 0, whole=True) is None
        assert len(source.asked) == 2
        await asyncio.sleep(1.5)
        assert await keeper.unauthorized.again(new, 0, whole=True) is not None
        assert len(source.asked) == 3


@on_clockwork
async def test_the_quiet_holds_for_tokens_renewed_in_it_for_other_reasons() -> None:
    source = ScriptedSource(DAY)
    async with living(source) as keeper:
        new = await keeper.unauthorized.again(await first(keeper), 0, whole=True)
        assert new is not None
        await keeper.unauthorized.again(new, 0, whole=False)
        await keeper.refresh()
        await asyncio.sleep(2)
        newest = keeper.usable()
        assert newest is not None
        assert await keeper.unauthorized.again(newest, 0, whole=True) is None
        assert len(source.asked) == 3


@on_clockwork
async def test_scope_401s_for_ever_cause_a_fetch_each_half_minute_at_most() -> None:
    source = ScriptedSource(DAY, latency=0.05)
    async with living(source) as keeper:
        held = await first(keeper)
        for _ in range(6000):
            await asyncio.sleep(0.1)
            new = await keeper.unauthorized.again(held, 0, whole=True)
            if new is not None:
                await keeper.unauthorized.again(new, 0, whole=False)
            held = await keeper.wait()
        assert len(source.asked) <= 2 + 600 / 30
        assert min(gaps(source.asked)[1:]) >= 30


@on_clockwork
async def test_a_token_that_cured_a_401_may_be_revoked_like_any_other() -> None:
    source = ScriptedSource(DAY)
    async with living(source) as keeper:
        held = await first(keeper)
        for _ in range(3):
            new = await keeper.unauthorized.again(held, 0, whole=True)
            assert new is not None
            keeper.unauthorized.cured(new)
            await asyncio.sleep(5)
            held = new
        assert len(source.asked) == 4


@on_clockwork
async def test_401s_while_the_token_endpoint_is_down_keep_to_the_backoff() -> None:
    source = ScriptedSource(DAY, unavailable())
    async with living(source, random.Random(3).random) as keeper:
        held = await first(keeper)
        for _ in range(600):
            assert await keeper.unauthorized.again(held, 0, whole=False) is None
            await asyncio.sleep(0.1)
        assert min(gaps(source.asked)) >= 0.5
        assert len(source.asked) <= 40
        assert keeper.usable() is held


@on_clockwork
async def test_a_401_in_a_backoff_waits_for_the_next_try() -> None:
    source = ScriptedSource(DAY, *[unavailable()] * 2, DAY)
    async with living(source) as keeper:
        held = await first(keeper)
        assert await keeper.unauthorized.again(held, 0, whole=True) is None
        assert await keeper.unauthorized.again(held, 0, whole=True) is None
        new = await keeper.unauthorized.again(held, 0, whole=True)
        assert new is not None
        assert new.token.value == "t2"


@on_clockwork
async def test_a_401_is_passed_on_at_once_when_the_next_try_is_too_far_away() -> None:
    source = ScriptedSource(DAY, unavailable(after=100.0))
    async with living(source) as keeper:
        held = await first(keeper)
        await keeper.unauthorized.again(held, 0, whole=True)
        before = the_loop().time()
        assert await keeper.unauthorized.again(held, 0, whole=True) is None
        assert the_loop().time() == before
        assert len(source.asked) == 2


@on_clockwork
async def test_a_401_waits_for_a_hanging_fetch_no_longer_than_it_should() -> None:
    source = ScriptedSource(DAY, None)
    async with living(source, fetch_timeout=60.0, wait=4.0) as keeper:
        held = await first(keeper)
        before = the_loop().time()
        assert await keeper.unauthorized.again(held, 0, whole=True) is None
        assert the_loop().time() - before == pytest.approx(4.0)


@on_clockwork
async def test_a_401_caller_that_leaves_does_not_cancel_the_renewal() -> None:
    source = ScriptedSource(DAY, latency=0.5)
    async with living(source) as keeper:
        held = await first(keeper)
        leaver = started(keeper.unauthorized.again(held, 0, whole=True))
        await asyncio.sleep(0.2)
        leaver.cancel()
        await asyncio.sleep(1)
        assert (keeper.waiting, len(source.asked)) == (0, 2)
        assert keeper.usable() is not held


# -- our own token, revoked by a caller --------------------------------------------------


@on_clockwork
async def test_a_token_that_a_caller_revoked_is_not_handed_out_again() -> None:
    source = ScriptedSource(DAY, latency=0.5)
    async with living(source) as keeper:
        held = await keeper.wait()
        keeper.revoked("ID1")
        assert keeper.usable() is None
        assert (await keeper.wait()) is not held
        assert keeper.renewals["success", "revoked"] == 1
        await asyncio.sleep(5)
        assert source.revoked == [], "it is gone already"


@on_clockwork
async def test_an_exchange_under_way_with_a_revoked_token_waits_for_the_next_one() -> None:
    source = ScriptedSource(DAY, latency=0.5)
    async with living(source) as keeper:
        held = await first(keeper)
        held.users += 1
        keeper.revoked("id1")
        new = await keeper.unauthorized.again(held, 0, whole=True)
        assert new is not None
        assert new.token.value == "t2"
        keeper.release(held)


@on_clockwork
async def test_the_revocation_of_another_token_is_none_of_our_business() -> None:
    source = ScriptedSource(DAY)
    async with living(source) as keeper:
        keeper.revoked("before-there-is-any")
        held = await keeper.wait()
        keeper.revoked("another")
        assert keeper.usable() is held


# -- the operator ------------------------------------------------------------------------


@on_clockwork
async def test_a_refresh_renews_now() -> None:
    source = ScriptedSource(DAY, latency=0.5)
    async with living(source) as keeper:
        await keeper.wait()
        assert await keeper.refresh()
        assert keeper.renewals["success", "operator"] == 1


@on_clockwork
async def test_a_refresh_that_fails_says_so_and_keeps_the_token() -> None:
    source = ScriptedSource(DAY, unavailable())
    async with living(source) as keeper:
        held = await keeper.wait()
        assert not await keeper.refresh()
        assert keeper.usable() is held


@on_clockwork
async def test_many_refreshes_at_once_are_one_fetch() -> None:
    source = ScriptedSource(DAY, latency=0.5)
    async with living(source) as keeper:
        await keeper.wait()
        assert all(await asyncio.gather(*(keeper.refresh() for _ in range(20))))
        assert len(source.asked) == 2


@on_clockwork
async def test_a_renewal_can_be_set_off_without_waiting() -> None:
    source = ScriptedSource(DAY)
    async with living(source) as keeper:
        await keeper.wait()
        keeper.renew()
        await asyncio.sleep(0.1)
        assert len(source.asked) == 2


@on_clockwork
async def test_what_happened_is_kept_in_words() -> None:
    source = ScriptedSource(unavailable(), 300.0)
    async with living(source) as keeper:
        assert keeper.since_renewal == -1
        await keeper.wait()
        await asyncio.sleep(10)
        assert keeper.since_renewal == pytest.approx(10)
        held = keeper.held
        assert held is not None
        assert keeper.age(held) == pytest.approx(10)
        assert [(each.renewed, each.cause, str(each.words)) for each in keeper.past] == [
            (False, "start", "the token endpoint answered 500"),
            (True, "start", "valid for 5 min 0 s"),
        ]


# -- revocation --------------------------------------------------------------------------


@on_clockwork
async def test_a_superseded_token_is_revoked_when_its_last_exchange_is_over() -> None:
    source = ScriptedSource(DAY)
    async with living(source) as keeper:
        old = await keeper.wait()
        old.users += 2
        await keeper.refresh()
        await asyncio.sleep(60)
        keeper.release(old)
        await asyncio.sleep(60)
        assert source.revoked == []
        keeper.release(old)
        await asyncio.sleep(1)
        assert source.revoked == [("t1", "t2")]
        assert keeper.revocations == {"success": 1}


@on_clockwork
async def test_a_superseded_token_that_nobody_uses_is_revoked_at_once() -> None:
    source = ScriptedSource(DAY)
    async with living(source) as keeper:
        await keeper.wait()
        for number in range(3):
            await keeper.refresh()
            await asyncio.sleep(0.1)
            assert source.revoked[-1] == (f"t{number + 1}", f"t{number + 2}")


@on_clockwork
async def test_without_a_usable_token_a_token_is_revoked_with_its_own_authority() -> None:
    source = ScriptedSource(10.0, 10.0, unavailable())
    async with living(source) as keeper:
        old = await keeper.wait()
        old.users += 1
        await keeper.refresh()
        await asyncio.sleep(20)
        assert keeper.usable() is None
        keeper.release(old)
        await asyncio.sleep(1)
        assert source.revoked == [("t1", "t1")]


@on_clockwork
async def test_a_token_without_an_id_just_expires() -> None:
    source = ScriptedSource(AccessToken("x", 1000.0, 9000.0), AccessToken("y", 1000.0, 9000.0))
    async with living(source) as keeper:
        await keeper.wait()
        await keeper.refresh()
        await asyncio.sleep(1)
        await keeper.aclose()
        assert source.revoked == []


@on_clockwork
async def test_a_token_that_the_server_goes_back_to_is_not_revoked() -> None:
    a, b = (AccessToken(name, 1000.0, 9000.0, f"id-{name}") for name in "ab")
    source = ScriptedSource(a, b, a)
    async with living(source) as keeper:
        held = await keeper.wait()
        held.users += 1
        await keeper.refresh()
        await keeper.refresh()
        keeper.release(held)
        await asyncio.sleep(1)
        assert [value for value, _ in source.revoked] == ["b"]


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        pytest.param(unavailable(), "the token endpoint answered 500", id="answered"),
        pytest.param(ZeroDivisionError("a secret"), "ZeroDivisionError", id="surprise"),
    ],
)
@on_clockwork
async def test_a_revocation_that_fails_is_told_and_not_tried_again(
    failure: Exception, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    source = ScriptedSource(DAY)
    source.revoking = failure
    async with living(source) as keeper:
        await keeper.wait()
        await keeper.refresh()
        await asyncio.sleep(100)
        assert len(source.revoked) == 1
        assert keeper.revocations == {"failure": 1}
        assert words in caplog.text
        assert "a secret" not in caplog.text


@on_clockwork
async def test_a_revocation_that_hangs_does_not_hold_up_the_renewals() -> None:
    source = ScriptedSource(DAY)
    source.revoke_latency = 1e9
    async with living(source, fetch_timeout=5.0) as keeper:
        await keeper.wait()
        assert await keeper.refresh()
        assert await keeper.refresh()
        await asyncio.sleep(11)
        assert keeper.revocations == {"failure": 2}


@on_clockwork
async def test_tokens_are_left_alone_if_they_are_not_to_be_revoked() -> None:
    source = ScriptedSource(DAY)
    async with living(source, revoke=False) as keeper:
        await keeper.wait()
        await keeper.refresh()
        await asyncio.sleep(1)
        await keeper.aclose()
        assert source.revoked == []
        assert keeper.held is None


@on_clockwork
async def test_at_exit_the_current_token_is_revoked_last() -> None:
    source = ScriptedSource(DAY)
    source.revoke_latency = 1.0
    async with living(source, fetch_timeout=5.0) as keeper:
        await keeper.wait()
        await keeper.refresh()
        await keeper.refresh()
    await keeper.aclose()
    assert source.revoked == [("t1", "t3"), ("t2", "t3"), ("t3", "t3")]
    assert keeper.usable() is None


@pytest.mark.parametrize("superseded", [0, 3])
@on_clockwork
async def test_at_exit_a_revocation_that_hangs_takes_three_seconds_at_most(superseded: int) -> None:
    source = ScriptedSource(DAY)
    source.revoke_latency = 1e9
    async with living(source) as keeper:
        await keeper.wait()
        for _ in range(superseded):
            await keeper.refresh()
    before = the_loop().time()
    await keeper.aclose()
    assert the_loop().time() - before == pytest.approx(3.0)
    assert keeper.revocations == {"failure": superseded + 1}


@on_clockwork
async def test_at_exit_without_a_token_nothing_is_done() -> None:
    source = ScriptedSource(unavailable())
    async with living(source) as keeper:
        await asyncio.sleep(1)
    await keeper.aclose()
    assert source.revoked == []


@on_clockwork
async def test_at_exit_a_fetch_in_flight_is_given_up() -> None:
    source = ScriptedSource(None)
    async with living(source, wait=2.0) as keeper:
        caller = started(keeper.wait())
        await asyncio.sleep(1)
        assert source.at_once == 1
    assert source.at_once == 0
    await keeper.aclose()
    with pytest.raises(TokenError):
        await caller


@on_clockwork
async def test_at_exit_a_fetch_in_flight_is_waited_for_and_what_it_brings_is_revoked() -> None:
    source = ScriptedSource(DAY, latency=1.5)
    async with living(source) as keeper:
        await asyncio.sleep(1)
        await keeper.leave()
    await keeper.aclose()
    assert source.revoked == [("t1", "t1")]


@on_clockwork
async def test_at_exit_a_fetch_that_hangs_is_waited_for_two_seconds() -> None:
    source = ScriptedSource(None)
    async with living(source) as keeper:
        await asyncio.sleep(1)
        before = the_loop().time()
        await keeper.leave()
        assert the_loop().time() - before == pytest.approx(2.0)


@on_clockwork
async def test_at_exit_no_fetch_is_waited_for_if_nothing_is_to_be_revoked() -> None:
    source = ScriptedSource(None)
    async with living(source, revoke=False) as keeper:
        await asyncio.sleep(1)
        before = the_loop().time()
        await keeper.leave()
        assert the_loop().time() == before


# -- secrets -----------------------------------------------------------------------------


@on_clockwork
async def test_the_token_shows_in_no_repr_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "5ecre7" * 10
    source = ScriptedSource(AccessToken(secret, 1000.0, 1300.0, "id"), unavailable(), refused())
    async with living(source) as keeper:
        held = await keeper.wait()
        assert held.authorization == b"Bearer " + secret.encode()
        await asyncio.sleep(400)
        await keeper.aclose()
        shown: list[Callable[[], object]] = [
            lambda: repr(held),
            lambda: str(held),
            lambda: repr(held.token),
            lambda: keeper.past,
            lambda: repr(vars(keeper)),
            lambda: caplog.text,
        ]
        assert all(secret not in str(show()) for show in shown)


# -- rivals ------------------------------------------------------------------------------


@on_clockwork
async def test_a_young_token_that_the_api_says_is_dead_is_renewed_in_its_turn() -> None:
    source = ScriptedSource(DAY)
    async with living(source) as keeper:
        held = await keeper.wait()
        source.dead.add(held.token.value)
        before = the_loop().time()
        new = await keeper.unauthorized.again(held, 0, whole=True)
        assert new is not None
        assert the_loop().time() - before == pytest.approx(YOUNG)
        keeper.unauthorized.cured(new)
        assert keeper.unauthorized.rivals.evictions == 1, (
            "proven and cured: one token that was ended"
        )


@on_clockwork
async def test_a_token_that_lives_is_not_renewed_for_a_401_in_its_youth() -> None:
    source = ScriptedSource(DAY)
    async with living(source) as keeper:
        held = await keeper.wait()
        assert await keeper.unauthorized.again(held, 0, whole=True) is None
        assert (len(source.asked), keeper.unauthorized.rivals.evictions) == (1, 0)


@on_clockwork
async def test_rivals_take_turns_and_every_caller_is_served() -> None:
    """Once they are named, 401s wait for the next fetch, which is two seconds after the last."""
    source = ScriptedSource(DAY)
    source.dead |= {f"t{number}" for number in range(1, 50)}
    async with living(source) as keeper:
        held = await first(keeper)
        for _ in range(40):
            new = await keeper.unauthorized.again(held, 0, whole=True)
            assert new is not None
            assert new is not held
            keeper.unauthorized.cured(new)
            held = new
        assert keeper.unauthorized.rivals.named
        assert gaps(source.asked)[4:] == [2.0] * 36


@on_clockwork
async def test_one_token_that_somebody_revoked_names_nobody() -> None:
    source = ScriptedSource(DAY)
    async with living(source) as keeper:
        new = await keeper.unauthorized.again(await first(keeper), 0, whole=True)
        assert new is not None
        keeper.unauthorized.cured(new)
        for _ in range(10):
            keeper.unauthorized.cured(new)
        assert (keeper.unauthorized.rivals.evictions, keeper.unauthorized.rivals.named) == (
            1,
            False,
        )
