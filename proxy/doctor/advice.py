"""Advice about an answer that is not the one we hoped for."""

from proxy.errors import (
    ConnectionBroken,
    CredentialsRefused,
    TokenError,
    TokenReplyUnusable,
    TooManyTokenRequests,
    UpstreamError,
)
from proxy.passport.tokens import GET_TOKEN_SCOPE, REVOKE_TOKEN_SCOPE
from proxy.settings.model import Settings

TROUBLE = "the {} has a problem: try again later, or ask its administrators"


def no_token(error: TokenError | None, settings: Settings) -> str:
    """Advise about a token endpoint that gave no token; None: it did not answer."""
    endpoint, named = settings.token_endpoint_url, settings.token_url is not None
    if isinstance(error, CredentialsRefused):
        return (
            "copy BREB_CLIENT_ID and BREB_CLIENT_SECRET again from the dashboard (Platform > API"
            f" keys), and check that they belong to {endpoint.host}"
        )
    if isinstance(error, TooManyTokenRequests):
        return str(error.next_step)
    cause = _network_error(error)
    if cause is not None and not isinstance(cause, ConnectionBroken):
        setting = "BREB_TOKEN_URL" if named else "BREB_BASE_URL"
        return str(cause.next_step.about(setting))
    if cause is not None or isinstance(error, TokenReplyUnusable):
        whence = "" if named else "it comes from BREB_BASE_URL; to use another, set "
        return f"check that {endpoint} is the token endpoint ({whence}BREB_TOKEN_URL)"
    return TROUBLE.format("token endpoint")


def _network_error(error: BaseException | None) -> UpstreamError | None:
    while error is not None and not isinstance(error, UpstreamError):
        error = error.__cause__
    return error


def unwelcome(status: int, scopes: tuple[str, ...]) -> str:
    """Explain an answer below 500: the way works, but something does not fit."""
    if status in (401, 403):
        if scopes and GET_TOKEN_SCOPE not in scopes:
            return (
                f"the connection works, but the token does not have the scope {GET_TOKEN_SCOPE},"
                " which this check needs: try --path /v1/customers"
            )
        return (
            "the upstream refused the token for this path: check that BREB_BASE_URL and"
            " BREB_TOKEN_URL belong to the same environment, then try --path with a path that"
            " you may read"
        )
    if status == 404:
        return (
            "the connection works, but this path does not exist: check the path prefix in"
            " BREB_BASE_URL (usually there is none), or try --path with a path that you know"
        )
    if status == 429:
        return "the connection works, but there were too many requests: try again later"
    return (
        "the connection works, but the response is unexpected: check BREB_BASE_URL, or try"
        " another --path"
    )


def not_revoked(scopes: tuple[str, ...]) -> str:
    """Advise about a token that could not be revoked."""
    if REVOKE_TOKEN_SCOPE in scopes:
        return TROUBLE.format("token endpoint")
    return f"if the scope {REVOKE_TOKEN_SCOPE} is missing, set BREB_REVOKE_TOKENS=false"
