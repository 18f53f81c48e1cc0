"""A test with two tokens, which tells whether a new one ends the client's older ones."""

from proxy.doctor.steps import Finding, Outcome, doubtful, failed, fine
from proxy.errors import TokenError
from proxy.passport.tokens import GET_TOKEN_SCOPE
from proxy.token.kept import fetched, keeper_for, kept
from proxy.token.source import AccessToken, PassportTokenSource
from proxy.words import phrase

QUESTION = phrase("check.rivals-ask")
_ADVICE = phrase("check.one-proxy")


async def rivals(source: PassportTokenSource, fetch_limit: float) -> Finding:
    """Fetch two tokens, see whether the first survives the second, revoke both.

    A fetch may take ``fetch_limit`` seconds.
    """
    one, other = keeper_for(source, fetch_limit), keeper_for(source, fetch_limit)
    async with kept(one):
        first = await fetched(one)
        if isinstance(first, TokenError):
            return failed(phrase("check.no-first", why=first.detail), _ADVICE)
        if first.token_id is None or GET_TOKEN_SCOPE not in first.scopes:
            return Finding(Outcome.SKIPPED, phrase("check.untold", scope=GET_TOKEN_SCOPE))
        async with kept(other):
            return await _compared(source, first, await fetched(other))


async def _compared(
    source: PassportTokenSource, first: AccessToken, second: AccessToken | TokenError
) -> Finding:
    try:
        ended = isinstance(second, AccessToken) and await source.ended(first)
    except TokenError as error:
        second = error
    if isinstance(second, TokenError):
        return failed(phrase("check.no-second", why=second.detail), _ADVICE)
    if ended:
        return doubtful(phrase("check.ends-older"), _ADVICE, new_token="revokes")  # noqa: S106
    return fine(phrase("check.keeps-older"), new_token="keeps")  # noqa: S106
