"""Random lives of the keeper: what must hold whatever happens, in whatever order.

Renewals, failures, 401s, sleeps, rotations, revocations and callers who leave come in any order;
after each step the loop's time moves on. The source checks what it sees, the machine the rest.
"""

import asyncio
import random
from collections.abc import Coroutine
from itertools import pairwise
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from proxy.errors import CredentialsRefused, TokenEndpointUnavailable, TokenError
from proxy.token.keeper import KeeperOptions, TokenKeeper
from proxy.token.leased import LeasedToken
from proxy.token.schedule import SPACING
from proxy.token.source import AccessToken
from tests.support.clockwork import Clockwork
from tests.support.examples import examples
from tests.support.limits import keeper_options

WAIT, FETCH_TIMEOUT = 10.0, 7.0
MOODS = ("works", "works", "works", "same", "down", "later", "refuses", "hangs", "surprises")
STEADY, SAMPLES = 3, 24  # lives of a token in a row, and looks at it meanwhile
LIFETIMES = (0.3, 1.0, 4.0, 300.0, 86_400.0)


class MoodySource:
    """A token endpoint of changing moods; asserts what must be true of every fetch."""

    def __init__(self, loop: Clockwork) -> None:
        self._loop = loop
        self.mood, self.lifetime, self.latency = "works", 300.0, 0.0
        self.fetching = False
        self.last: AccessToken | None = None
        self.asked: list[float] = []
        self.number = 0
        self.rotated = False
        self.revoked: list[AccessToken] = []

    async def fetch(self) -> AccessToken:
        assert not self.fetching, "two fetches in flight"
        self.fetching = True
        try:
            now = self._loop.clock()
            self.asked.append(now)
            self.rotated = False
            await asyncio.sleep(self.latency)
            return await self._answer(now)
        finally:
            self.fetching = False

    async def _answer(self, now: float) -> AccessToken:
        if self.mood == "down":
            raise TokenEndpointUnavailable("down")
        if self.mood == "later":
            error = TokenEndpointUnavailable("later")
            error.retry_after = 40.0
            raise error
        if self.mood == "refuses":
            raise CredentialsRefused("no")
        if self.mood == "surprises":
            raise ZeroDivisionError
        if self.mood == "hangs":
            await asyncio.Event().wait()
        if self.mood == "same" and self.last is not None and now < self.last.expires_at:
            left = self.last
            return AccessToken(left.value, now, left.expires_at, left.token_id)
        self.number += 1
        self.last = AccessToken(
            str(self.number), now, now + self.lifetime, f"id{self.number}", ("scope",)
        )
        return self.last

    async def revoke(self, token: AccessToken, bearer: AccessToken) -> None:
        del bearer
        self.revoked.append(token)
        await asyncio.sleep(self.latency)
        if self.mood not in ("works", "same"):
            raise TokenEndpointUnavailable("no")

    async def ended(self, token: AccessToken) -> bool:
        return False

    async def changed(self) -> bool:
        return self.rotated


