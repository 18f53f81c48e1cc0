"""A command's own token: whatever ends the command, the token is given up."""

import asyncio

import pytest

from proxy.token.keeper import TokenKeeper
from proxy.token.kept import fetched, kept, left_alive
from proxy.token.source import AccessToken
from tests.support.clockwork import on_clockwork, the_loop
from tests.support.limits import keeper_options
from tests.support.lives import ScriptedSource, midway, refused, unavailable

DAY = 86_400.0


@on_clockwork
async def test_a_commands_token_is_revoked_however_its_block_ends() -> None:
    source = ScriptedSource(DAY)
    keeper = keeper_for_the_loop(source)

    async def work() -> None:
        async with kept(keeper):
            assert isinstance(await fetched(keeper), AccessToken)
            raise BrokenPipeError

    with pytest.raises(ExceptionGroup):
        await work()
    assert source.revoked == [("t1", "t1")]
    assert left_alive(keeper) is None


@on_clockwork
async def test_a_command_that_is_cancelled_twice_still_gives_its_token_up() -> None:
    source = ScriptedSource(DAY)
    source.revoke_latency = 2.0
    keeper = keeper_for_the_loop(source)

    async def work() -> None:
        async with kept(keeper):
            await fetched(keeper)
            await asyncio.Event().wait()

    working = asyncio.get_running_loop().create_task(work())
    for _ in range(2):
        await asyncio.sleep(1)
        working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert source.revoked == [("t1", "t1")]


@on_clockwork
async def test_a_command_says_that_its_token_stays_alive() -> None:
    source = ScriptedSource(DAY)
    source.revoking = unavailable()
    keeper = keeper_for_the_loop(source)
    async with kept(keeper):
        await fetched(keeper)
    assert "could not be revoked" in str(left_alive(keeper))


@on_clockwork
async def test_a_command_without_a_token_is_told_why() -> None:
    keeper = keeper_for_the_loop(ScriptedSource(refused()))
    async with kept(keeper):
        assert "refused the credentials" in str(await fetched(keeper))


def keeper_for_the_loop(source: ScriptedSource) -> TokenKeeper:
    return TokenKeeper(source, the_loop().clock, keeper_options(wait=11.0), midway)
