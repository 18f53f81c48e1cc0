"""The composition root: Settings in, ASGI apps and the tasks behind them out."""

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from proxy.admin.access import Access
from proxy.admin.probes import Probes
from proxy.admin.status import Status
from proxy.asgi import App
from proxy.clock import Clock, sleepless
from proxy.credentials import CredentialsSource
from proxy.exchange.final_state import FinalState
from proxy.exchange.forwarder import Forwarder
from proxy.exchange.guard import Guard
from proxy.exchange.own_request import Ask
from proxy.exchange.record import Begun, Ended, Exchange, Forward
from proxy.exchange.shell import Judge, Shell
from proxy.exchange.uploads import Uploads
from proxy.http1.request import Request
from proxy.memory import Budget
from proxy.server import options
from proxy.server.outward import client_tls, egress_proxy, pool_of, token_source
from proxy.server.parts import Closing, Parts
from proxy.server.process import give_memory_back
from proxy.settings.model import Settings
from proxy.telemetry.access_log import AccessLog
from proxy.telemetry.gathered import Gathered, Told
from proxy.telemetry.metrics import Metrics
from proxy.telemetry.state import StateMetrics
from proxy.terminal.screen import coloured, is_terminal
from proxy.token.keeper import TokenKeeper
from proxy.token.source import PassportTokenSource, TokenSource
from proxy.upstream import Pool

if TYPE_CHECKING:  # imported only where there is a console, or a ledger
    from proxy.admin.documents import About
    from proxy.journal.journal import Journal
    from proxy.journal.recorder import Recorder
    from proxy.ledger.ledger import Ledger
    from proxy.server.books import Books
    from proxy.server.tracing import Traces
    from proxy.settings.tracing import TracingOptions
    from proxy.token.share import Share
    from proxy.token.shared import SharedSource
    from proxy.token.watched import FetchEnded

_PAGES = "proxy.server.pages"


def build(
    settings: Settings,
    credentials: CredentialsSource,
    quit_now: Callable[[], None],
    access: Access,
    *,
    as_json: bool,
    alone: bool = True,
    tracing: "TracingOptions | None" = None,
) -> Parts:
    """Make all parts and connect them; needs a running event loop.

    ``access`` opens the admin listener. ``alone``: it may fetch a token of its own while the
    database with that of all replicas is out of reach.
    """
    out = _outward(settings, credentials, tracing)
    journal, recorder = _recording(settings)
    keeper, shared, share = _keeping(settings, credentials, out, journal, alone=alone)
    books, ledger = _books(settings, credentials)
    metrics, gathered = _counting(settings, as_json=as_json)
    ended = [gathered.take, *_end_of(recorder)]
    judge, forward, final_state = _way(settings, out, keeper, books)
    shell = Shell(judge, forward, ended, _begun(recorder, out.traces))
    final_state.ask = ask = Shell(judge, forward, [metrics.observe]).ask  # in no log, no caller's
    _ask_by_itself(books, ask, metrics, out.source, keeper)
    metrics.add_collector(StateMetrics(keeper, out.pool, shell, ledger, share, out.traces))
    status = _status(settings, out, keeper, shell, metrics, ledger, share)
    pages = partial(_pages, settings, access, quit_now, lambda: parts)
    parts: Parts = Parts(
        shell=shell,
        final_state=final_state,
        budget=out.budget,
        admin=Probes(status, metrics, access.secret, pages, _PAGES),
        keeper=keeper,
        source=out.source,
        closing=_given(out.traces, shared, out.pool, out.token_pool, ledger),
        status=status,
        flush=gathered.tell,
        journal=journal,
        recorder=recorder,
        books=books,
        shared=shared,
        traces=out.traces,
    )
    return parts


def _given(*parts: Closing | None) -> tuple[Closing, ...]:
    return tuple(part for part in parts if part is not None)


class _Outward(NamedTuple):
    """The outgoing side: the connections for requests and for tokens, the token source, traces."""

    clock: Clock
    budget: Budget
    pool: Pool
    source: PassportTokenSource
    token_pool: Pool
    traces: "Traces | None"


def _outward(
    settings: Settings, credentials: CredentialsSource, tracing: "TracingOptions | None"
) -> _Outward:
    context, clock = client_tls(settings), sleepless()
    budget = Budget(options.most_held(settings), give_memory_back)
    egress = egress_proxy(settings, credentials)
    pool = pool_of(settings, settings.base_url.origin, context, egress, budget)
    source, token_pool = token_source(settings, credentials, clock, context, egress)
    return _Outward(clock, budget, pool, source, token_pool, _traces(tracing, settings))


def _way(
    settings: Settings, out: _Outward, keeper: TokenKeeper, books: "Books | None"
) -> tuple[Judge, Forward, FinalState]:
    """Return the guard, the way behind it, and the step on it that waits for final states.

    The ledger is the forwarder's gate.
    """
    uploads = Uploads(settings.max_connections, settings.queue_timeout)
    forwarding = options.forwarder_options(settings)
    gate = None if books is None else books.bookkeeper.admit
    forwarder = Forwarder(out.pool, uploads, keeper, forwarding, out.budget, gate)
    forward = forwarder.forward if books is None else books.watched(forwarder.forward)
    final = FinalState(forward, settings.wait_for_final, settings.max_connections)
    return *_token_endpoint(settings, keeper, final.forward), final


def _ask_by_itself(
    books: "Books | None",
    ask: Ask,
    metrics: Metrics,
    source: PassportTokenSource,
    keeper: TokenKeeper,
) -> None:
    """Count what was left open in the ledger, and have it asked about."""
    if books is not None:
        metrics.found_unknown(books.ledger.recovered)
        books.ask_by_itself(ask, source, keeper)


