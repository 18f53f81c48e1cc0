"""Builds the ledger's parts; imported only with a ledger."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from proxy.asgi import App
from proxy.journal.redaction import Redaction
from proxy.ledger.bookkeeper import Bookkeeper
from proxy.ledger.ledger import Ledger
from proxy.ledger.payment import Picker
from proxy.ledger.retention import Retention
from proxy.settings.model import Settings

if TYPE_CHECKING:  # imported with the first request for the admin listener's pages
    from starlette.routing import Route

_PREFIXES = ("/ledger", "/console/api/ledger")


class Books:
    """The ledger, and the bookkeeper, which opens its rows and is the forwarder's gate."""

    def __init__(self, settings: Settings) -> None:
        """Open the file that the settings name; raise LedgerRefused if it cannot be used."""
        if settings.ledger is None:
            raise ValueError("there is to be no ledger")
        self._caller = settings.caller_key[0].caller if settings.caller_key else ""
        self._redaction = redaction = Redaction(settings.redact)
        retention = Retention(settings.ledger_days, settings.ledger_mib << 20)
        self.ledger = Ledger(settings.ledger, retention)
        picker = Picker(settings.ledger_fields, redaction.value, self.ledger.mark)
        self.bookkeeper = Bookkeeper(self.ledger, picker)

    def routes(self, app: App, skew: Callable[[], float | None]) -> "list[Route]":
        """Return the admin listener's routes; ``app`` is the entry of callers' requests.

        ``skew`` returns the seconds by which the API's clock is ahead, None if unknown.
        """
        from proxy.admin.ledger import LedgerApi
        from proxy.ledger.look_up import LookUp

        mask, mark = self._redaction.value, self.ledger.mark
        api = LedgerApi(self.ledger, LookUp(app, mask, mark, skew, self._caller))
        return [route for prefix in _PREFIXES for route in api.routes(prefix)]
