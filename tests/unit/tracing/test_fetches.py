"""Token requests are remembered by the token that they brought."""

import asyncio

import pytest

from proxy.errors import TokenEndpointUnavailable
from proxy.token.watched import TokenFetch
from proxy.tracing.fetches import Fetches


def test_a_request_is_found_by_the_token_that_it_brought() -> None:
    fetches = Fetches()
    assert fetches.failed is None
    fetches.add(TokenFetch(1.0, 2.0, "id-1", None))
    found = fetches.of_token("id-1")
    assert found is not None
    assert (found.began, found.ended, found.failure) == (1.0, 2.0, "")
    assert fetches.failed is None
    assert fetches.of_token("id-2") is fetches.of_token(None) is None


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        pytest.param(
            TokenEndpointUnavailable("no route"), TokenEndpointUnavailable.kind, id="no token"
        ),
        pytest.param(asyncio.CancelledError(), "cancelled", id="given up"),
        pytest.param(ValueError("very-secret"), "ValueError", id="a surprise"),
    ],
)
def test_one_that_failed_is_kept_with_the_kind_of_its_error(
    error: BaseException, kind: str
) -> None:
    fetches = Fetches()
    fetches.add(TokenFetch(1.0, 2.0, None, error))
    assert fetches.failed is not None
    assert fetches.failed.failure == kind


def test_only_the_last_ones_are_kept() -> None:
    fetches = Fetches()
    for number in range(100):
        fetches.add(TokenFetch(1.0, 2.0, str(number), None))
    assert fetches.of_token("0") is None
    assert fetches.of_token("99") is not None
