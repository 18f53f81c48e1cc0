"""Token requests as entries of the journal."""

import asyncio

import pytest

from proxy.errors import CredentialsRefused
from proxy.journal.beside import TokenEntries
from proxy.journal.entry import Entry
from proxy.journal.journal import Journal
from proxy.token.watched import TokenFetch


def kept(journal: Journal) -> Entry:
    journal.settle()
    ((entry,), _) = journal.after(0)
    return entry


def test_a_token_request_is_kept_as_a_post_to_the_token_endpoint() -> None:
    journal = Journal([])
    TokenEntries(journal, "/v1/tokens").add(TokenFetch(1.0, 3.5, "id-1", None))
    entry = kept(journal)
    assert (entry.kind, entry.method, entry.target, entry.status, entry.seconds) == (
        "token",
        "POST",
        "/v1/tokens",
        200,
        2.5,
    )
    assert entry.trouble is None


@pytest.mark.parametrize(
    ("error", "words"),
    [
        pytest.param(CredentialsRefused("refused: 401"), "refused: 401", id="refused"),
        pytest.param(asyncio.CancelledError(), "given up", id="given up"),
        pytest.param(ValueError("very-secret"), "failed", id="a surprise"),
    ],
)
def test_a_token_request_that_fails_says_why(error: BaseException, words: str) -> None:
    journal = Journal([])
    TokenEntries(journal, "/v1/tokens").add(TokenFetch(1.0, 3.5, None, error))
    entry = kept(journal)
    assert entry.trouble is not None
    assert (entry.status, str(entry.trouble.detail)) == (None, words)
