"""What is to be done about a repeat, by what became of the first request with its key."""

from enum import Enum

from proxy.exchange.record import doubtful
from proxy.ledger.claim import FREES
from proxy.ledger.entry import LedgerEntry

_NOT_MADE = ("not-made", "not-found")


class Standing(Enum):
    """``GONE``: the row was deleted, so that it was settled once; the first was sent."""

    FREE = "free"
    UNDER_WAY = "under-way"
    ANSWERED = "answered"
    FOUND = "found"
    IN_DOUBT = "in-doubt"
    GONE = "gone"


def standing(entry: LedgerEntry | None) -> Standing:
    """Return the standing of the row that has the key."""
    if entry is None:
        return Standing.GONE
    if entry["outcome"] is None:
        return Standing.UNDER_WAY
    unclear = doubtful(entry["outcome"], entry["status"])
    if unclear and entry["verdicts"] and not entry["disagrees"]:
        made = entry["verdicts"][-1]["kind"] not in _NOT_MADE
        return Standing.FOUND if made else Standing.FREE
    if unclear:
        return Standing.IN_DOUBT
    if entry["outcome"] == "not-sent" or entry["status"] in FREES:
        return Standing.FREE
    return Standing.ANSWERED
