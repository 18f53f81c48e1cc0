"""The composition root: Settings in, ASGI apps and the tasks behind them out."""

import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from proxy.addresses import Url
from proxy.admin.access import Access
from proxy.admin.documents import About
from proxy.admin.probes import Probes
from proxy.admin.status import Status
from proxy.asgi import App
from proxy.clock import Clock, sleepless
from proxy.credentials import CredentialsSource
from proxy.exchange.forwarder import Forwarder
from proxy.exchange.guard import Guard
from proxy.exchange.record import Ended, Forward
from proxy.exchange.shell import Judge, Shell
from proxy.exchange.uploads import Uploads
from proxy.memory import Budget
from proxy.server import options
from proxy.server.process import give_memory_back
from proxy.settings.model import Settings
from proxy.telemetry.access_log import AccessLog
from proxy.telemetry.metrics import Metrics
from proxy.telemetry.state import StateMetrics
from proxy.terminal.screen import coloured
from proxy.token.keeper import TokenKeeper
from proxy.token.source import PassportTokenSource, TokenSource
from proxy.upstream import Client, Connector, EgressProxy, Pool
from proxy.upstream.connector import ResumingContext, tls_context

if TYPE_CHECKING:  # imported only where there is a console, or a ledger
    from proxy.journal.journal import Journal
    from proxy.journal.recorder import Recorder
    from proxy.ledger.ledger import Ledger

log = logging.getLogger("proxy.app")
_PAGES = "proxy.server.pages"


class Closing(Protocol):
    """A pool, or the ledger."""

    async def aclose(self) -> None:
        """Finish what is under way, and let go."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the server runs: two apps, the keeper, and what it closes when all else has ended."""

    shell: Shell
    budget: Budget
    admin: Probes
    keeper: TokenKeeper
    source: PassportTokenSource
    closing: tuple[Closing, ...]
    status: Status
    flush: Callable[[], None]
    journal: "Journal | None"
    ledger: "Ledger | None"


def build(
    settings: Settings,
    credentials: CredentialsSource,
    quit_now: Callable[[], None],
    access: Access,
    *,
    as_json: bool,
) -> Parts:
    """Make all parts and connect them; needs a running event loop.

    ``access`` opens the admin listener.
    """
    context = _client_tls(settings)
    budget = Budget(options.most_held(settings), give_memory_back)
    egress = egress_proxy(settings, credentials)
    pool = _pool(settings, settings.base_url.origin, context, egress, budget)
    clock = sleepless()
    source, token_pool = token_source(settings, credentials, clock, context, egress)
    journal, recorder = _recording(settings)
    watched = _watched(source, journal, settings)
    keeper = TokenKeeper(watched, clock, options.keeper_options(settings))
    uploads = Uploads(settings.max_connections, settings.queue_timeout)
    forwarding = options.forwarder_options(settings)
    books = None
    if settings.ledger is not None:
        # Imported only here: without a ledger SQLite stays out of memory.
        from proxy.server.books import Books

        books = Books(settings)
    ledger, gate = (None, None) if books is None else (books.ledger, books.bookkeeper.admit)
    forwarder = Forwarder(pool, uploads, keeper, forwarding, budget, gate)
    judge, forward = _token_endpoint(settings, keeper, forwarder.forward)
    metrics = Metrics()
    ended: list[Ended] = [metrics.observe]
    if ledger is not None:
        metrics.found_unknown(ledger.recovered)
    terminal = sys.stderr.isatty()
    colour = coloured(sys.stderr)
    access_log = AccessLog(as_json=as_json, descriptor=2, colour=colour, terminal=terminal)
    if settings.access_log and settings.log_level in ("debug", "info"):  # its lines are info
        ended.append(access_log.observe)
    if recorder is not None:
        ended.append(recorder.end)
    shell = Shell(judge, forward, ended, None if recorder is None else recorder.begin)
    status = Status(keeper, pool, shell, lambda: _about(settings, source), metrics.unknown, ledger)
    metrics.add_collector(StateMetrics(keeper, pool, shell, ledger))

    def pages() -> App:
        from proxy.server.pages import Pages

        return Pages(
            settings=settings,
            access=access,
            quit_now=quit_now,
            shell=shell,
            keeper=keeper,
            source=source,
            status=status,
            journal=journal,
            recorder=recorder,
            books=books,
        ).app()

    admin = Probes(status, metrics, access.secret, pages, _PAGES)
    closing = (pool, token_pool) if ledger is None else (pool, token_pool, ledger)
    flush = access_log.flush
    return Parts(shell, budget, admin, keeper, source, closing, status, flush, journal, ledger)


