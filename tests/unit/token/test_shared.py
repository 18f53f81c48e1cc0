"""One token for all replicas, and what each does without the database."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from pydantic import SecretStr

from proxy.clock import sleepless
from proxy.credentials import Credentials, FixedCredentials
from proxy.errors import TokenEndpointUnavailable, TokenError
from proxy.postgres import line as line_module
from proxy.postgres.line import Line
from proxy.token import shared, shelf
from proxy.token.share import Share
from proxy.token.shared import SharedSource
from proxy.token.shelf import CHANNEL, SCHEMA
from proxy.token.source import AccessToken
from proxy.words import phrase
from tests.support.front import until
from tests.support.patience import PATIENCE
from tests.support.postgres import Postgres
from tests.unit.postgres.test_connection import reaching

pytestmark = pytest.mark.anyio
CLOCK = sleepless()


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no database be given up for being slow: it may be one of a busy machine."""
    monkeypatch.setattr(line_module, "CONNECTING", PATIENCE)
    monkeypatch.setattr(line_module, "ANSWERING", PATIENCE)
    monkeypatch.setattr(shelf, "_WAIT", round(PATIENCE * 1000))


class Endpoint:
    """A token endpoint that all replicas ask: counts, and may hang or fail."""

    def __init__(self) -> None:
        self.fetches = 0
        self.revoked: list[str] = []
        self.lifetime = 3600.0
        self.error: TokenError | None = None
        self.hangs = False

    async def fetch(self) -> AccessToken:
        if self.error is not None:
            raise self.error
        self.fetches += 1
        number, now = self.fetches, CLOCK()
        if self.hangs:
            await asyncio.Event().wait()
        await asyncio.sleep(0.05)
        return AccessToken(f"t{number}", now, now + self.lifetime, f"id{number}", ("a.get",))

    async def revoke(self, token: AccessToken, bearer: AccessToken) -> None:
        self.revoked.append(token.value)

    async def ended(self, token: AccessToken) -> bool:
        return False

    async def changed(self) -> bool:
        return False


class Keeper:
    """What a source asks of the keeper."""

    def __init__(self) -> None:
        self.cause = "soft-window"
        self.told = asyncio.Event()

    def take_over(self) -> None:
        self.told.set()


class Replica:
    """A source with a line of its own; ``max_age`` and ``revoke`` are as in the settings."""

    def __init__(
        self,
        endpoint: Endpoint,
        address: str,
        secret: SecretStr,
        max_age: float | None,
        *,
        revoke: bool,
    ) -> None:
        line = Line(reaching(address), SCHEMA, CHANNEL)
        given = FixedCredentials(Credentials(SecretStr("me"), secret))
        self.share = Share(line, ("https://api.test",), f"r{id(self)}", CLOCK, 5.0)
        self.source = SharedSource(
            endpoint, self.share, line, given, CLOCK, max_age=max_age, revoke=revoke
        )
        self.keeper = Keeper()
        self.source._keeper = self.keeper

    async def renews(self, cause: str = "soft-window") -> str:
        self.keeper.cause = cause
        return (await self.source.fetch()).value

    async def lets_go(self, token: AccessToken | None) -> None:
        current = self.share.current
        assert token is not None
        assert current is not None
        await self.source.revoke(token, current)


class Fleet:
    """Replicas that share an endpoint and a database."""

    def __init__(self, postgres: Postgres) -> None:
        self.endpoint = Endpoint()
        self.address = postgres.database()
        self._all: list[Replica] = []
        self._tasks: list[asyncio.Task[None]] = []

    def replica(
        self, key: str = "hush", max_age: float | None = None, *, revoke: bool = True
    ) -> Replica:
        made = Replica(self.endpoint, self.address, SecretStr(key), max_age, revoke=revoke)
        self._all.append(made)
        return made

    def attended(self, replica: Replica) -> Replica:
        attending = replica.source.attend(replica.keeper)
        self._tasks.append(asyncio.ensure_future(attending))
        return replica

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for each in self._all:
            await each.source.aclose()


@asynccontextmanager
async def fleet(postgres: Postgres) -> AsyncIterator[Fleet]:
    made = Fleet(postgres)
    try:
        yield made
    finally:
        await made.aclose()


async def eventually(true: Callable[[], bool], what: str) -> None:
    await asyncio.to_thread(until, true, what)


async def test_ten_that_begin_together_fetch_once(postgres: Postgres) -> None:
    async with fleet(postgres) as all_of_them:
        replicas = [all_of_them.replica() for _ in range(10)]
        values = await asyncio.gather(*(each.renews("start") for each in replicas))
        assert values == ["t1"] * 10
        assert all_of_them.endpoint.fetches == 1


