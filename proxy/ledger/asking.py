"""When the API is asked about a row in doubt, and how far that has come: all from its evidence.

So the proxy, the commands and the console say the same, and a restart forgets nothing.
"""

import zlib
from datetime import UTC, datetime, timedelta

from proxy.ledger.entry import Asking, Evidence, LedgerEntry
from proxy.ledger.finding import ABSENT, FOR_A_PERSON, NOT_ANSWERED
from proxy.moments import moment, stamp, to_the_second
from proxy.words import Phrase, both, phrase

SOON = 3.0  # seconds until the first question, and at least between two
LONGEST = 3600.0  # seconds between two
DAY = 86_400.0  # seconds for which the API is asked
LEAST = 5  # answers, also if the API gave none for a day
MOST = 200  # questions, whatever the API and the clocks do
_JITTER = 0.25  # of a wait
_RESOLUTION = timedelta(minutes=30)  # a documented lifetime: nothing is made of it afterwards


def wait(age: float) -> float:
    """Return seconds until the next question about what has been in doubt for ``age`` seconds."""
    return min(LONGEST, max(SOON, age / 2))


def asking(entry: LedgerEntry, now: datetime | None = None) -> Asking:
    """Return how far the questions about a row in doubt have come."""
    evidence, due = entry["evidence"], _due(entry)
    return {
        "times": len(evidence),
        "last": evidence[-1]["at"] if evidence else None,
        "next": None if due is None else stamp(due.timestamp()),
        "said": both(words(entry, now or datetime.now(UTC))),
    }


def due(entry: LedgerEntry, now: datetime) -> float | None:
    """Return the seconds until the next question about a row, below 0 if it is due; None: none.

    A time that is too far ahead for any question was written while the clock was wrong.
    """
    at = _due(entry)
    if at is None:
        return None
    left = (at - now).total_seconds()
    return left if left < 2 * LONGEST else 0.0


def is_for_a_person(entry: LedgerEntry) -> bool:
    """Report whether the questions about a row in doubt are over: a person has to decide."""
    return _due(entry) is None


def just_asked(entry: LedgerEntry, now: datetime) -> bool:
    """Report whether the API was asked about a row some seconds ago."""
    asked = moment(entry["evidence"][-1]["at"]) if entry["evidence"] else None
    return asked is not None and 0 <= (now - asked).total_seconds() < SOON


def _due(entry: LedgerEntry) -> datetime | None:
    evidence, began = entry["evidence"], _began(entry)
    if entry["unreadable"]:  # it may be another payment's by now
        return None
    if not evidence:
        return began + timedelta(seconds=SOON * _jitter(entry))
    asked = moment(evidence[-1]["at"]) or began
    age = (asked - began).total_seconds()
    tired = len(evidence) >= MOST or (age > DAY and len(_answers(entry)) >= LEAST)
    if tired or entry["disagrees"] or evidence[-1]["code"] in FOR_A_PERSON:
        return None
    return asked + timedelta(seconds=wait(age) * _jitter(entry))


def _answers(entry: LedgerEntry) -> list[Evidence]:
    return [each for each in entry["evidence"] if each["kind"] != NOT_ANSWERED]


def _began(entry: LedgerEntry) -> datetime:
    told = moment(entry["closed_at"] or entry["opened_at"])
    return told or datetime.now(UTC)


def _jitter(entry: LedgerEntry) -> float:
    """Return a factor that is the same whoever asks for it: proxies do not ask in step."""
    name = f"{entry['exchange']} {len(entry['evidence'])}".encode()
    return 1 + _JITTER * zlib.crc32(name) / 2**32


# -- in words --------------------------------------------------------------------------------------


def words(entry: LedgerEntry, now: datetime) -> Phrase:
    """Say how far the questions have come."""
    evidence = entry["evidence"]
    if entry["unreadable"]:
        return phrase("asking.unreadable")
    if not evidence:
        return phrase("asking.not-yet")
    last, times = evidence[-1], _times(len(evidence))
    at = to_the_second(last["at"])
    if entry["disagrees"]:
        return phrase("asking.disagrees", times=times, at=at)
    if last["kind"] == NOT_ANSWERED:
        return phrase("asking.not-answered", times=times, at=at)
    if last["code"] == "not-final":
        return phrase("asking.not-final", times=times, at=at)
    if last["code"] not in ABSENT:
        return phrase("asking.found", times=times, at=at)
    absent = _absent(_times(len(_answers(entry))), at, to_the_second(_back_to(last)))
    return phrase("asking.expired", absent=absent) if _expired(entry, now) else absent


def _times(count: int) -> Phrase:
    return phrase("asking.once") if count == 1 else phrase("asking.times", count=count)


def _absent(times: Phrase, at: str, back_to: str) -> Phrase:
    if back_to:
        return phrase("asking.absent-back-to", times=times, at=at, back_to=back_to)
    return phrase("asking.absent", times=times, at=at)


def _back_to(evidence: Evidence) -> str:
    return next((each["back_to"] for each in evidence["asked"] if each["back_to"]), "")


def _expired(entry: LedgerEntry, now: datetime) -> bool:
    """Report whether the resolution that the request named lives no more."""
    named = any(path.split(".")[-1] == "resolution_id" for path in entry["payment"])
    opened = moment(entry["opened_at"])
    return named and opened is not None and now > opened + _RESOLUTION
