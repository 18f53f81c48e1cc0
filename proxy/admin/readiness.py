"""The judgement whether a request would be sent now, with the reasons as phrases."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from proxy.token.keeper import TokenKeeper
from proxy.words import Phrase, phrase
from proxy.words.durations import Span
from proxy.words.languages import DEFAULT, Language

if TYPE_CHECKING:  # imported only where there is a ledger
    from proxy.ledger.asker import Asker
    from proxy.ledger.ledger import Ledger
    from proxy.token.share import Share


class Reason(NamedTuple):
    """``mark``: ``+`` is good, ``-`` holds requests back, ``!`` is everything else."""

    mark: str
    said: Phrase

    def __str__(self) -> str:
        return self.line(DEFAULT)

    def line(self, language: Language) -> str:
        """Return the reason in words, behind its mark."""
        return f"[{self.mark}] {self.said.said(language)}"


class Readiness(NamedTuple):
    """With a ledger that cannot be written, a request that may change something is not sent."""

    ready: bool
    reasons: list[Reason]

    @classmethod
    def of(
        cls,
        keeper: TokenKeeper,
        ledger: "Ledger | None",
        unknown: Mapping[str, int],
        share: "Share | None" = None,
        *,
        draining: bool,
    ) -> "Readiness":
        """Judge; ``unknown`` counts by method the requests whose outcome nobody knows."""
        usable, words = keeper.usable() is not None, token_words(keeper, draining=draining)
        writable = ledger is None or not ledger.problem
        reasons = [
            Reason("+" if usable else "-", phrase("ready.token", words=words)),
            *([] if share is None else [_of_share(share)]),
            *_worth_a_look(keeper, unknown),
            *([] if ledger is None else [_of_ledger(ledger)]),
            _of_phase(draining=draining),
        ]
        return cls(usable and writable and not draining, reasons)


def _of_phase(*, draining: bool) -> Reason:
    return Reason("-", phrase("ready.draining")) if draining else Reason("+", phrase("ready.open"))


def _of_share(share: "Share") -> Reason:
    if share.problem is None:
        return Reason("+", phrase("ready.shared"))
    return Reason("!", phrase("ready.not-shared", why=share.problem))


def _worth_a_look(keeper: TokenKeeper, unknown: Mapping[str, int]) -> Iterator[Reason]:
    if keeper.error is not None:
        yield Reason("!", phrase("ready.failure", why=keeper.error.detail))
    if rivals := keeper.unauthorized.rivals.words:
        yield Reason("!", phrase("ready.rivals", words=rivals))
    if counts := ", ".join(f"{count} {method}" for method, count in unknown.items() if count):
        yield Reason("!", phrase("ready.unknown", counts=counts))


def _of_ledger(ledger: "Ledger") -> Reason:
    if ledger.problem:
        return Reason("-", phrase("ready.ledger-unwritable", why=ledger.problem))
    if not ledger.in_doubt:
        return Reason("+", phrase("ready.ledger"))
    asker = asker_words(ledger.asker)
    if ledger.in_doubt == 1:
        return Reason("!", phrase("ready.ledger-row", asker=asker))
    return Reason("!", phrase("ready.ledger-rows", count=ledger.in_doubt, asker=asker))


def asker_words(asker: "Asker | None") -> Phrase:
    """Say whether the API is asked about rows in doubt, and if not, why."""
    return phrase("asker.off") if asker is None else asker.words


def token_state(keeper: TokenKeeper) -> str:
    """Return one word for the token's state."""
    if keeper.usable() is None:
        return "none" if keeper.held is None else "expired"
    return "renewing" if keeper.fetching else "fresh" if keeper.error is None else "failing"


def token_words(keeper: TokenKeeper, *, draining: bool) -> Phrase:
    """Word the token's state in one line."""
    held, later = keeper.held, Span(keeper.next_fetch)
    if held is not None:
        left = held.hard_expiry - held.token.issued_at - keeper.age(held)
        if left > 0:
            return phrase("token.usable", span=Span(left), renewal=later)
        now = phrase("token.expired")
    elif keeper.renewed_at is None:
        now = phrase("token.none-yet")
    elif draining:
        return phrase("token.given-up")
    else:
        now = phrase("token.revoked")
    if keeper.fetching:
        return phrase("token.under-way", now=now)
    return phrase("token.next-try", now=now, span=later)
