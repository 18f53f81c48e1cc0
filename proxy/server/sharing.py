"""Builds what shares the token with other replicas; imported only where that is wanted."""

import secrets

from proxy.clock import Clock
from proxy.credentials import CredentialsSource
from proxy.postgres.line import Line
from proxy.server.database import database
from proxy.settings.model import Settings
from proxy.token.share import Share
from proxy.token.shared import SharedSource
from proxy.token.shelf import CHANNEL, SCHEMA
from proxy.token.source import TokenSource


def bound(settings: Settings) -> tuple[str, ...]:
    """Return what two replicas must agree on, besides the credentials, to share a token."""
    return (str(settings.base_url), str(settings.token_endpoint_url), settings.environment)


def shared_source(
    settings: Settings,
    source: TokenSource,
    credentials: CredentialsSource,
    clock: Clock,
    *,
    alone: bool = True,
) -> SharedSource:
    """Return a source that asks the other replicas before ``source``.

    ``alone``: it may fetch a token for itself while the others are out of reach.
    """
    line = Line(database(settings, credentials), SCHEMA, CHANNEL)
    share = Share(line, bound(settings), secrets.token_hex(8), clock, settings.token_timeout)
    return SharedSource(
        source,
        share,
        line,
        credentials,
        clock,
        max_age=settings.token_max_age,
        revoke=settings.revoke_tokens,
        alone=alone,
    )