def _token_endpoint(
    settings: Settings, keeper: TokenKeeper, forward: Forward
) -> tuple[Judge, Forward]:
    """Return what judges requests and what answers them, as BREB_TOKEN_ENDPOINT has it."""
    guarding, wanted = options.guard_options(settings), settings.token_endpoint
    guard = Guard(guarding)
    if wanted == "forward":
        return guard.judge, forward
    # Imported only here: an ordinary start is none the slower for it.
    from proxy.exchange.local_tokens import LocalTokens, Refusing
    from proxy.exchange.token_paths import TokenPaths

    paths = TokenPaths(options.token_paths(settings))
    if wanted == "refuse":
        return Refusing(guard, paths).judge, forward
    door = Guard(replace(guarding, keys=(), allow=(), deny=()))
    local = LocalTokens(guard, door, forward, keeper, guarding.keys, paths)
    return local.judge, local.forward


def token_source(
    settings: Settings,
    credentials: CredentialsSource,
    clock: Clock | None = None,
    context: ResumingContext | None = None,
    egress: EgressProxy | None = None,
) -> tuple[PassportTokenSource, Pool]:
    """Return where tokens come from, and the pool to close at the end."""
    endpoint = settings.token_endpoint_url
    context = context or _client_tls(settings)
    # Its own, even at the same origin: when all connections of the other are busy, most of all with
    # 401s that wait for a new token, the token must still be had.
    pool = _pool(settings, endpoint.origin, context, egress or egress_proxy(settings, credentials))
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


def _client_tls(settings: Settings) -> ResumingContext | None:
    # To read the system's authorities takes longer than to make all other parts.
    urls = (settings.base_url, settings.token_endpoint_url)
    if all(url.scheme == "http" for url in urls):
        return None
    return tls_context(settings.ca_bundle, settings.client_cert, settings.client_cert_key)


def _pool(
    settings: Settings,
    origin: Url,
    context: ResumingContext | None,
    egress: EgressProxy | None,
    budget: Budget | None = None,
) -> Pool:
    connector = Connector(origin, settings.connect_timeout, context, egress)
    return Pool(connector, options.pool_limits(settings), budget)


def egress_proxy(
    settings: Settings, credentials: CredentialsSource | None = None
) -> EgressProxy | None:
    """Return the way out through a corporate proxy, if there is one.

    It is not shown the client certificate, which is for the upstream. When it does not take its
    own credentials, they are read again from ``credentials``, if given.
    """
    url = settings.egress_proxy
    if url is None:
        return None
    tls = tls_context(settings.ca_bundle) if url.scheme == "https" else None
    read = (lambda: None) if credentials is None else credentials.egress
    return EgressProxy(url, settings.egress_credentials, tls, read)


def _recording(settings: Settings) -> "tuple[Journal | None, Recorder | None]":
    if not settings.console:
        return None, None
    # Imported only here: an ordinary start is none the slower for it.
    from proxy.journal.journal import Journal
    from proxy.journal.recorder import Recorder

    tls = settings.base_url.scheme == "https"
    journal = Journal(settings.redact, tls=tls, entries=settings.console_exchanges)
    return journal, Recorder(journal.keep)


def _watched(source: TokenSource, journal: "Journal | None", settings: Settings) -> TokenSource:
    if journal is None:
        return source
    from proxy.journal.beside import WatchedSource

    return WatchedSource(source, journal, settings.token_endpoint_url.path)


def _about(settings: Settings, source: PassportTokenSource) -> About:
    return {
        "upstream": str(settings.base_url),
        "environment": settings.environment,
        "token_endpoint": str(settings.token_endpoint_url),
        "listen": str(settings.listen),
        "clock_skew": None if source.skew is None else round(source.skew, 1),
        "pid": os.getpid(),
    }
