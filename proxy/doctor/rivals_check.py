"""Whether a new token ends the client's older ones, found out on purpose with two of them."""

import contextlib

from proxy.doctor.steps import Finding, Outcome, doubtful, failed, fine
from proxy.errors import TokenError
from proxy.passport import GET_TOKEN_SCOPE
from proxy.token.source import AccessToken, PassportTokenSource

QUESTION = (
    "this fetches two tokens. If a new token ends the older ones, whatever else runs with these"
    " credentials is hit once, now: a breb-proxy fetches another by itself, other programs may not."
    " Go on?"
)
_ADVICE = (
    "let one proxy serve all callers, or give each credentials of its own: docs/fleet.md says how"
    " they take turns meanwhile"
)


async def rivals(source: PassportTokenSource) -> Finding:
    """Fetch two tokens, see whether the first survives the second, revoke both."""
    tokens: list[AccessToken] = []
    try:
        tokens.append(await source.fetch())
        first = tokens[0]
        if first.token_id is None or GET_TOKEN_SCOPE not in first.scopes:
            says = f"not known: a token without the scope {GET_TOKEN_SCOPE} cannot be asked about"
            return Finding(Outcome.SKIPPED, says)
        tokens.append(await source.fetch())
        ended = await source.ended(first)
    except TokenError as error:
        which = "a second token" if tokens else "a token"
        return failed(f"{which} is not to be had: {error}", _ADVICE)
    finally:
        for token in reversed(tokens):
            with contextlib.suppress(TokenError):
                await source.revoke(token, token)
    if ended:
        return doubtful("a new token ends the older ones", _ADVICE, new_token="revokes")  # noqa: S106
    return fine("a new token leaves the older ones alone", new_token="keeps")  # noqa: S106
