"""Whether a new token ends the client's older ones, found out on purpose with two of them."""

import contextlib

from proxy.doctor.steps import Finding, Outcome, doubtful, failed, fine
from proxy.errors import TokenError
from proxy.invocation import COMMAND
from proxy.passport import GET_TOKEN_SCOPE
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


async def rivals(source: PassportTokenSource) -> Finding:
    """Fetch two tokens, see whether the first survives the second, revoke both."""
    tokens: list[AccessToken] = []
    try:
        tokens.append(await source.fetch())
        first = tokens[0]
        if first.token_id is None or GET_TOKEN_SCOPE not in first.scopes:
            says = (
                f"not known: without the scope {GET_TOKEN_SCOPE}, the API does not tell"
                " whether a token is valid"
            )
            return Finding(Outcome.SKIPPED, says)
        tokens.append(await source.fetch())
        ended = await source.ended(first)
    except TokenError as error:
        which = "a second token" if tokens else "a token"
        return failed(f"cannot get {which}: {error}", _ADVICE)
    finally:
        for token in reversed(tokens):
            with contextlib.suppress(TokenError):
                await source.revoke(token, token)
    if ended:
        return doubtful("a new token ends the older ones", _ADVICE, new_token="revokes")  # noqa: S106
    return fine("a new token does not end the older ones", new_token="keeps")  # noqa: S106
