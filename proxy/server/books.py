"""Builds the ledger's parts; imported only with a ledger."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from proxy.exchange.own_request import Ask
from proxy.exchange.record import Forward
from proxy.journal.redaction import Redaction
from proxy.ledger.archive import Where
from proxy.ledger.bookkeeper import Bookkeeper
from proxy.ledger.claims import Claims
from proxy.ledger.doubts import DoubtfulRows
from proxy.ledger.ledger import Ledger
from proxy.ledger.likeness import Likenesses
from proxy.ledger.payment import Picker
from proxy.ledger.repeat_guard import RepeatGuard
from proxy.ledger.resolution_watch import ResolutionWatch
from proxy.ledger.retention import Retention
from proxy.server.options import token_paths
from proxy.settings.model import Settings
from proxy.token.keeper import TokenKeeper
from proxy.token.source import PassportTokenSource

if TYPE_CHECKING:
    from starlette.routing import Route  # imported with the first request for the admin's pages

    from proxy.ledger.look_up import LookUp

Skew = Callable[[], float | None]
_PREFIXES = ("/ledger", "/console/api/ledger")


class Books:
    """The ledger, and the bookkeeper, which opens its rows and is the forwarder's gate."""

    def __init__(self, settings: Settings, where: Where) -> None:
        """Open the ledger that the settings name; raise LedgerRefused if it cannot be used."""
        self._caller = settings.caller_key[0].caller if settings.caller_key else ""
        self._asks = settings.ledger_ask
        self._redaction = redaction = Redaction(settings.redact)
        days, hours = settings.ledger_days, settings.idempotency_hours
        retention = Retention(days, settings.ledger_mib << 20, hours=hours)
        self.ledger = Ledger(where, retention)
        picker = Picker(settings.ledger_fields, redaction.value, self.ledger.mark)
        self._claims = Claims(self.ledger) if settings.idempotency else None
        self._likenesses = Likenesses(self.ledger.mark)
        self._guard: RepeatGuard | None = None
        if settings.repeats != "pass":
            row, refuses = DoubtfulRows(where).row, settings.repeats == "refuse"
            self._guard = RepeatGuard(self._likenesses, row, refuses=refuses)
        self.bookkeeper = Bookkeeper(
            self.ledger,
            picker,
            self._claims,
            guard=self._guard,
            keeps=settings.idempotency_hours > 0,
            unkeyed=token_paths(settings),
        )

    def watched(self, forward: Forward) -> Forward:
        """Return a step that sees resolutions before ``forward``, if that is wanted."""
        if self._guard is None:
            return forward
        return ResolutionWatch(forward, self._likenesses).forward

    def routes(self, ask: Ask, skew: Skew) -> "list[Route]":
        """Return the admin listener's routes; ``ask`` is the way of callers' requests.

        ``skew`` returns the seconds by which the API's clock is ahead, None if unknown.
        """
        from proxy.admin.ledger import LedgerApi

        api = LedgerApi(self.ledger, self._look_up(ask, skew))
        return [route for prefix in _PREFIXES for route in api.routes(prefix)]

    def ask_by_itself(self, ask: Ask, source: PassportTokenSource, keeper: TokenKeeper) -> None:
        """Have the API asked about rows in doubt, if that is wanted.

        ``ask`` is a way of its own: what passes there is in no log, and no caller's.
        """
        if not self._asks:
            return
        from proxy.ledger.asker import Asker, paced

        ask = paced(ask)
        look_up = self._look_up(ask, lambda: source.skew)
        asker = Asker(DoubtfulRows(self.ledger.where), look_up, keeper.usable)
        self.ledger.asked_by(asker)
        if self._guard is not None:
            self._guard.questions = asker
        if self._claims is not None:
            from proxy.ledger.api_reader import ApiReader
            from proxy.ledger.recall import Inquiries

            self._claims.inquirer = Inquiries(asker, ApiReader(ask, self._caller))

    def _look_up(self, ask: Ask, skew: Skew) -> "LookUp":
        from proxy.ledger.look_up import LookUp

        return LookUp(ask, self._redaction.value, self.ledger.mark, skew, self._caller)
