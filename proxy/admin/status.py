"""The proxy's state in words and numbers, for probes, people and the console. Never the token."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from proxy import __version__
from proxy.admin.readiness import Readiness, asker_words, token_state, token_words
from proxy.exchange.shell import Shell
from proxy.token.keeper import LeasedToken, TokenKeeper
from proxy.upstream import Pool
from proxy.words import Phrase, both

if TYPE_CHECKING:
    from proxy.admin.documents import (
        About,
        LedgerDocument,
        PastFetch,
        ShareDocument,
        StatusDocument,
        TokenDocument,
    )
    from proxy.ledger.ledger import Ledger
    from proxy.token.share import Share


class Status:
    """Reads the parts; holds nothing of its own."""

    def __init__(
        self,
        keeper: TokenKeeper,
        pool: Pool,
        shell: Shell,
        about: "Callable[[], About]",
        unknown: Callable[[], Mapping[str, int]],
        ledger: "Ledger | None" = None,
        share: "Share | None" = None,
    ) -> None:
        self._keeper = keeper
        self._pool = pool
        self._shell = shell
        self._about = about
        self._unknown = unknown
        self._ledger = ledger
        self._share = share

    def readiness(self) -> Readiness:
        """Return whether a request would be sent now, with a token, and the reasons."""
        keeper, ledger, share = self._keeper, self._ledger, self._share
        return Readiness.of(keeper, ledger, self._unknown(), share, draining=self.draining)

    def token_words(self) -> Phrase:
        """Word the token's state in one line."""
        return token_words(self._keeper, draining=self.draining)

    @property
    def draining(self) -> bool:
        """Whether the drain has begun."""
        return self._shell.draining

    def document(self) -> "StatusDocument":
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
            "outcome_unknown": {name: count for name, count in self._unknown().items() if count},
            "ledger": None if self._ledger is None else _ledger_state(self._ledger),
            **self._about(),
        }

    def token(self) -> "TokenDocument":
        """Return the keeper's state."""
        keeper = self._keeper
        held, words = keeper.held, self.token_words()
        others = keeper.unauthorized.rivals
        state: TokenDocument = {
            "state": token_state(keeper),
            "words": str(words),
            "said": both(words),
            "next_renewal_in": round(keeper.next_fetch, 3),
            "waiting": keeper.waiting,
            "last_error": None if keeper.error is None else str(keeper.error),
            "failure": None if keeper.error is None else both(keeper.error.detail),
            "renewals": {f"{cause} {end}": n for (end, cause), n in keeper.renewals.items()},
            "unauthorized": keeper.unauthorized.met,
            "replays": keeper.unauthorized.replays,
            "rivals": {
                "named": others.named,
                "evictions": others.evictions,
                "words": str(others.words or ""),
                "said": both(others.words or ""),
            },
            "shared": None if self._share is None else _share_state(self._share),
            "history": _past(keeper),
        }
        if held is not None:
            _add_held(state, held, keeper.age(held))
        return state


def _add_held(state: "TokenDocument", held: LeasedToken, age: float) -> None:
    state["token_id"] = held.token.token_id
    state["scopes"] = list(held.token.scopes)
    state["lifetime"] = round(held.token.lifetime, 3)
    state["age"] = round(age, 3)
    state["expires_in"] = round(held.token.lifetime - age, 3)
    usable = held.hard_expiry - held.token.issued_at - age
    state["usable_for"] = round(max(0.0, usable), 3)
    state["cause"] = held.cause


def _share_state(share: "Share") -> "ShareDocument":
    return {
        "joined": share.problem is None,
        "problem": str(share.problem or ""),
        "fetched": share.fetched,
        "taken": share.taken,
        "alone": share.alone,
    }


def _place(ledger: "Ledger") -> str:
    where = ledger.where
    return str(where.absolute() if isinstance(where, Path) else where)  # commands run elsewhere


def _ledger_state(ledger: "Ledger") -> "LedgerDocument":
    asker, words = ledger.asker, asker_words(ledger.asker)
    return {
        "file": _place(ledger),
        "writable": not ledger.problem,
        "problem": str(ledger.problem),
        "failure": both(ledger.problem),
        "in_doubt": ledger.in_doubt,
        "long_in_doubt": ledger.long_in_doubt,
        "asker": {
            "asks": asker is not None and asker.asks,
            "words": str(words),
            "said": both(words),
        },
    }


def _past(keeper: TokenKeeper) -> "list[PastFetch]":
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