def _status(
    settings: Settings,
    out: _Outward,
    keeper: TokenKeeper,
    shell: Shell,
    metrics: Metrics,
    ledger: "Ledger | None",
    share: "Share | None",
) -> Status:
    about = partial(_about, settings, out.source)
    return Status(keeper, out.pool, shell, about, metrics.in_doubt, ledger, share)


def _pages(
    settings: Settings, access: Access, quit_now: Callable[[], None], parts: Callable[[], Parts]
) -> App:
    from proxy.server.pages import Pages  # imported with the first request for them

    return Pages(settings, access, quit_now, parts()).app()


def _books(
    settings: Settings, credentials: CredentialsSource
) -> "tuple[Books, Ledger] | tuple[None, None]":
    if settings.ledger is None:
        return None, None
    # Imported only here: without a ledger SQLite stays out of memory, and without a database its
    # client does.
    from proxy.server.books import Books

    if isinstance(settings.ledger, Path):
        books = Books(settings, settings.ledger)
    else:
        from proxy.server.database import database

        books = Books(settings, database(settings, credentials))
    return books, books.ledger


def _lines(settings: Settings, *, as_json: bool) -> list[Told]:
    """Return what writes a line for each exchange, if level info is logged."""
    if not (settings.access_log and settings.log_level in ("debug", "info")):
        return []
    terminal, colour = is_terminal(sys.stderr), coloured(sys.stderr)
    return [AccessLog(as_json=as_json, descriptor=2, colour=colour, terminal=terminal).write]


def _counting(settings: Settings, *, as_json: bool) -> tuple[Metrics, Gathered]:
    metrics = Metrics()
    gathered = Gathered(metrics.count, *_lines(settings, as_json=as_json))
    metrics.catch_up = gathered.tell
    return metrics, gathered


def _end_of(recorder: "Recorder | None") -> list[Ended]:
    return [] if recorder is None else [recorder.end]


def _token_endpoint(
    settings: Settings, keeper: TokenKeeper, forward: Forward
) -> tuple[Judge, Forward]:
    """Return the guard and the step that answers requests, as BREB_TOKEN_ENDPOINT wants."""
    guarding, wanted = options.guard_options(settings), settings.token_endpoint
    guard = Guard(guarding)
    if wanted == "forward":
        return guard.judge, forward
    # Imported only here, so that it does not slow an ordinary start.
    from proxy.exchange.local_tokens import LocalTokens, Refusing
    from proxy.exchange.token_paths import TokenPaths

    paths = TokenPaths(options.token_paths(settings))
    if wanted == "refuse":
        return Refusing(guard, paths).judge, forward
    door = Guard(guarding._replace(keys=(), allow=(), deny=()))
    local = LocalTokens(guard, door, forward, keeper, guarding.keys, paths)
    return local.judge, local.forward


def _recording(settings: Settings) -> "tuple[Journal | None, Recorder | None]":
    if not settings.console:
        return None, None
    # Imported only here, so that it does not slow an ordinary start.
    from proxy.journal.journal import Journal
    from proxy.journal.recorder import Recorder

    tls = settings.base_url.scheme == "https"
    journal = Journal(settings.redact, tls=tls, entries=settings.console_exchanges)
    return journal, Recorder(journal.keep)


def _traces(options: "TracingOptions | None", settings: Settings) -> "Traces | None":
    if options is None:
        return None
    # Imported only here, so that it does not slow an ordinary start.
    from proxy.server.tracing import traces

    return traces(options, settings)


def _begun(recorder: "Recorder | None", traces: "Traces | None") -> Begun | None:
    """Return what is called with each exchange that begins; None if nobody wants to know."""
    begins: list[Begun] = [] if traces is None else [traces.tracer.begin]
    if recorder is not None:
        begins.append(recorder.begin)
    if len(begins) < 2:
        return begins[0] if begins else None

    def begun(exchange: Exchange, request: Request) -> None:
        for begin in begins:
            begin(exchange, request)

    return begun


def _watched(out: _Outward, journal: "Journal | None", settings: Settings) -> TokenSource:
    """Return the source of tokens; it tells of its fetches if anybody wants to know."""
    told: list[FetchEnded] = [] if out.traces is None else [out.traces.fetches.add]
    if journal is not None:
        from proxy.journal.beside import TokenEntries

        told.append(TokenEntries(journal, settings.token_endpoint_url.path).add)
    if not told:
        return out.source
    from proxy.token.watched import WatchedSource

    return WatchedSource(out.source, told)


def _keeping(
    settings: Settings,
    credentials: CredentialsSource,
    out: _Outward,
    journal: "Journal | None",
    *,
    alone: bool,
) -> "tuple[TokenKeeper, SharedSource | None, Share | None]":
    """Return the keeper, and what shares its token with other replicas, if that is wanted."""
    watched = _watched(out, journal, settings)
    shared = _shared(watched, settings, credentials, out.clock, alone=alone)
    keeper = TokenKeeper(shared or watched, out.clock, options.keeper_options(settings))
    return keeper, shared, None if shared is None else shared.share


def _shared(
    source: TokenSource,
    settings: Settings,
    credentials: CredentialsSource,
    clock: Clock,
    *,
    alone: bool,
) -> "SharedSource | None":
    if not settings.token_shared:
        return None
    # Imported only here: it brings the database's client, and a cipher.
    from proxy.server.sharing import shared_source

    return shared_source(settings, source, credentials, clock, alone=alone)


def _about(settings: Settings, source: PassportTokenSource) -> "About":
    return {
        "upstream": str(settings.base_url),
        "environment": settings.environment,
        "token_endpoint": str(settings.token_endpoint_url),
        "listen": str(settings.listen),
        "clock_skew": None if source.skew is None else round(source.skew, 1),
        "pid": os.getpid(),
    }