class Lives(RuleBasedStateMachine):
    """Drives keeper and clock; `_handed` is called with every token that a caller gets."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = Clockwork()
        self.source = MoodySource(self.loop)
        options = keeper_options(fetch_timeout=FETCH_TIMEOUT, wait=WAIT)
        self.keeper = self.loop.run_until_complete(self._made(options))
        self.running = self.loop.create_task(self.keeper.run())
        self.callers: dict[asyncio.Task[Any], float] = {}
        self.exchanges: list[LeasedToken] = []
        self.latest = 0
        self.asked_for = 0
        self.told_to_wait: list[float] = []
        self.troubled = 0.0
        """When (seconds of the clock) something last happened that a plan cannot know of."""

    async def _made(self, options: KeeperOptions) -> TokenKeeper:
        return TokenKeeper(self.source, self.loop.clock, options, random.Random(5).random)

    def _let(self, seconds: float) -> None:
        self.loop.run_until_complete(asyncio.sleep(seconds))

    def _start(self, doing: Coroutine[Any, Any, Any]) -> None:
        self.callers[self.loop.create_task(doing)] = self.loop.time()

    def _handed(self, held: LeasedToken) -> None:
        assert self.loop.clock() < held.hard_expiry <= held.token.expires_at
        number = int(held.token.value)
        assert number >= self.latest, "an older token after a newer one"
        self.latest = number
        assert held.token not in self.source.revoked, "a revoked token is handed out"
        held.users += 1
        self.exchanges.append(held)

    def _end(self, held: LeasedToken) -> None:
        self.exchanges.remove(held)
        self.keeper.release(held)

    async def _request(self) -> None:
        try:
            held = self.keeper.usable() or await self.keeper.wait()
        except TokenError as error:
            self.told_to_wait.append(error.retry_after or 0)
        else:
            self._handed(held)

    async def _judged(self, held: LeasedToken, replayable: bool, scope: bool) -> None:
        new = await self.keeper.unauthorized.again(held, 0, whole=replayable)
        assert new is not held
        if new is None or not replayable:
            return
        self._handed(new)
        if scope:
            await self.keeper.unauthorized.again(new, 0, whole=False)
        else:
            self.keeper.unauthorized.cured(new)

    @rule(mood=st.sampled_from(MOODS), latency=st.sampled_from((0.0, 0.0, 0.4, 6.0)))
    def the_endpoint_changes(self, mood: str, latency: float) -> None:
        self.source.mood, self.source.latency = mood, latency
        self._surprise()

    def _surprise(self) -> None:
        self.troubled = self.loop.clock() + 0.0001

    @rule(lifetime=st.sampled_from(LIFETIMES))
    def tokens_live(self, lifetime: float) -> None:
        self.source.lifetime = lifetime

    @rule(seconds=st.sampled_from((0.0, 0.1, 0.9, 3.0, 20.0, 300.0)))
    def time_passes(self, seconds: float) -> None:
        self._let(seconds)

    @rule(lifetime=st.sampled_from((1.0, 4.0, 60.0)), latency=st.sampled_from((0.0, 0.4, 0.7, 6.0)))
    def the_endpoint_is_steady(self, lifetime: float, latency: float) -> None:
        """However slow it is, its tokens are renewed in time, if they live long enough for that."""
        self.source.mood, self.source.latency, self.source.lifetime = "works", latency, lifetime
        self._surprise()
        self.asked_for += 1
        self.keeper.renew()
        for _ in range(SAMPLES):
            self._let(STEADY * lifetime / SAMPLES)
            self._look()

    def _look(self) -> None:
        """See that nobody has to wait while the endpoint works no slower than it did.

        Known of a token that was fetched as all are now, if there is time for the next fetch.
        """
        source, held = self.source, self.keeper.held
        if held is None or held.token.issued_at < self.troubled or source.mood != "works":
            return
        latency, life = source.latency, held.token.lifetime
        if latency + max(latency, SPACING) < life * 0.95 - 0.001:
            assert self.keeper.usable() is not None, "callers wait for a fetch that began late"

    @rule(seconds=st.sampled_from((5.0, 290.0, 28_800.0)))
    def the_machine_sleeps(self, seconds: float) -> None:
        self.loop.suspended += seconds
        self._surprise()

    @rule(count=st.integers(1, 5))
    def requests_come(self, count: int) -> None:
        for _ in range(count):
            self._start(self._request())
        self._let(0)

    @precondition(lambda self: self.exchanges)
    @rule(data=st.data())
    def an_exchange_ends(self, data: st.DataObject) -> None:
        self._end(data.draw(st.sampled_from(self.exchanges)))

    @precondition(lambda self: self.exchanges)
    @rule(data=st.data(), replayable=st.booleans(), scope=st.booleans())
    def the_upstream_says_401(self, data: st.DataObject, replayable: bool, scope: bool) -> None:
        held = data.draw(st.sampled_from(self.exchanges))
        self.asked_for += 1
        self._start(self._judged(held, replayable, scope))
        self._let(0)

    @precondition(lambda self: self.callers)
    @rule(data=st.data())
    def a_caller_leaves(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(list(self.callers))).cancel()
        self._let(0)

    @rule(waits=st.booleans())
    def the_operator_renews(self, waits: bool) -> None:
        self.asked_for += 1
        if waits:
            self._start(self.keeper.refresh())
            self._let(0)
        else:
            self.keeper.renew()

    @rule()
    def a_caller_revokes_our_token(self) -> None:
        if self.keeper.held is not None and self.keeper.held.token.token_id is not None:
            self.asked_for += 1
            self.source.last = None
            self._surprise()
            self.keeper.revoked(self.keeper.held.token.token_id)

    @rule()
    def the_credentials_rotate(self) -> None:
        self.asked_for += 1
        self.source.rotated = True

    @invariant()
    def the_keeper_lives(self) -> None:
        assert not self.running.done()

    @invariant()
    def callers_get_an_answer_in_bounded_time(self) -> None:
        now = self.loop.time()
        for task, since in list(self.callers.items()):
            if task.done():
                del self.callers[task]
                if not task.cancelled():
                    task.result()
            else:
                assert now - since <= WAIT + 0.001

    @invariant()
    def who_gets_no_token_is_told_when_to_come_back(self) -> None:
        assert all(1 <= seconds <= 60 for seconds in self.told_to_wait)

    @invariant()
    def those_who_wait_are_counted(self) -> None:
        self._let(0)
        waiting = sum(not task.done() for task in self.callers)
        assert self.keeper.waiting == waiting

    @invariant()
    def what_is_in_use_is_not_revoked(self) -> None:
        for held in self.exchanges:
            assert held.token not in self.source.revoked
            assert held.users == self.exchanges.count(held)

    @invariant()
    def the_current_token_is_not_revoked(self) -> None:
        held = self.keeper.usable()
        assert held is None or held.token not in self.source.revoked

    @invariant()
    def fetches_that_nobody_asked_for_keep_their_distance(self) -> None:
        asked = self.source.asked
        close = sum(b - a < 0.499 for a, b in pairwise(asked))
        assert close <= self.asked_for

    def teardown(self) -> None:
        """The endpoint works again, and so does everything; then the end."""
        self.source.mood, self.source.latency, self.source.lifetime = "works", 0.0, 300.0
        self._let(61)
        assert self.keeper.usable() is not None
        for held in list(self.exchanges):
            self._end(held)
        self._let(60)
        self.running.cancel()
        self.loop.run_until_complete(asyncio.wait([self.running]))
        self.loop.run_until_complete(self.keeper.aclose())
        for task in self.callers:
            assert task.done()
        self.loop.close()


Lives.TestCase.settings = settings(
    max_examples=examples(200),
    stateful_step_count=50,
)
TestLives = Lives.TestCase
