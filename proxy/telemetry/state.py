"""Metrics of how the parts are at the moment of a scrape: token, connections, memory, ledger."""

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from proxy.exchange.shell import Shell
from proxy.telemetry.metrics import counter, gauge, labelled_counter, labelled_gauge
from proxy.token.keeper import CAUSES, OUTCOMES, TokenKeeper
from proxy.upstream import Pool
from proxy.words import Said

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from proxy.token.share import Share  # which brings the client of the database

_REVOCATIONS = ("success", "failure")
_RESULTS = ("found", "not-found", "not-answered")
_REPEATS = (
    "replayed",
    "found",
    "repeat-under-way",
    "repeat-in-doubt",
    "repeat-known",
    "key-reused",
    "like-in-doubt",
)
_SPANS = ("sent", "rejected", "not-delivered", "queue-full")
_VERDICTS = ("settled", "rejected", "made", "repeat")


class MeasuredAsker(Protocol):
    """The numbers of the asker, which asks the API about rows in doubt."""

    @property
    def asks(self) -> bool:
        """Whether the API lets itself be asked, as far as is known."""

    @property
    def results(self) -> Mapping[str, int]:
        """Its look-ups, by kind."""

    @property
    def settled(self) -> Mapping[str, int]:
        """Its verdicts, by kind."""


class MeasuredLedger(Protocol):
    """The ledger's numbers for a scrape."""

    @property
    def problem(self) -> Said:
        """The reason why it cannot be written; empty while it can."""

    @property
    def in_doubt(self) -> int:
        """Rows in doubt that nobody has settled."""

    @property
    def long_in_doubt(self) -> int:
        """Those of them that have been in doubt for a quarter of an hour."""

    @property
    def asker(self) -> MeasuredAsker | None:
        """The asker, which asks the API about them; None if there is none."""

    @property
    def log_size(self) -> int:
        """Bytes of its write-ahead log."""

    @property
    def repeats(self) -> Mapping[str, int]:
        """Repeats of a key's request that were not sent, by their answers."""


class MeasuredTraces(Protocol):
    """The numbers of spans."""

    @property
    def results(self) -> Mapping[str, int]:
        """Spans, by what became of them."""


class StateMetrics:
    """Reads the parts; holds nothing of its own."""

    def __init__(
        self,
        keeper: TokenKeeper,
        pool: Pool,
        shell: Shell,
        ledger: MeasuredLedger | None,
        share: "Share | None" = None,
        traces: MeasuredTraces | None = None,
    ) -> None:
        self._keeper = keeper
        self._pool = pool
        self._shell = shell
        self._ledger = ledger
        self._share = share
        self._traces = traces

    def __call__(self) -> Iterable["Metric"]:
        """Give all families for one scrape."""
        yield from _of_token(self._keeper)
        yield from _of_renewals(self._keeper)
        yield from _of_unauthorized(self._keeper)
        if self._share is not None:
            yield from _of_share(self._share)
        yield gauge(
            "breb_proxy_callers_waiting", "Callers waiting for a token.", self._keeper.waiting
        )
        yield gauge("breb_proxy_in_flight", "Exchanges under way.", self._shell.in_flight)
        yield from _of_pool(self._pool)
        if self._ledger is not None:
            yield from _of_ledger(self._ledger)
            yield from _of_asker(self._ledger.asker)
            yield _of_repeats(self._ledger.repeats)
        if self._traces is not None:
            yield _of_spans(self._traces.results)


def _of_token(keeper: TokenKeeper) -> Iterable["Metric"]:
    held = keeper.held
    left = 0.0 if held is None else held.token.lifetime - keeper.age(held)
    yield gauge(
        "breb_proxy_token_expiry_timestamp_seconds",
        "When the current token expires (Unix time); 0 without a token.",
        0 if held is None else time.time() + left,
    )
    yield gauge(
        "breb_proxy_token_usable", "1 while a token may be sent.", float(bool(keeper.usable()))
    )
    yield gauge(
        "breb_proxy_token_last_success_age_seconds",
        "Seconds since the last successful renewal; -1 before the first.",
        keeper.since_renewal,
    )


