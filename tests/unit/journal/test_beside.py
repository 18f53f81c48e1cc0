"""Token requests as entries of the journal."""

import asyncio

import pytest

from proxy.errors import CredentialsRefused
from proxy.journal.beside import WatchedSource
from proxy.journal.entry import Entry
from proxy.journal.journal import Journal
from proxy.token.source import AccessToken


class FixedSource:
    """Gives what it was made with."""

    def __init__(self, outcome: AccessToken | BaseException) -> None:
        self._outcome = outcome

    async def fetch(self) -> AccessToken:
        if isinstance(self._outcome, BaseException):
            raise self._outcome
        return self._outcome

    async def revoke(self, token: AccessToken, bearer: AccessToken) -> None:
        raise NotImplementedError

    async def changed(self) -> bool:
        return False

    async def ended(self, token: AccessToken) -> bool:
        raise NotImplementedError


def kept(journal: Journal) -> Entry:
    journal.settle()
    ((entry,), _) = journal.after(0)
    return entry


@pytest.mark.anyio
async def test_a_token_request_is_kept_without_the_token() -> None:
    journal = Journal([])
    token = AccessToken("very-secret-token", 0.0, 60.0)
    source = WatchedSource(FixedSource(token), journal, "/v1/tokens")
    assert await source.fetch() is token
    assert not await source.changed()
    entry = kept(journal)
    assert (entry.kind, entry.method, entry.target, entry.status) == (
        "token",
        "POST",
        "/v1/tokens",
        200,
    )
    assert "very-secret-token" not in repr(entry)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("error", "words"),
    [
        pytest.param(CredentialsRefused("refused: 401"), "refused: 401", id="refused"),
        pytest.param(asyncio.CancelledError(), "given up", id="given up"),
        pytest.param(ValueError("very-secret"), "failed", id="a surprise"),
    ],
)
async def test_a_token_request_that_fails_says_why(error: BaseException, words: str) -> None:
    journal = Journal([])
    with pytest.raises(type(error)):
        await WatchedSource(FixedSource(error), journal, "/v1/tokens").fetch()
    entry = kept(journal)
    assert entry.trouble is not None
    assert (entry.status, str(entry.trouble.detail)) == (None, words)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
