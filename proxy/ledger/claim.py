"""A caller's claim to a key: one request has it, and every other with it is a repeat.

A claim is written in the commit that opens its row, and goes in the commit that closes the row if
the request was surely not processed: the key is free again. Else it stays, also when its row has
been deleted.
"""

import asyncio
import hashlib
from dataclasses import dataclass, field
from typing import NamedTuple

from proxy.exchange.own_answer import KnownAnswer

FREES = (401, 403, 429)
"""The statuses which say that the request was not carried out."""


class KeyHolder(NamedTuple):
    """The row that has a key, by its number and its exchange, and its request's fingerprint."""

    number: int
    exchange: str
    fingerprint: str


def not_done() -> "asyncio.Future[None]":
    """Return a future of the running loop."""
    return asyncio.get_running_loop().create_future()


@dataclass(slots=True, eq=False)
class KeyClaim:
    """A request's claim, before and after it is in the file.

    ``replaces`` is the number of a row whose claim has to give way, since somebody said that its
    request was not carried out. The writer sets ``taken`` if another row has the key; ``over`` is
    done when the row's end is in the file, with the ``answer`` if that is to be kept.
    """

    caller: str
    key: str
    fingerprint: str
    replaces: int | None = None
    taken: KeyHolder | None = None
    keeps: bool = True
    """Whether its answer is to be kept for repeats."""
    answer: KnownAnswer | None = None
    over: "asyncio.Future[None]" = field(default_factory=not_done)

    @property
    def name(self) -> tuple[str, str]:
        """The caller and its key: no two requests have the same."""
        return self.caller, self.key


class KeyTaken(Exception):
    """Another row has the key: nothing was written."""


def fingerprint(method: str, target: bytes, sha256: str) -> str:
    """Return what tells two requests of one key apart."""
    told = b"\n".join((method.encode(), target, sha256.encode()))
    return hashlib.sha256(told).hexdigest()


def unprocessed(outcome: str, status: int | None) -> bool:
    """Report whether a request that ended so was surely not carried out."""
    return outcome == "not-sent" or (outcome == "answered" and status in FREES)
