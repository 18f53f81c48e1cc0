"""Token requests are remembered by the token that they brought."""

import asyncio

import pytest

from proxy.errors import TokenEndpointUnavailable
from proxy.token.source import AccessToken
from proxy.tracing.fetches import Fetches, TokenFetch, TracedSource

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
        return False

    async def changed(self) -> bool:
        return False


async def test_each_request_is_kept_with_its_end() -> None:
    fetches, token = Fetches(), AccessToken("secret", 0.0, 60.0, "id-1")
    lost = TokenEndpointUnavailable("no route")
    source = TracedSource(Scripted(token, lost, asyncio.CancelledError()), fetches.add)
    assert fetches.failed is None
    assert await source.fetch() is token
    assert fetches.failed is None
    found = fetches.of_token("id-1")
    assert found is not None
    assert found.ended >= found.began
    assert fetches.of_token("id-2") is fetches.of_token(None) is None
    with pytest.raises(TokenEndpointUnavailable):
        await source.fetch()
    assert fetches.failed is not None
    assert fetches.failed.failure == lost.kind
    with pytest.raises(asyncio.CancelledError):
        await source.fetch()
    assert fetches.failed.failure == "cancelled"


def test_only_the_last_ones_are_kept() -> None:
    fetches = Fetches()
    for number in range(100):
        fetch = TokenFetch()
        fetch.token_id = str(number)
        fetches.add(fetch)
    assert fetches.of_token("0") is None
    assert fetches.of_token("99") is not None
