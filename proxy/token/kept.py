"""A keeper for the life of a command: when the command ends in any way, its token is revoked."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from proxy.clock import sleepless
from proxy.errors import TokenEndpointUnavailable, TokenError
from proxy.token.keeper import KeeperOptions, TokenKeeper
from proxy.token.source import AccessToken, TokenSource
from proxy.words import Phrase, phrase


@asynccontextmanager
async def kept(keeper: TokenKeeper) -> AsyncIterator[TokenKeeper]:
    """Run ``keeper`` while the block runs; when the block ends in any way, give its token up."""
    async with asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(keeper.run())
        try:
            yield keeper
        finally:
            await undisturbed(_given_up(keeper, keeping))


async def _given_up(keeper: TokenKeeper, keeping: asyncio.Task[None]) -> None:
    await keeper.leave()
    keeping.cancel()
    await keeper.aclose()


def keeper_for(source: TokenSource, timeout: float) -> TokenKeeper:
    """Return a keeper that lets callers wait for its first fetch, at most ``timeout`` seconds."""
    options = KeeperOptions(timeout, timeout + 1, max_age=None, revoke=True)
    return TokenKeeper(source, sleepless(), options)


async def fetched(keeper: TokenKeeper) -> AccessToken | TokenError:
    """Make ``keeper`` fetch a token, once; return it, or the reason why there is none."""
    await keeper.refresh()
    if keeper.held is not None:
        return keeper.held.token
    return keeper.error or TokenEndpointUnavailable(phrase("endpoint-late"))


def left_alive(keeper: TokenKeeper) -> Phrase | None:
    """Return a warning if the token could not be revoked; else None."""
    return phrase("token.left-alive") if keeper.revocations["failure"] else None


async def undisturbed(work: Coroutine[Any, Any, None]) -> None:
    """Do ``work`` to its end, also if we are cancelled meanwhile; that comes afterwards."""
    doing = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not doing.done():
        try:
            await asyncio.wait({doing})
        except asyncio.CancelledError as error:
            cancelled = error
    doing.result()
    if cancelled is not None:
        raise cancelled
