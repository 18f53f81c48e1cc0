"""Those who observe a token source are told of each fetch, however it ends."""

import asyncio

import pytest

from proxy.errors import TokenEndpointUnavailable
from proxy.token.source import AccessToken
from proxy.token.watched import TokenFetch, WatchedSource

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Scripted:
    """Gives what it is told to."""

    def __init__(self, *results: AccessToken | BaseException) -> None:
        self._results = iter(results)

    async def fetch(self) -> AccessToken:
        result = next(self._results)
        if isinstance(result, BaseException):
            raise result
        return result

    async def revoke(self, token: AccessToken, bearer: AccessToken) -> None:
        """Nothing is revoked here."""

    async def ended(self, token: AccessToken) -> bool:
        return token.token_id == "ended"

    async def changed(self) -> bool:
        return True


async def test_each_observer_is_told_of_a_fetch_without_the_token() -> None:
    token = AccessToken("very-secret-token", 0.0, 60.0, "id-1")
    told: list[TokenFetch] = []
    source = WatchedSource(Scripted(token), [told.append, told.append])
    assert await source.fetch() is token
    first, second = told
    assert first is second
    assert (first.token_id, first.error) == ("id-1", None)
    assert first.ended >= first.began
    assert "very-secret-token" not in repr(first)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(TokenEndpointUnavailable("no route"), id="no token"),
        pytest.param(asyncio.CancelledError(), id="given up"),
        pytest.param(ValueError("a surprise"), id="a surprise"),
    ],
)
async def test_a_fetch_that_fails_is_told_of_and_fails(error: BaseException) -> None:
    told: list[TokenFetch] = []
    with pytest.raises(type(error)) as raised:
        await WatchedSource(Scripted(error), [told.append]).fetch()
    assert raised.value is error
    ((_, _, token_id, kept),) = told
    assert (token_id, kept) == (None, error)


async def test_all_else_is_the_source_s() -> None:
    source = WatchedSource(Scripted(), [])
    assert await source.changed()
    assert await source.ended(AccessToken("secret", 0.0, 60.0, "ended"))
