"""The answers to repeats of a request with a key, and what is said where there is none."""

from datetime import UTC, datetime
from typing import NamedTuple

from proxy.errors import (
    KeyReused,
    LikeInDoubt,
    Repeated,
    RepeatInDoubt,
    RepeatKnown,
    RepeatUnderWay,
)
from proxy.exchange.own_answer import KnownAnswer, date_line
from proxy.http1.fields import Lines
from proxy.ledger.asking import words
from proxy.ledger.entry import LedgerEntry
from proxy.ledger.verdict import NAMES
from proxy.moments import to_the_second
from proxy.words import Phrase, phrase

_MARK = (b"Idempotent-Replayed", b"true")
_JSON: Lines = [(b"Content-Type", b"application/json")]


class Answered(NamedTuple):
    """The answer to a repeat, its kind, the first's row, and a note for the log."""

    kind: str
    row: int
    answer: KnownAnswer
    note: Phrase


def replayed(row: int, kept: KnownAnswer) -> Answered:
    """Return the answer that the first got."""
    note = phrase("repeat.replayed", row=row)
    return Answered("replayed", row, _marked(kept, f"answer of row {row}"), note)


def found(row: int, document: bytes) -> Answered:
    """Return what the API has now of what the first request made."""
    note = phrase("repeat.found", row=row)
    kept = KnownAnswer(200, _JSON, document)
    return Answered("found", row, _marked(kept, f"the API's, for row {row}"), note)


def _marked(kept: KnownAnswer, whose: str) -> KnownAnswer:
    lines = [
        *kept.lines,
        date_line(),
        *([] if kept.status in (204, 304) else [(b"Content-Length", b"%d" % len(kept.body))]),
        _MARK,
        (b"Proxy-Status", f'breb-proxy; details="{whose}"'.encode()),
    ]
    return KnownAnswer(kept.status, lines, kept.body)


# -- where there is none -----------------------------------------------------------------------


def other_request(row: int | None) -> Repeated:
    """Say that the key came earlier with another request."""
    return KeyReused(phrase("repeat.other", row=_named(row)), row)


def under_way(row: int | None) -> Repeated:
    """Say that the first request is not over."""
    return RepeatUnderWay(phrase("repeat.under-way", row=_named(row)), row)


def in_doubt(entry: LedgerEntry) -> Repeated:
    """Say that nobody knows what became of the first, how far the questions are, and what to do."""
    row, asked = entry["number"], words(entry, datetime.now(UTC))
    at = to_the_second(entry["opened_at"])
    detail = phrase("repeat.in-doubt", row=_named(row), at=at, asked=asked)
    return RepeatInDoubt(detail, row, phrase("step.repeat-in-doubt", row=row))


def known(row: int, entry: LedgerEntry | None) -> Repeated:
    """Say that the first was carried out or answered, and that its answer is not kept."""
    detail = phrase("repeat.known", row=_named(row))
    if entry is not None and entry["verdicts"]:
        verdict = NAMES[entry["verdicts"][-1]["kind"]]
        detail = phrase("repeat.known-verdict", row=_named(row), verdict=verdict)
    return RepeatKnown(detail, row, phrase("step.repeat-known", row=row))


def like_in_doubt(row: int, entry: LedgerEntry | None) -> Repeated:
    """Say which row in doubt a payment looks like; ``entry`` is None if it is not any more."""
    if entry is None:
        detail, step = (
            phrase("repeat.like-settled", row=_named(row)),
            phrase("step.like-settled", row=row),
        )
        return LikeInDoubt(detail, row, step)
    asked, at = words(entry, datetime.now(UTC)), to_the_second(entry["opened_at"])
    detail = phrase("repeat.like-in-doubt", row=_named(row), at=at, asked=asked)
    return LikeInDoubt(detail, row, phrase("step.like-in-doubt", row=row))


def _named(row: int | None) -> str:
    return "#?" if row is None else f"#{row}"
