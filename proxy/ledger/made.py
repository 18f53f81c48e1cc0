"""The answer to "was it made?", of one row: yes, no, or nobody knows yet; and the next step."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import NamedTuple

from proxy.ledger.asking import words
from proxy.ledger.claim import FREES
from proxy.ledger.entry import Evidence, LedgerEntry
from proxy.ledger.finding import DECISIVE
from proxy.ledger.questions import operation
from proxy.ledger.verdict import KINDS, NAMES
from proxy.words import Phrase, phrase


class Made(Enum):
    """Whether a request was carried out; of a payment, whether money moved, or will."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Told(NamedTuple):
    """The answer in a sentence, and what to do now; ``asks``: the API may know more."""

    made: Made
    words: Phrase
    step: Phrase
    asks: bool = False


_DONE, _AGAIN, _REFUSED = phrase("step.made"), phrase("step.not-made"), phrase("step.made-refused")


def told(entry: LedgerEntry) -> Told:
    """Answer by what the ledger has of a row."""
    if entry["disagrees"]:
        return _unknown(entry, phrase("made.disagrees"))
    if entry["verdicts"]:
        last = entry["verdicts"][-1]
        said = phrase(
            "made.verdict", verdict=NAMES[last["kind"]], author=last["author"], at=last["at"]
        )
        if KINDS[last["kind"]]:
            return Told(Made.YES, said, _DONE)
        return Told(Made.NO, said, _REFUSED if last["kind"] == "rejected" else _AGAIN)
    if entry["in_doubt"]:
        return _unknown(entry, phrase("made.in-doubt", asked=words(entry, datetime.now(UTC))))
    if entry["outcome"] is None:
        return Told(Made.UNKNOWN, phrase("made.under-way"), phrase("step.made-soon"))
    if entry["outcome"] == "not-sent":
        return Told(Made.NO, phrase("made.not-sent"), _AGAIN)
    return _answered(entry)


def _answered(entry: LedgerEntry) -> Told:
    """Answer by the status that the API gave; it is final of what is no payment."""
    status, state = entry["status"] or 0, entry["answer"].get("status", "")
    name = entry["answer"].get("id", "-")
    if status >= 300:
        step = _AGAIN if status in FREES else _REFUSED
        return Told(Made.NO, phrase("made.refused", status=status), step)
    found = operation(entry)
    if state == "REJECTED":
        return Told(Made.NO, phrase("made.rejected", id=name), _REFUSED)
    if found is None or not found.operation.final or state == "SETTLED":
        return Told(Made.YES, phrase("made.answered", status=status, id=name), _DONE)
    said = phrase("made.not-final", id=name, state=state or "-")
    return Told(Made.UNKNOWN, said, phrase("step.made-soon"), asks=True)


def _unknown(entry: LedgerEntry, said: Phrase) -> Told:
    step = phrase("step.made-unknown", row=entry["number"])
    return Told(Made.UNKNOWN, said, step, asks=True)


def after(entry: LedgerEntry, before: Told, found: Evidence) -> Told:
    """Answer with what a look-up found just now, too; only what is surely the row's counts."""
    code = found["code"]
    known = next((each["known"] for each in found["candidates"] if each["sure"]), {})
    name, state = known.get("id", "-"), known.get("status", "-")
    if code == "not-final":
        said = phrase("made.not-final", id=name, state=state)
        return Told(Made.UNKNOWN, said, phrase("step.made-soon"))
    if code not in DECISIVE or entry["disagrees"]:
        return before
    if DECISIVE[code]:
        return Told(Made.YES, phrase("made.found", id=name, state=state), _DONE)
    return Told(Made.NO, phrase("made.rejected", id=name), _REFUSED)


def most_telling(all_told: Sequence[tuple[LedgerEntry, Told]]) -> tuple[LedgerEntry, Told]:
    """Return the row that answers for all of one name: one that was made, else one in doubt."""
    order = (Made.YES, Made.UNKNOWN, Made.NO)
    return min(all_told, key=lambda each: order.index(each[1].made))
