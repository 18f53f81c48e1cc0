"""A row of the ledger on its way into the file: how it is opened, and how it is closed."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple


def stamp(moment: float) -> str:
    """Return a Unix time as RFC 3339 in UTC, with microseconds: as text it sorts by time."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True)
class Body:
    """What is told of a request's body: its length, its hash, and the members that name a payment.

    ``payment`` is a JSON object. All is unknown (None, empty) of a body that is still arriving.
    """

    size: int | None = None
    sha256: str | None = None
    payment: str = "{}"


class End(NamedTuple):
    """How the row is closed."""

    closed_at: str
    seconds: float
    attempts: int
    status: int | None
    answer: str | None
    outcome: str
    reason: str
    token_id: str | None


@dataclass(slots=True, eq=False)
class Row:
    """One request that may change something. ``number`` is there once the row is in the file.

    ``written`` is awaited by the one who sends it; it is only touched in the event loop.
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
    end: End | None = None

    @property
    def doubtful(self) -> bool:
        """Whether its end leaves it to a person to find out what happened."""
        return self.end is not None and self.end.outcome in ("unknown", "cut")

    def opening(self) -> dict[str, Any]:
        """Return the values of the INSERT."""
        return _storable(
            {
                "exchange": self.exchange,
                "opened_at": self.opened_at,
                "caller": self.caller,
                "method": self.method,
                "path": self.path,
                "token_id": self.token_id,
                "traceparent": self.traceparent,
                **self._body(),
            }
        )

    def closing(self) -> dict[str, Any]:
        """Return the values of the UPDATE; only for a row that has its end."""
        if self.end is None:
            raise ValueError("the row is still open")
        return _storable({"number": self.number, **self.end._asdict(), **self._body()})

    def _body(self) -> dict[str, Any]:
        body = self.body
        return {
            "body_bytes": body.size,
            "body_sha256": body.sha256,
            "payment": body.payment,
        }


def _storable(values: dict[str, Any]) -> dict[str, Any]:
    """Replace what is no text, such as half a character that a JSON string may name.

    SQLite takes none of it, and a row must not fail for it, nor those that share its commit.
    """
    return {
        name: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        for name, value in values.items()
    }