def _of_renewals(keeper: TokenKeeper) -> Iterable["Metric"]:
    yield labelled_counter(
        "breb_proxy_token_renewals",
        "Token requests by outcome and cause.",
        ("outcome", "cause"),
        # Every series begins at zero: the rate over one that has just appeared is wrong.
        {(end, cause): keeper.renewals[end, cause] for end in OUTCOMES for cause in CAUSES},
    )
    yield labelled_counter(
        "breb_proxy_token_revocations",
        "Revocations by outcome.",
        ("outcome",),
        {(outcome,): keeper.revocations[outcome] for outcome in _REVOCATIONS},
    )


def _of_unauthorized(keeper: TokenKeeper) -> Iterable["Metric"]:
    policy = keeper.unauthorized
    yield counter("breb_proxy_upstream_401", "401 responses seen.", policy.met)
    yield counter("breb_proxy_replays", "Requests replayed after a 401.", policy.replays)
    yield counter(
        "breb_proxy_token_evictions",
        "Tokens that somebody else ended soon after they were fetched.",
        policy.rivals.evictions,
    )
    yield gauge(
        "breb_proxy_token_rivals",
        "1 while others fetch tokens with the same credentials and so end this proxy's.",
        float(policy.rivals.named),
    )


def _of_share(share: "Share") -> Iterable["Metric"]:
    yield gauge(
        "breb_proxy_token_shared",
        "1 while the token is shared with other replicas; 0 while the database cannot be used.",
        float(share.problem is None),
    )
    ways = {"fetched": share.fetched, "taken": share.taken, "alone": share.alone}
    yield labelled_counter(
        "breb_proxy_token_sources",
        "Tokens by where they came from: fetched for all replicas, taken from another one, or"
        " fetched for this replica alone.",
        ("way",),
        {(way,): count for way, count in ways.items()},
    )


def _of_pool(pool: Pool) -> Iterable["Metric"]:
    yield labelled_gauge("breb_proxy_pool", "Upstream connections by state.", "state", pool.counts)
    yield gauge(
        "breb_proxy_memory_held_bytes",
        "Memory that callers make the proxy hold, roughly.",
        pool.budget.held,
    )
    yield gauge(
        "breb_proxy_memory_budget_bytes",
        "How much of it there may be (BREB_MEMORY_BUDGET).",
        pool.budget.most,
    )


def _of_ledger(ledger: MeasuredLedger) -> Iterable["Metric"]:
    yield gauge(
        "breb_proxy_ledger_writable",
        "1 while the ledger can be written; at 0, requests that may change something are refused.",
        float(not ledger.problem),
    )
    yield gauge(
        "breb_proxy_ledger_in_doubt",
        "Rows of the ledger in doubt that nobody has settled.",
        ledger.in_doubt,
    )
    yield gauge(
        "breb_proxy_ledger_long_in_doubt",
        "Those of them that have been in doubt for a quarter of an hour.",
        ledger.long_in_doubt,
    )
    yield gauge(
        "breb_proxy_ledger_log_bytes",
        "Size of the ledger's write-ahead log: it grows while another program reads.",
        ledger.log_size,
    )


def _of_repeats(repeats: Mapping[str, int]) -> "Metric":
    return labelled_counter(
        "breb_proxy_repeats",
        "Requests with the Idempotency-Key of an earlier one that were not sent, by their answers.",
        ("answer",),
        {(each,): repeats.get(each, 0) for each in _REPEATS},
    )


def _of_spans(results: Mapping[str, int]) -> "Metric":
    return labelled_counter(
        "breb_proxy_spans",
        "Spans of traces, by what became of them.",
        ("result",),
        {(each,): results.get(each, 0) for each in _SPANS},
    )


def _of_asker(asker: MeasuredAsker | None) -> Iterable["Metric"]:
    yield gauge(
        "breb_proxy_ledger_asks",
        "1 while the proxy asks the API by itself about rows in doubt; 0 if that is off, or the API"
        " refuses it.",
        float(asker is not None and asker.asks),
    )
    if asker is None:
        return
    yield labelled_counter(
        "breb_proxy_ledger_look_ups",
        "Look-ups that the proxy did by itself, by what they came to.",
        ("result",),
        {(each,): asker.results.get(each, 0) for each in _RESULTS},
    )
    yield labelled_counter(
        "breb_proxy_ledger_settled",
        "Rows in doubt that the proxy settled by itself, by verdict.",
        ("verdict",),
        {(each,): asker.settled.get(each, 0) for each in _VERDICTS},
    )
