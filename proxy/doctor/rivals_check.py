"""A test with two tokens, which tells whether a new one ends the client's older ones."""

from proxy.doctor.steps import Finding, Outcome, doubtful, failed, fine
from proxy.errors import TokenError
from proxy.invocation import COMMAND
from proxy.passport.tokens import GET_TOKEN_SCOPE
from proxy.token.kept import fetched, keeper_for, kept
from proxy.token.source import AccessToken, PassportTokenSource

QUESTION = (
    "this check fetches two tokens. If a new token ends the older ones, all other programs with"
    " these credentials lose their token once, now. A breb-proxy fetches a new one by itself;"
    " other programs may not. Continue?"
)
_ADVICE = (
    "use one proxy for all callers, or give each program its own credentials; what happens"
    f" until then: {COMMAND} help fleet"
)


async def rivals(source: PassportTokenSource, fetch_limit: float) -> Finding:
    """Fetch two tokens, see whether the first survives the second, revoke both.

    A fetch may take ``fetch_limit`` seconds.
    """
    one, other = keeper_for(source, fetch_limit), keeper_for(source, fetch_limit)
    async with kept(one):
        first = await fetched(one)
        if isinstance(first, TokenError):
            return failed(f"cannot get a token: {first}", _ADVICE)
        if first.token_id is None or GET_TOKEN_SCOPE not in first.scopes:
            says = (
                f"not known: without the scope {GET_TOKEN_SCOPE}, the API does not tell"
                " whether a token is valid"
            )
            return Finding(Outcome.SKIPPED, says)
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
        return failed(f"cannot get a second token: {second}", _ADVICE)
    if ended:
        return doubtful("a new token ends the older ones", _ADVICE, new_token="revokes")  # noqa: S106
    return fine("a new token does not end the older ones", new_token="keeps")  # noqa: S106
