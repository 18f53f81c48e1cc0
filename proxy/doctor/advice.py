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
from proxy.words import Phrase, phrase

DATABASE = phrase("check.see-database")


def no_token(error: TokenError | None, settings: Settings) -> Phrase:
    """Advise about a token endpoint that gave no token; None: it did not answer."""
    endpoint, named = settings.token_endpoint_url, settings.token_url is not None
    if isinstance(error, CredentialsRefused):
        return phrase("check.copy-again", host=endpoint.host)
    if isinstance(error, TooManyTokenRequests):
        return error.next_step
    cause = _network_error(error)
    if cause is not None and not isinstance(cause, ConnectionBroken):
        return cause.next_step.about("BREB_TOKEN_URL" if named else "BREB_BASE_URL")
    if cause is not None or isinstance(error, TokenReplyUnusable):
        if named:
            return phrase("check.see-endpoint", endpoint=str(endpoint))
        return phrase("check.see-derived-endpoint", endpoint=str(endpoint))
    return phrase("check.endpoint-trouble")


def _network_error(error: BaseException | None) -> UpstreamError | None:
    while error is not None and not isinstance(error, UpstreamError):
        error = error.__cause__
    return error


def unwelcome(status: int, scopes: tuple[str, ...]) -> Phrase:
    """Explain an answer below 500: the way works, but something does not fit."""
    if status in (401, 403):
        if scopes and GET_TOKEN_SCOPE not in scopes:
            return phrase("check.no-scope", scope=GET_TOKEN_SCOPE)
        return phrase("check.other-environment")
    if status == 404:
        return phrase("check.no-such-path")
    if status == 429:
        return phrase("check.too-many")
    return phrase("check.unexpected")


def not_revoked(scopes: tuple[str, ...]) -> Phrase:
    """Advise about a token that could not be revoked."""
    if REVOKE_TOKEN_SCOPE in scopes:
        return phrase("check.endpoint-trouble")
    return phrase("check.no-revocation", scope=REVOKE_TOKEN_SCOPE)