async def test_a_renewal_is_one_fetch_whoever_needs_it_and_however_many(
    postgres: Postgres,
) -> None:
    async with fleet(postgres) as all_of_them:
        replicas = [all_of_them.replica() for _ in range(3)]
        await asyncio.gather(*(each.renews("start") for each in replicas))
        values = await asyncio.gather(*(each.renews("unauthorized") for each in replicas))
        assert values == ["t2"] * 3
        assert await replicas[0].renews("operator") == "t3"
        assert await replicas[1].renews("soft-window") == "t3"
        assert all_of_them.endpoint.fetches == 3
        counts = [(each.share.fetched, each.share.taken) for each in replicas]
        assert sum(fetched for fetched, _ in counts) == 3


async def test_the_keepers_of_the_others_are_told_at_once(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "POLL", PATIENCE * 10)
    async with fleet(postgres) as all_of_them:
        one, other = all_of_them.replica(), all_of_them.replica()
        await one.renews("start")
        await other.renews("start")
        all_of_them.attended(other)
        await asyncio.sleep(0)
        await one.renews()
        async with asyncio.timeout(PATIENCE):
            await other.keeper.told.wait()
        assert await other.renews("shared") == "t2"
        assert await other.renews("shared") == "t2"  # there is nothing newer by now


async def test_without_notifications_the_others_look_by_themselves(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind pgbouncer in transaction mode."""
    monkeypatch.setattr(shared, "POLL", 0.05)
    async with fleet(postgres) as all_of_them:
        one, other = all_of_them.replica(), all_of_them.replica()
        await one.renews("start")
        await other.renews("start")
        monkeypatch.setattr(Line, "_hear", lambda self: self._watch(None))
        all_of_them.attended(other)
        await one.renews()
        async with asyncio.timeout(PATIENCE):
            await other.keeper.told.wait()


async def test_an_old_token_is_revoked_once_and_after_the_last_use(postgres: Postgres) -> None:
    async with fleet(postgres) as all_of_them:
        one, other = all_of_them.replica(), all_of_them.replica()
        for each in (one, other):
            await each.renews("start")
        olds = [each.share.current for each in (one, other)]
        for each in (one, other):
            await each.renews()
        await one.lets_go(olds[0])
        assert all_of_them.endpoint.revoked == []
        await other.lets_go(olds[1])
        assert all_of_them.endpoint.revoked == ["t1"]


async def test_the_last_that_ends_revokes_the_token_of_all(postgres: Postgres) -> None:
    async with fleet(postgres) as all_of_them:
        one, other = all_of_them.replica(), all_of_them.replica()
        for each in (one, other):
            await each.renews("start")
        await one.lets_go(one.share.current)
        assert all_of_them.endpoint.revoked == []
        await other.lets_go(other.share.current)
        assert all_of_them.endpoint.revoked == ["t1"]


async def test_where_nothing_is_to_be_revoked_nothing_is(postgres: Postgres) -> None:
    async with fleet(postgres) as all_of_them:
        one = all_of_them.replica(revoke=False)
        await one.renews("start")
        await one.lets_go(one.share.current)
        assert all_of_them.endpoint.revoked == []


async def test_a_failure_of_the_endpoint_is_the_callers_and_ends_the_turn(
    postgres: Postgres,
) -> None:
    async with fleet(postgres) as all_of_them:
        one, other = all_of_them.replica(), all_of_them.replica()
        all_of_them.endpoint.error = TokenEndpointUnavailable("it answered 500")
        with pytest.raises(TokenEndpointUnavailable):
            await one.renews("start")
        all_of_them.endpoint.error = None
        assert await other.renews("start") == "t1"
        assert one.share.problem is None


async def test_a_fetch_that_is_given_up_lets_the_next_one_have_its_turn(
    postgres: Postgres,
) -> None:
    async with fleet(postgres) as all_of_them:
        one, other = all_of_them.replica(), all_of_them.replica()
        all_of_them.endpoint.hangs = True
        fetching = asyncio.ensure_future(one.renews("start"))
        await eventually(lambda: all_of_them.endpoint.fetches == 1, "its fetch")
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching
        all_of_them.endpoint.hangs = False
        assert await other.renews("start") == "t2"


async def test_replicas_with_other_credentials_share_nothing(postgres: Postgres) -> None:
    async with fleet(postgres) as all_of_them:
        old, new = all_of_them.replica(), all_of_them.replica("rotated")
        assert await old.renews("start") == "t1"
        assert await new.renews("start") == "t2"
        await old.lets_go(old.share.current)
        assert all_of_them.endpoint.revoked == ["t1"]


async def test_a_replica_that_gets_new_credentials_moves_and_lets_go_where_it_was(
    postgres: Postgres,
) -> None:
    async with fleet(postgres) as all_of_them:
        moving, staying = all_of_them.replica(), all_of_them.replica()
        for each in (moving, staying):
            await each.renews("start")
        before = moving.share.current
        pair = Credentials(SecretStr("me"), SecretStr("rotated"))
        moving.source._credentials = FixedCredentials(pair)
        assert await moving.renews() == "t2"
        await moving.lets_go(before)
        assert all_of_them.endpoint.revoked == []
        assert await staying.renews("shared") == "t1"
        await staying.lets_go(staying.share.current)
        assert all_of_them.endpoint.revoked == ["t1"]


async def test_a_token_that_a_stranger_put_there_is_passed_over(postgres: Postgres) -> None:
    async with fleet(postgres) as all_of_them:
        one, other = all_of_them.replica(), all_of_them.replica()
        await one.renews("start")
        name = all_of_them.address.rpartition("/")[2]
        postgres.execute("UPDATE breb_token SET sealed = 'a token of mine, thirty bytes'", name)
        assert await other.renews("start") == "t2"
        assert await one.renews() == "t2"


async def test_without_the_database_each_goes_on_alone_and_joins_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shared, "POLL", 0.05)
    with Postgres() as postgres:
        async with fleet(postgres) as all_of_them:
            await _lose_and_find(postgres, all_of_them)


async def _lose_and_find(postgres: Postgres, all_of_them: Fleet) -> None:
    one, other = all_of_them.replica(), all_of_them.replica()
    for each in (one, other):
        await each.renews("start")
        all_of_them.attended(each)
    postgres.stop()
    try:
        for each in (one, other):
            await eventually(lambda each=each: each.share.problem is not None, "its absence")
        with pytest.raises(TokenEndpointUnavailable, match="has not come"):
            await one.renews("soft-window")
        with pytest.raises(TokenEndpointUnavailable, match="may still use it"):
            await one.lets_go(one.share.current)
        assert await one.renews("unauthorized") == "t2"
        assert await other.renews("unauthorized") == "t3"
        one.keeper.told.clear()
    finally:
        postgres.start()
    async with asyncio.timeout(PATIENCE):
        await one.keeper.told.wait()
        await other.keeper.told.wait()
    assert [each.share.problem for each in (one, other)] == [None, None]
    await one.renews("shared")
    await other.renews("shared")
    assert await one.renews("shared") == "t3"  # what was fetched last is everybody's
    assert all_of_them.endpoint.fetches == 3
    assert [each.share.alone for each in (one, other)] == [1, 1]


async def test_its_own_time_comes_near_the_end_or_at_the_age_that_is_wanted(
    postgres: Postgres,
) -> None:
    async with fleet(postgres) as all_of_them:
        aged, one = all_of_them.replica(max_age=10.0), all_of_them.replica()
        for each in (aged, one):
            await each.renews("start")
            each.share.away(phrase("database.silent", seconds=3))
            current = each.share.current
            assert current is not None
            each.share.current = replace(current, issued_at=current.issued_at - 11)
        assert await aged.renews() == "t2"
        with pytest.raises(TokenEndpointUnavailable):
            await one.renews()
        current = one.share.current
        assert current is not None
        now = CLOCK()
        one.share.current = replace(current, issued_at=now - 3300, expires_at=now + 300)
        assert await one.renews() == "t3"


async def test_a_start_without_the_database_fetches_a_token_alone(postgres: Postgres) -> None:
    endpoint = Endpoint()
    address = "postgresql://breb@127.0.0.1:1/nowhere"
    lonely = Replica(endpoint, address, SecretStr("hush"), None, revoke=True)
    began = time.monotonic()
    assert await lonely.renews("start") == "t1"
    assert time.monotonic() - began < PATIENCE
    await lonely.lets_go(lonely.share.current)
    assert endpoint.revoked == ["t1"]
    await lonely.source.aclose()


async def test_a_token_that_a_failover_lost_is_put_down_again(postgres: Postgres) -> None:
    async with fleet(postgres) as all_of_them:
        one = all_of_them.replica()
        await one.renews("start")
        name = all_of_them.address.rpartition("/")[2]
        postgres.execute("DELETE FROM breb_token", name)
        assert await one.share.keep() == []
        assert await one.share.news()
        assert await one.renews("shared") == "t1"
        assert await all_of_them.replica().renews("start") == "t1"
        assert one.share.fetched == 1
