"""A row of the ledger on its way into the file: its opening, amendment and end."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from proxy.exchange.record import doubtful
from proxy.ledger.claim import KeyClaim
from proxy.ledger.likeness import Likeness

Value = str | int | float | None


class Body(NamedTuple):
    """The facts about a request's body: its length, its hash, and the members that name a payment.

    ``payment`` and ``marks`` are JSON objects: the members, and keyed hashes of the ids among them
    that are masked. All are unknown (None, empty) while the body still arrives. The order is
    that of `schema.AMEND`.
    """

    size: int | None = None
    sha256: str | None = None
    payment: str = "{}"
    marks: str = "{}"


class End(NamedTuple):
    """The row's end, in the order of `schema.CLOSE`; ``token_id`` is the last try's."""

    closed_at: str
    seconds: float
    attempts: int
    status: int | None
    answer: str | None
    outcome: str
    reason: str
    token_id: str | None

    @property
    def doubtful(self) -> bool:
        """Whether a person has to find out what happened."""
        return doubtful(self.outcome, self.status)


@dataclass(slots=True, eq=False)
class Row:
    """One request that may change something. ``number`` is there once the row is in the file.

    ``home`` is the open file that holds it; ``claim`` is that to its caller's key, if it has one.
    A ``guarded`` row is not written if one like it is in doubt: ``alike`` is that one's number.
    ``repeats`` is that of one in doubt of the same resolution: it is written, since the API makes
    one payment of both.
    The sender awaits ``written``; only the event loop touches that. ``status`` and ``answer`` are
    the upstream's, where they are known before the end.
    """

    exchange: str
    opened_at: str
    caller: str
    method: str
    path: str
    token_id: str | None
    traceparent: str | None
    body: Body
    written: "asyncio.Future[None] | None" = None
    number: int | None = field(default=None, compare=False)
    home: object = None
    status: int | None = None
    answer: str | None = None
    end: End | None = None
    claim: KeyClaim | None = None
    likeness: Likeness | None = None
    guarded: bool = False
    alike: int | None = None
    repeats: int | None = None

    def opening(self, number: int) -> tuple[Value, ...]:
        """Return the values of `schema.OPEN`."""
        return (
            number,
            self.exchange,
            self.opened_at,
            self.caller,
            self.method,
            self.path,
            self.token_id,
            self.traceparent,
            *self.body,
        )

    def amendment(self, number: int | None = None) -> tuple[Value, ...]:
        """Return the values of `schema.AMEND`; ``number``: in a copy of the file that holds it."""
        return (*self.body, self.status, self.answer, number or self.number, self.exchange)

    def closing(self) -> tuple[Value, ...]:
        """Return the values of `schema.CLOSE`; only for a row that has its end."""
        if self.end is None:
            raise ValueError("the row is still open")
        return (*self.end, self.number, self.exchange)


def storable(value: Value) -> Value:
    """Replace parts that are no text, such as lone surrogates, which JSON strings may have."""
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "replace").decode()
    return value


def of_rows(closings: Iterable[Row], openings: Iterable[Row]) -> list[Row]:
    """Return the ends of what is in the file, or is opened now.

    A row whose opening failed, and a repeat whose key another row has, were never sent.
    """
    opened = set(openings)
    return [row for row in closings if row.number is not None or row in opened]
