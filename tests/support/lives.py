"""A token keeper with a token source that does as it is told, on the time of a `Clockwork`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from itertools import count, pairwise

from proxy.errors import CredentialsRefused, TokenEndpointUnavailable
from proxy.token.keeper import TokenKeeper
from proxy.token.source import AccessToken
from tests.support.clockwork import the_loop
from tests.support.limits import keeper_options

Answer = float | Exception | AccessToken | None


def unavailable(
    words: str = "the token endpoint answered 500", after: float | None = None
) -> Exception:
    """Return a transient failure; ``after`` is its Retry-After."""
    error = TokenEndpointUnavailable(words)
    error.retry_after = after
    return error


def refused() -> Exception:
    """Return the permanent failure."""
    return CredentialsRefused("the token endpoint refused the credentials: 401 invalid_client")


class ScriptedSource:
    """Gives what the script says, then for ever its last line.

    A number is a new token of that lifetime, an exception is raised, an AccessToken given as it
    is, None hangs. ``asked`` are the moments of all fetches, ``latency`` what each takes.
    """

    def __init__(self, *script: Answer, latency: float = 0.0) -> None:
        self.script = list(script)
        self.latency = latency
        self.asked: list[float] = []
        self.revoked: list[tuple[str, str]] = []
        self.revoking: Exception | None = None
        self.revoke_latency = 0.0
        self.dead: set[str] = set()
        self.rotated: bool | Exception = False
        self.at_once = self.most_at_once = 0
        self._numbers = count(1)

    async def fetch(self) -> AccessToken:
        now = the_loop().clock()
        self.asked.append(now)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.latency)
            answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            if answer is None:
                await asyncio.Event().wait()
            if isinstance(answer, Exception):
                raise answer
            self.rotated = False
            return answer if isinstance(answer, AccessToken) else self.token(now, answer or 0)
        finally:
            self.at_once -= 1

    def token(self, now: float, lifetime: float) -> AccessToken:
        number = next(self._numbers)
        return AccessToken(f"t{number}", now, now + lifetime, f"id{number}", ("a.get",))

    async def revoke(self, token: AccessToken, bearer: AccessToken) -> None:
        await asyncio.sleep(self.revoke_latency)
        self.revoked.append((token.value, bearer.value))
        if self.revoking is not None:
            raise self.revoking

    async def ended(self, token: AccessToken) -> bool:
        return token.value in self.dead

    async def changed(self) -> bool:
        if isinstance(self.rotated, Exception):
            raise self.rotated
        return self.rotated


def midway() -> float:
    """Return the chance of always the same: no jitter to speak of."""
    return 0.5


@contextlib.asynccontextmanager
async def living(
    source: ScriptedSource,
    chance: Callable[[], float] = midway,
    **options: float | bool | None,
) -> AsyncIterator[TokenKeeper]:
    """Run a keeper; ``options`` are those of KeeperOptions."""
    keeper = TokenKeeper(source, the_loop().clock, keeper_options(**options), chance)
    task = asyncio.get_running_loop().create_task(keeper.run())
    try:
        yield keeper
        assert not task.done(), "the keeper's loop has ended"
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def suspend(seconds: float) -> None:
    """Let the machine sleep; then a little time pass, as it does before anybody acts."""
    the_loop().suspended += seconds
    await asyncio.sleep(0)


def gaps(moments: Iterable[float]) -> list[float]:
    """Return the distances between moments."""
    ordered = list(moments)
    return [round(b - a, 3) for a, b in pairwise(ordered)]
