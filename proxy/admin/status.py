"""The program's state in words and numbers, for probes, people and the console. Never the token."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from proxy import __version__
from proxy.admin.documents import About, LedgerDocument, PastFetch, StatusDocument, TokenDocument
from proxy.admin.readiness import LedgerState, Readiness, token_state, token_words
from proxy.exchange.shell import Shell
from proxy.telemetry.metrics import counter, gauge, labelled_counter, labelled_gauge
from proxy.token.keeper import CAUSES, OUTCOMES, TokenKeeper
from proxy.upstream import Pool
from proxy.words import Phrase, both

if TYPE_CHECKING:
    from prometheus_client.core import Metric

_REVOCATIONS = ("success", "failure")


class Status:
    """Reads the parts; holds nothing of its own."""

    def __init__(
        self,
        keeper: TokenKeeper,
        pool: Pool,
        shell: Shell,
        about: Callable[[], About],
        unknown: Mapping[str, int],
        ledger: LedgerState | None = None,
    ) -> None:
        self._keeper = keeper
        self._pool = pool
        self._shell = shell
        self._about = about
        self._unknown = unknown
        self._ledger = ledger

    def readiness(self) -> Readiness:
        """Return whether a request now would be sent, with a token, and why."""
        return Readiness.of(self._keeper, self._ledger, self._unknown, draining=self.draining)

    def token_words(self) -> Phrase:
        """Say in one line how the token is."""
        return token_words(self._keeper, draining=self.draining)

    @property
    def draining(self) -> bool:
        """Whether the end has begun."""
        return self._shell.draining

    def document(self) -> StatusDocument:
        """Return everything as one JSON object."""
        ready, reasons = self.readiness()
        return {
            "version": __version__,
            "ready": ready,
            "reasons": [str(each) for each in reasons],
            "draining": self._shell.draining,
            "in_flight": self._shell.in_flight,
            "token": self.token(),
            "pool": self._pool.counts,
            "outcome_unknown": {name: count for name, count in self._unknown.items() if count},
            "ledger": None if self._ledger is None else _ledger_state(self._ledger),
            **self._about(),
        }

    def token(self) -> TokenDocument:
        """Return the keeper's state."""
        keeper = self._keeper
        held = keeper.held
        state: TokenDocument = {
            "state": token_state(keeper),
            "words": str(self.token_words()),
            "next_renewal_in": round(keeper.next_fetch, 3),
            "waiting": keeper.waiting,
            "last_error": None if keeper.error is None else str(keeper.error),
            "failure": None if keeper.error is None else both(keeper.error.detail),
            "renewals": {f"{cause} {end}": n for (end, cause), n in keeper.renewals.items()},
            "unauthorized": keeper.unauthorized.met,
            "replays": keeper.unauthorized.replays,
            "rivals": {
                "named": keeper.unauthorized.rivals.named,
                "evictions": keeper.unauthorized.rivals.evictions,
                "words": str(keeper.unauthorized.rivals.words or ""),
            },
            "history": _past(keeper),
        }
        if held is not None:
            age = keeper.age(held)
            state["token_id"] = held.token.token_id
            state["scopes"] = list(held.token.scopes)
            state["lifetime"] = round(held.token.lifetime, 3)
            state["age"] = round(age, 3)
            state["expires_in"] = round(held.token.lifetime - age, 3)
            usable = held.hard_expiry - held.token.issued_at - age
            state["usable_for"] = round(max(0.0, usable), 3)
            state["cause"] = held.cause
        return state

    def gauges(self) -> Iterable["Metric"]:
        """Give the metrics of keeper, pool and shell for one scrape."""
        keeper = self._keeper
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
        yield labelled_counter(
            "breb_proxy_token_renewals",
            "Token requests by outcome and cause.",
            ("outcome", "cause"),
            # All from the start, at zero: a rate over a series that just appeared is wrong.
            {(end, cause): keeper.renewals[end, cause] for end in OUTCOMES for cause in CAUSES},
        )
        yield labelled_counter(
            "breb_proxy_token_revocations",
            "Revocations by outcome.",
            ("outcome",),
            {(outcome,): keeper.revocations[outcome] for outcome in _REVOCATIONS},
        )
        yield counter("breb_proxy_upstream_401", "401 responses seen.", keeper.unauthorized.met)
        yield counter(
            "breb_proxy_replays", "Requests replayed after a 401.", keeper.unauthorized.replays
        )
        yield counter(
            "breb_proxy_token_evictions",
            "Tokens that somebody else ended soon after they were fetched.",
            keeper.unauthorized.rivals.evictions,
        )
        yield gauge(
            "breb_proxy_token_rivals",
            "1 while others fetch tokens with the same credentials and so end this proxy's.",
            float(keeper.unauthorized.rivals.named),
        )
        yield gauge("breb_proxy_callers_waiting", "Callers waiting for a token.", keeper.waiting)
        yield gauge("breb_proxy_in_flight", "Exchanges under way.", self._shell.in_flight)
        yield labelled_gauge(
            "breb_proxy_pool", "Upstream connections by state.", "state", self._pool.counts
        )
        budget = self._pool.budget
        yield gauge(
            "breb_proxy_memory_held_bytes",
            "Memory that callers make the proxy hold, roughly.",
            budget.held,
        )
        yield gauge(
            "breb_proxy_memory_budget_bytes",
            "How much of it there may be (BREB_MEMORY_BUDGET).",
            budget.most,
        )
        if self._ledger is not None:
            yield gauge(
                "breb_proxy_ledger_writable",
                "1 while the ledger can be written; at 0, requests that may change something are"
                " refused.",
                float(not self._ledger.problem),
            )
            yield gauge(
                "breb_proxy_ledger_in_doubt",
                "Rows of the ledger in doubt that nobody has settled.",
                self._ledger.in_doubt,
            )
            yield gauge(
                "breb_proxy_ledger_log_bytes",
                "Size of the ledger's write-ahead log: it grows while another program reads.",
                self._ledger.log_size,
            )


def _ledger_state(ledger: LedgerState) -> LedgerDocument:
    return {
        "file": str(ledger.path.absolute()),  # commands ask from another folder
        "writable": not ledger.problem,
        "problem": str(ledger.problem),
        "failure": both(ledger.problem),
        "in_doubt": ledger.in_doubt,
    }


def _past(keeper: TokenKeeper) -> list[PastFetch]:
    """Return the last fetches, oldest first."""
    return [
        {
            "ago": round(fetch.at, 3),
            "renewed": fetch.renewed,
            "cause": fetch.cause,
            "words": str(fetch.words),
            "said": both(fetch.words),
        }
        for fetch in keeper.past
    ]
