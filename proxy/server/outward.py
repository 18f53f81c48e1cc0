"""Builds the outgoing side: pools of connections, the egress proxy, the source of tokens."""

from proxy.addresses import Url
from proxy.clock import Clock, sleepless
from proxy.credentials import CredentialsSource
from proxy.memory import Budget
from proxy.server import options
from proxy.settings.model import Settings
from proxy.token.source import PassportTokenSource
from proxy.upstream import Client, Connector, EgressProxy, Pool
from proxy.upstream.connector import ResumingContext, tls_context


def token_source(
    settings: Settings,
    credentials: CredentialsSource,
    clock: Clock | None = None,
    context: ResumingContext | None = None,
    egress: EgressProxy | None = None,
) -> tuple[PassportTokenSource, Pool]:
    """Return the source of tokens, and the pool to close at the end."""
    endpoint = settings.token_endpoint_url
    context = context or client_tls(settings)
    # A pool of its own, even for the same origin: when all connections of the other are busy, most
    # of all with 401s that wait for a new token, a token must still be available.
    egress = egress or egress_proxy(settings, credentials)
    pool = pool_of(settings, endpoint.origin, context, egress)
    source = PassportTokenSource(
        endpoint,
        Client(pool, endpoint.origin),
        credentials,
        clock or sleepless(),
        accept_language=settings.accept_language,
        default_lifetime=settings.token_lifetime,
        from_base_url=settings.token_url is None,
        suspect=credentials.doubts,
    )
    return source, pool


def client_tls(settings: Settings) -> ResumingContext | None:
    """Return the TLS of all that goes out; None if all of it is plain."""
    # Reading the system's authorities takes longer than making all other parts.
    urls = (settings.base_url, settings.token_endpoint_url)
    if all(url.scheme == "http" for url in urls):
        return None
    return tls_context(settings.ca_bundle, settings.client_cert, settings.client_cert_key)


def pool_of(
    settings: Settings,
    origin: Url,
    context: ResumingContext | None,
    egress: EgressProxy | None,
    budget: Budget | None = None,
) -> Pool:
    """Return the connections to one origin."""
    connector = Connector(origin, settings.connect_timeout, context, egress)
    return Pool(connector, options.pool_limits(settings), budget)


def egress_proxy(
    settings: Settings, credentials: CredentialsSource | None = None
) -> EgressProxy | None:
    """Return the way out through a corporate proxy, if there is one.

    It never sees the client certificate, which is for the upstream. When that proxy refuses its
    credentials, they are read again from ``credentials``, if given.
    """
    url = settings.egress_proxy
    if url is None:
        return None
    tls = tls_context(settings.ca_bundle) if url.scheme == "https" else None
    read = (lambda: None) if credentials is None else credentials.egress
    return EgressProxy(url, settings.egress_credentials, tls, read)
